import { drain, type Body } from '../http/body';
import type { ByteString } from '../http/bytes';
import { parseDate } from '../http/dates';
import { Headers } from '../http/headers';
import { StoreError } from '../util/store_error';
import type { Response } from '../swift_api/message';
import { headBucket } from './bucket';
import { ask, outlivingClient, type Caller } from './caller';
import { BucketError } from './errors';
import { findObject, headObject, isMarkerType, objectRefusal, type ObjectInfo } from './objects';
import { hasHadUploads, withPartsCleanup } from './uploads/parts';
import {
  isConditional,
  recheckingWrite,
  writeConditionError,
  type RecheckedWrite,
  type RemoveCondition,
  type WriteCondition,
} from './preconditions';
import { errorOfResponse, expectSuccessAndDrain } from './store_answers';
import { settableHeaders } from './own_headers';
import { NULL_VERSION, type ObjectRef } from './versions';
import { X_OBJECT_VERSION_ID } from '../swift_api/header_names';

/** Maximum length of a key, in bytes. */
const MAX_KEY = 1024;

/** An object to write. */
export interface NewObject {
  /**
   * Headers kept by the store: type, standard headers, metadata; an ETag that the content
   * must match.
   */
  readonly headers: Headers;
  readonly body: Body;
  /** Bytes of the body; undefined if only its end determines them. */
  readonly length: number | undefined;
  readonly condition?: WriteCondition;
  /**
   * Metadata of the content that is known only once the body was read. It is kept if the
   * store writes it together with the body, or if the object is a version with an id of
   * its own. Elsewhere another object may have taken the place of this one.
   */
  readonly footers?: (() => Headers) | undefined;
}

/** The result of a write. */
export interface WriteResult {
  /** Without quotes. */
  readonly etag: string;
  /** `null` if versioning is suspended; undefined in a bucket that never had versions. */
  readonly versionId: string | undefined;
  /** Milliseconds, whole seconds. */
  readonly modified: number;
}

/**
 * Writes an object.
 *
 * @throws BucketError `no-such-bucket`, `bad-digest`, `precondition-failed`,
 *   `quota-exceeded` and others; the current object is then unchanged
 */
export async function writeObject(
  caller: Caller,
  ref: ObjectRef,
  object: NewObject,
): Promise<WriteResult> {
  checkKey(ref.key);
  const { body, length, condition, headers } = object;
  await checkCondition(caller, ref, condition);
  const sentHeaders =
    length === undefined ? headers : headers.with('Content-Length', String(length));
  let areFootersKept = object.footers === undefined;
  const footers = () => {
    areFootersKept = true;
    return object.footers?.() ?? Headers.none;
  };
  const { dialect, failure } = recheckingWrite(condition);
  const response = await withPartsCleanup(caller, ref, () =>
    ask(caller, {
      method: 'PUT',
      container: ref.bucket,
      object: ref.key,
      headers: withIfNoneMatch(sentHeaders, condition),
      body,
      dialect: { ...dialect, ...(areFootersKept ? {} : { footers }) },
    }),
  );
  await throwIfRefused(response, failure);
  const written = writeResultOf(
    await expectSuccessAndDrain(caller, response, { bucket: ref.bucket }),
  );
  if (!areFootersKept) await addFooters(caller, { ...ref, ...written }, headers, footers());
  return written;
}

/**
 * Adds footers to the version that was written. If that fails, the version is complete
 * without them.
 *
 * @param headers with which it was written
 */
async function addFooters(
  caller: Caller,
  { bucket, key, versionId }: ObjectRef,
  headers: Headers,
  footers: Headers,
): Promise<void> {
  if (versionId === undefined || versionId === NULL_VERSION) return;
  const post = {
    method: 'POST',
    container: bucket,
    object: key,
    query: { 'version-id': versionId },
    headers: settableHeaders(headers).withAll(footers),
  };
  await ask(outlivingClient(caller), post)
    .then(({ body }) => drain(body))
    .catch((error: unknown) => {
      if (![BucketError, StoreError].some((kind) => error instanceof kind)) throw error;
    });
}

/** Lets a store without versions check If-None-Match: * during the write itself. */
export function withIfNoneMatch(headers: Headers, condition: WriteCondition = {}): Headers {
  return condition.ifNoneMatch?.trim() === '*' ? headers.with('If-None-Match', '*') : headers;
}

/** Returns the result of a write from the response to a PUT. */
export function writeResultOf({ headers }: Response): WriteResult {
  return {
    etag: (headers.get('etag') ?? '').replaceAll('"', ''),
    versionId: headers.get(X_OBJECT_VERSION_ID),
    modified: parseDate(headers.get('last-modified')) ?? Date.now(),
  };
}

/** @throws BucketError if the condition of a write or a delete does not hold now */
export async function checkCondition(
  caller: Caller,
  ref: ObjectRef,
  condition: RemoveCondition = {},
): Promise<void> {
  if (!isConditional(condition)) return;
  const refusal = writeConditionError(condition, await findObject(caller, ref));
  if (refusal) throw refusal;
}

/**
 * Drains a response if a condition that was checked again is its cause.
 *
 * @throws BucketError the failure of the condition
 */
export async function throwIfRefused(
  { body, status }: Response,
  failure: RecheckedWrite['failure'],
): Promise<void> {
  const error = status === 412 ? failure() : undefined;
  if (error === undefined) return;
  await drain(body);
  throw error;
}

/** @throws BucketError `key-too-long` */
export function checkKey(key: ByteString): void {
  if (key.length > MAX_KEY)
    throw new BucketError('key-too-long', 'Your key is too long', {
      fields: { Size: String(key.length), MaxSizeAllowed: String(MAX_KEY) },
    });
}

/** The result of a delete. */
export interface RemoveResult {
  /** The id of the removed version or the new delete marker; undefined if unknown. */
  readonly versionId: string | undefined;
  /** Whether a delete marker was created or removed. */
  readonly isMarker: boolean;
}

/**
 * Deletes an object. In a bucket that keeps versions this creates a delete marker, even
 * if there is no object. Given a version id, removes that version for good.
 *
 * The condition is about the current version, or the one with the id. It is checked
 * first, and again when no other write can interfere: with the object's lock in a bucket
 * that is or was versioned, and by the embedded store also in any other. A Swift checks
 * no condition of a DELETE, so there the first check decides.
 *
 * @throws BucketError `no-such-bucket`, `access-denied`, `precondition-failed` and
 *   others; `no-such-key` if there is nothing that could match an etag; otherwise not for
 *   an object or a version that does not exist
 */
export async function removeObject(
  caller: Caller,
  ref: ObjectRef,
  condition: RemoveCondition = {},
): Promise<RemoveResult> {
  await checkCondition(caller, ref, condition);
  const { dialect, failure } = recheckingWrite(condition);
  const remove = async () => {
    const response = await ask(caller, {
      method: 'DELETE',
      container: ref.bucket,
      object: ref.key,
      query: { 'version-id': ref.versionId },
      dialect,
    });
    await throwIfRefused(response, failure);
    return response;
  };
  if (ref.versionId !== undefined) return removeVersion(caller, ref, ref.versionId, remove);
  const response = await withPartsCleanup(caller, ref, remove);
  const versionId = response.headers.get(X_OBJECT_VERSION_ID);
  if (response.status >= 300 && response.status !== 404)
    throw withRemedy(await errorOfResponse(caller, response, ref));
  await drain(response.body);
  if (response.status === 404 && versionId === undefined) await headBucket(caller, ref.bucket);
  return { versionId, isMarker: versionId !== undefined };
}

/**
 * Explains what to do if an object cannot be kept behind a delete marker, since the key
 * leaves no room for the names of versions: it is older than versioning, or was written
 * while that was suspended.
 */
function withRemedy(error: BucketError): BucketError {
  if (error.code !== 'key-too-long') return error;
  const message = `${error.message}: no version of the object could be kept. Delete it by its version id, which is null`;
  return new BucketError(error.code, message, error.details);
}

/** The response reports what was removed, but not the upload it was made from. */
async function removeVersion(
  caller: Caller,
  ref: ObjectRef,
  versionId: string,
  remove: () => Promise<Response>,
): Promise<RemoveResult> {
  if (!(await hasHadUploads(caller, ref.bucket)))
    return removeWithoutParts(caller, ref, versionId, remove);
  const version = await findVersion(caller, ref);
  if (version === undefined) return { versionId, isMarker: false };
  const isMarker = version === 'marker';
  const response = isMarker
    ? await remove()
    : await withPartsCleanup(caller, ref, remove, version.headers);
  if (response.status === 404) await drain(response.body);
  else await expectSuccessAndDrain(caller, response, ref);
  return { versionId, isMarker };
}

async function removeWithoutParts(
  caller: Caller,
  ref: ObjectRef,
  versionId: string,
  remove: () => Promise<Response>,
): Promise<RemoveResult> {
  const response = await remove();
  if (response.status >= 300) {
    const refusal = await objectRefusal(caller, response, ref);
    if (refusal.code !== 'no-such-version') throw refusal;
    // the store refuses ids if there are no versions, and if there is no bucket
    if (response.status === 400) await headBucket(caller, ref.bucket);
    return { versionId, isMarker: false };
  }
  await drain(response.body);
  return { versionId, isMarker: isMarkerType(response.headers.get('content-type') ?? '') };
}

/** Returns a version, or `marker` for a delete marker; undefined if it does not exist. */
async function findVersion(
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
