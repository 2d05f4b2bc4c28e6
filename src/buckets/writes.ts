import { drain, type Body } from '../http/body';
import type { ByteString } from '../http/bytes';
import type { Headers } from '../http/headers';
import type { Response } from '../swift_api/message';
import { headBucket } from './bucket';
import { ask, type Caller } from './caller';
import { BucketError } from './errors';
import { findObject, headObject, isMarkerType, objectRefusal, type ObjectInfo } from './objects';
import { hasHadUploads, withParts } from './uploads/parts';
import { judgedAgain, refusedBy, type WriteCondition } from './preconditions';
import { done } from './store_answers';
import type { ObjectRef } from './versions';

/** Keys have so many bytes at most. */
const MAX_KEY = 1024;

/** An object as it is to be written. */
export interface NewObject {
  /** What the store keeps of it: type, standard headers, metadata; an ETag that its content must have. */
  readonly headers: Headers;
  readonly body: Body;
  /** Bytes of the body; undefined where only its end tells. */
  readonly length: number | undefined;
  readonly condition?: WriteCondition;
}

/** What was written. */
export interface Written {
  /** Without quotes. */
  readonly etag: string;
  /** `null` where versions are switched off; undefined in a bucket that never had any. */
  readonly versionId: string | undefined;
  /** Milliseconds, whole seconds. */
  readonly modified: number;
}

/**
 * Writes an object.
 *
 * @throws BucketError `no-such-bucket`, `bad-digest`, `precondition-failed`, `quota-exceeded` and others; what is there is then as it was
 */
export async function writeObject(
  caller: Caller,
  ref: ObjectRef,
  object: NewObject,
): Promise<Written> {
  checkKey(ref.key);
  const { body, length, condition, headers } = object;
  await checkCondition(caller, ref, condition);
  const sent = length === undefined ? headers : headers.with('Content-Length', String(length));
  const response = await withParts(caller, ref, () =>
    ask(caller, {
      method: 'PUT',
      container: ref.bucket,
      object: ref.key,
      headers: onlyWhereNothingIs(sent, condition),
      body,
      dialect: judgedAgain(condition),
    }),
  );
  return writtenBy(await done(caller, response, { bucket: ref.bucket }));
}

/** Judged by a store that keeps no versions as it writes. */
export function onlyWhereNothingIs(headers: Headers, condition: WriteCondition = {}): Headers {
  return condition.ifNoneMatch?.trim() === '*' ? headers.with('If-None-Match', '*') : headers;
}

/** What the answer to a PUT tells of what was written. */
export function writtenBy({ headers }: Response): Written {
  return {
    etag: (headers.get('etag') ?? '').replaceAll('"', ''),
    versionId: headers.get('x-object-version-id'),
    modified: Date.parse(headers.get('last-modified') ?? '') || Date.now(),
  };
}

/** @throws BucketError where the condition of a write or a delete does not hold now */
export async function checkCondition(
  caller: Caller,
  ref: ObjectRef,
  condition: WriteCondition = {},
): Promise<void> {
  if (condition.ifMatch === undefined && condition.ifNoneMatch === undefined) return;
  const refusal = refusedBy(condition, (await findObject(caller, ref))?.etag);
  if (refusal) throw refusal;
}

/** @throws BucketError `key-too-long` */
export function checkKey(key: ByteString): void {
  if (key.length > MAX_KEY)
    throw new BucketError('key-too-long', 'Your key is too long', {
      fields: { Size: String(key.length), MaxSizeAllowed: String(MAX_KEY) },
    });
}

/** What was deleted. */
export interface Removed {
  /** Of the version that is gone, or of the delete marker that was made; undefined where neither is known. */
  readonly versionId: string | undefined;
  /** A delete marker was made, or is gone. */
  readonly isMarker: boolean;
}

/**
 * Deletes an object: in a bucket that keeps versions a delete marker is made, also where there is no object. Or deletes a version of it, for good.
 *
 * @throws BucketError `no-such-bucket`, `access-denied` and others; not for what is not there
 */
export async function removeObject(
  caller: Caller,
  ref: ObjectRef,
  condition: WriteCondition = {},
): Promise<Removed> {
  await checkCondition(caller, ref, condition);
  if (ref.versionId !== undefined) return removeVersion(caller, ref, ref.versionId);
  const response = await withParts(caller, ref, () => remove(caller, ref, condition));
  const versionId = response.headers.get('x-object-version-id');
  if (response.status === 404) {
    await drain(response.body);
    if (versionId === undefined) await headBucket(caller, ref.bucket);
  } else {
    await done(caller, response, ref);
  }
  return { versionId, isMarker: versionId !== undefined };
}

/** What it was, the answer tells; of what upload it was made, is known only before. */
async function removeVersion(caller: Caller, ref: ObjectRef, versionId: string): Promise<Removed> {
  if (!(await hasHadUploads(caller, ref.bucket))) return removeWithoutParts(caller, ref, versionId);
  const found = await versionAt(caller, ref);
  if (found === undefined) return { versionId, isMarker: false };
  const isMarker = found === 'marker';
  const response = isMarker
    ? await remove(caller, ref)
    : await withParts(caller, ref, () => remove(caller, ref), found.headers);
  if (response.status === 404) await drain(response.body);
  else await done(caller, response, ref);
  return { versionId, isMarker };
}

async function removeWithoutParts(
  caller: Caller,
  ref: ObjectRef,
  versionId: string,
): Promise<Removed> {
  const response = await remove(caller, ref);
  if (response.status >= 300) {
    const refusal = await objectRefusal(caller, response, ref);
    if (refusal.code !== 'no-such-version') throw refusal;
    // ids are refused where there are no versions, also where there is nothing at all
    if (response.status === 400) await headBucket(caller, ref.bucket);
    return { versionId, isMarker: false };
  }
  await drain(response.body);
  return { versionId, isMarker: isMarkerType(response.headers.get('content-type') ?? '') };
}

/** A version, or that it is a delete marker; undefined where it is not there. */
async function versionAt(
  caller: Caller,
  ref: ObjectRef,
): Promise<ObjectInfo | 'marker' | undefined> {
  try {
    return await headObject(caller, ref);
  } catch (error) {
    if (!(error instanceof BucketError)) throw error;
    if (error.code === 'is-delete-marker') return 'marker';
    if (error.code === 'no-such-version') return undefined;
    throw error;
  }
}

function remove(caller: Caller, ref: ObjectRef, condition?: WriteCondition): Promise<Response> {
  return ask(caller, {
    method: 'DELETE',
    container: ref.bucket,
    object: ref.key,
    query: { 'version-id': ref.versionId },
    dialect: judgedAgain(condition),
  });
}
