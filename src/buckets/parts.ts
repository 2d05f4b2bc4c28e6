import { randomBytes } from 'node:crypto';
import { drain } from '../http/body';
import { isTrueValue, type ByteString } from '../http/bytes';
import type { Headers } from '../http/headers';
import type { Response } from '../http/message';
import { ask, type Caller } from './caller';
import { entriesOf, type Entry } from './entries';
import { BucketError } from './errors';
import type { PartsInBucket } from './parts_memory';
import { done } from './store_answers';
import type { ObjectRef } from './versions';

/**
 * Where the parts of uploads are, as Swift's s3api has it: beside the bucket in a container `BUCKET+segments`, there `KEY/UPLOAD` for an upload that goes on (its
 * marker), and `KEY/UPLOAD/N` for its parts, which stay when it is completed: the object is then a static large object of them, whose content type
 * notes the upload.
 */
export function segmentsOf(bucket: ByteString): ByteString {
  return `${bucket}+segments`;
}

/** Whether a container is such a one, and no bucket for clients to see. */
export function isForSegments(container: ByteString): boolean {
  return container.endsWith('+segments');
}

/** One upload of an object in parts. */
export interface Upload {
  readonly bucket: ByteString;
  readonly key: ByteString;
  readonly id: string;
}

/** The name of an upload's marker. */
export function markerOf({ key, id }: Upload): ByteString {
  return `${key}/${id}`;
}

const ID = /^[0-9a-f]{12}-[A-Za-z0-9_-]{24}$/;

/** Ids of uploads sort by when they began: 12 digits of milliseconds, in hexadecimal, and what nobody guesses. */
export function newUploadId(): string {
  return `${Date.now().toString(16).padStart(12, '0')}-${randomBytes(18).toString('base64url')}`;
}

/** Whether a text may be the id of an upload: others are asked for by nobody. */
export function isUploadId(text: string): boolean {
  return ID.test(text);
}

/** The upload whose marker has a name; undefined for what is a part, or of one. */
export function uploadIn(name: ByteString): Pick<Upload, 'key' | 'id'> | undefined {
  const at = name.lastIndexOf('/');
  const id = name.slice(at + 1);
  return at > 0 && isUploadId(id) ? { key: name.slice(0, at), id } : undefined;
}

/** The name of a part. */
export function partOf(upload: Upload, number: number): ByteString {
  return `${markerOf(upload)}/${number}`;
}

/** All entries whose names begin so; none where there is no such container. */
export async function entriesBelow(
  caller: Caller,
  container: ByteString,
  prefix: ByteString,
): Promise<Entry[]> {
  const found: Entry[] = [];
  try {
    for await (const entry of entriesOf(caller, container, { prefix })) found.push(entry);
  } catch (error) {
    if (!(error instanceof BucketError) || error.code !== 'no-such-bucket') throw error;
  }
  return found;
}

const UPLOAD = /;\s*hindsight_upload=([^;]+)/i;

/** A content type that notes of which upload an object was made. */
export function noteUpload(contentType: ByteString, id: string): ByteString {
  return `${contentType};hindsight_upload=${id}`;
}

/** The upload of which an object was made, by its content type; that of what is no static large object tells nothing. */
export function uploadNoted(contentType: ByteString): string | undefined {
  return UPLOAD.exec(contentType)?.[1];
}

/** The version of an object, or the object, that was made of an upload. */
export interface Completed {
  /** Undefined in a bucket that never had versions. */
  readonly versionId: string | undefined;
  readonly contentType: ByteString;
  readonly sloEtag: string;
}

/** What was made of an upload and is still there: the current object, or one of its versions. */
export async function completedOf(caller: Caller, upload: Upload): Promise<Completed | undefined> {
  const { bucket: container, key, id } = upload;
  const current = await ask(caller, { method: 'HEAD', container, object: key });
  if (current.status === 404) await drain(current.body);
  else await done(caller, current, { bucket: container, key });
  const { headers } = current;
  const type = headers.get('content-type') ?? '';
  if (current.status < 300 && isSlo(headers) && uploadNoted(type) === id) {
    const sloEtag = headers.get('etag') ?? '';
    return { versionId: headers.get('x-object-version-id'), contentType: type, sloEtag };
  }
  const parameters = { versions: '', prefix: key };
  const behind = ({ name, version_id }: Entry) => ({ marker: name, version_marker: version_id });
  for await (const entry of entriesOf(caller, container, parameters, behind)) {
    if (entry.name !== key) break;
    const { content_type: contentType, slo_etag: sloEtag, version_id: versionId } = entry;
    if (sloEtag !== undefined && uploadNoted(contentType) === id) return { versionId, contentType, sloEtag };
  }
  return undefined;
}

function isSlo(headers: Headers): boolean {
  return isTrueValue(headers.get('x-static-large-object'));
}

/**
 * Does what destroys an object or one of its versions for good, and then removes the parts of which that was made. What was made of parts of other
 * uploads, or not by this API, stays: copies of manifests that Swift's clients made, and what they put together themselves, may need theirs. So do
 * the parts of what is still there as another version.
 *
 * In a bucket with versions, what is destroyed is the version that was named, or else the null version: nothing, where the answer names the id of
 * another.
 *
 * @param destroy writes or deletes the object, or deletes the version; its answer is handed back
 * @param known the headers of what is destroyed, where they are known
 */
export async function withParts(
  caller: Caller,
  object: ObjectRef,
  destroy: () => Promise<Response>,
  known?: Headers,
): Promise<Response> {
  const id = await uploadOf(caller, object, known);
  const response = await destroy();
  if (id === undefined || response.status >= 300) return response;
  const done = response.headers.get('x-object-version-id') ?? 'null';
  if (object.versionId === undefined && done !== 'null') return response;
  await release(caller, { bucket: object.bucket, key: object.key, id });
  return response;
}

/** The upload that would lose its object. Where versions go to an archive of their own nothing is destroyed. */
async function uploadOf(
  caller: Caller,
  { bucket, key, versionId }: ObjectRef,
  known: Headers | undefined,
): Promise<string | undefined> {
  const { hasHad, isEnabled } = await partsIn(caller, bucket);
  if (!hasHad || (isEnabled && versionId === undefined)) return undefined;
  const headers = known ?? (await headersOf(caller, { bucket, key, versionId: versionId ?? 'null' }));
  const id = headers && isSlo(headers) ? uploadNoted(headers.get('content-type') ?? '') : undefined;
  if (id === undefined) return undefined;
  const container = await ask(caller, { method: 'HEAD', container: bucket });
  await drain(container.body);
  const isArchived = ['x-versions-location', 'x-history-location'].some((name) =>
    container.headers.has(name),
  );
  return isArchived || container.status >= 300 ? undefined : id;
}

async function headersOf(
  caller: Caller,
  { bucket: container, key: object, versionId }: ObjectRef,
): Promise<Headers | undefined> {
  const query = { 'version-id': versionId };
  const { status, headers, body } = await ask(caller, { method: 'HEAD', container, object, query });
  await drain(body);
  return status < 300 ? headers : undefined;
}

async function partsIn(caller: Caller, bucket: ByteString): Promise<PartsInBucket> {
  const { account } = await caller.session();
  return caller.parts.of(account, bucket, async () => {
    const heads = [segmentsOf(bucket), bucket].map(async (container) => {
      const { status, headers, body } = await ask(caller, { method: 'HEAD', container });
      await drain(body);
      return { status, headers };
    });
    const [segments, itself] = await Promise.all(heads);
    const isEnabled = isTrueValue(itself?.headers.get('x-versions-enabled'));
    return { hasHad: segments?.status !== 404, isEnabled };
  });
}

/**
 * Removes the parts of an upload, unless something is there that was made of it: whether there is not. Parts that cannot be removed now
 * stay.
 */
export async function release(caller: Caller, upload: Upload): Promise<boolean> {
  if (await completedOf(caller, upload)) return false;
  const container = segmentsOf(upload.bucket);
  for (const { name } of await entriesBelow(caller, container, `${markerOf(upload)}/`)) {
    const response = await ask(caller, { method: 'DELETE', container, object: name });
    await drain(response.body);
  }
  return true;
}
