import { drain, whileUnread } from '../../http/body';
import { isTrueValue, type ByteString } from '../../http/bytes';
import type { Headers } from '../../http/headers';
import { ClientGone, type Response } from '../../swift_api/message';
import { forEachConcurrently } from '../../util/concurrency';
import { StoreError } from '../../util/store_error';
import { headBucket } from '../bucket';
import { ask, withPartsAccess, outlivingClient, type Caller, type StoreRequest } from '../caller';
import { entriesBelow, entriesOf, type Entry } from '../entries';
import { BucketError } from '../errors';
import { isMadeOf } from './manifest_parts';
import type { PartsInBucket } from './parts_memory';
import { expectSuccessAndDrain } from '../store_answers';
import { beginningOf, uploadPrefix, segmentsOf, type Upload } from './upload_names';
import { isNote, whenOver, withWorkNote } from './upload_notes';
import { timeOfVersion, type ObjectRef } from '../versions';
import { X_OBJECT_VERSION_ID, X_VERSIONS_ENABLED } from '../../swift_api/header_names';
import { isStaticLargeObject } from '../../swift_api/stored_manifest';

/** Milliseconds by which the clocks of servers that create versions may differ. */
export const MAX_CLOCK_SKEW = 24 * 60 * 60_000;
/** Number of parts deleted concurrently. */
const AT_ONCE = 8;

const UPLOAD = /;\s*hindsight_upload=([^;]+)/i;

/** Returns a content type with a note of the upload that an object was made from. */
export function noteUpload(contentType: ByteString, id: string): ByteString {
  return `${contentType};hindsight_upload=${id}`;
}

/**
 * Returns the upload noted in an object's content type; meaningful for static large
 * objects only.
 */
export function notedUploadId(contentType: ByteString): string | undefined {
  return UPLOAD.exec(contentType)?.[1];
}

/** An object, or a version of it, that was made from an upload. */
export interface CompletedUpload {
  /** Undefined in a bucket that never had versions. */
  readonly versionId: string | undefined;
  readonly contentType: ByteString;
  readonly sloEtag: string;
  /** Where it is, for another look. */
  readonly place: Pick<StoreRequest, 'container' | 'object' | 'query'>;
}

/** Finds what was made from an upload and still exists: an object or a version. */
export async function findCompleted(
  caller: Caller,
  upload: Upload,
): Promise<CompletedUpload | undefined> {
  for await (const large of largeObjects(caller, upload))
    if (notedUploadId(large.contentType) === upload.id) return large;
  return undefined;
}

/** Whether that exists, even if a Swift client set a content type without the note. */
export async function isUsed(caller: Caller, upload: Upload): Promise<boolean> {
  const { bucket: container, key: object, id } = upload;
  for await (const { contentType, versionId } of largeObjects(caller, upload)) {
    const notedId = notedUploadId(contentType);
    const query = { 'version-id': versionId };
    if (notedId === id) return true;
    if (notedId === undefined && (await isMadeOf(caller, upload, { container, object, query })))
      return true;
  }
  return false;
}

/**
 * Yields the upload's object, and its versions not older than the upload, if they are
 * static large objects.
 */
async function* largeObjects(
  caller: Caller,
  { bucket, key, id }: Upload,
): AsyncGenerator<CompletedUpload> {
  const current = await ask(caller, { method: 'HEAD', container: bucket, object: key });
  if (current.status === 404) await drain(current.body);
  else await expectSuccessAndDrain(caller, current, { bucket, key });
  const { headers } = current;
  if (current.status < 300 && isStaticLargeObject(headers)) {
    const contentType = headers.get('content-type') ?? '';
    yield {
      versionId: headers.get(X_OBJECT_VERSION_ID),
      contentType,
      sloEtag: headers.get('etag') ?? '',
      place: { container: bucket, object: key },
    };
  }
  const parameters = { versions: '', prefix: key };
  const earliest = beginningOf(id) - MAX_CLOCK_SKEW;
  const markersAfter = ({ name, version_id }: Entry) => ({
    marker: name,
    version_marker: version_id,
  });
  for await (const entry of entriesOf(caller, bucket, parameters, markersAfter)) {
    // all that follow are older
    if (entry.name !== key || (timeOfVersion(entry.version_id) ?? Infinity) < earliest) return;
    const { content_type: contentType, slo_etag: sloEtag, version_id: versionId } = entry;
    const place = { container: bucket, object: key, query: { 'version-id': versionId } };
    if (sloEtag !== undefined) yield { versionId, contentType, sloEtag, place };
  }
}

/**
 * Runs an operation that destroys an object or one of its versions for good, and then
 * removes the parts it was made from. Parts stay if they belong to another upload, were
 * not made by this API, or if another version still uses them. A copy of the manifest
 * made by a Swift client (`COPY` with `multipart-manifest=get`) shares the parts and
 * loses them with the object, as it would on Swift if the segments are deleted.
 *
 * In a bucket with versions, the named version is destroyed, or else the null version;
 * nothing is destroyed if the response names another id. Parts that cannot be removed
 * stay; the operation succeeds all the same.
 *
 * @param destroy writes or deletes the object, or deletes the version; its response is
 *   returned
 * @param headers the headers of what is destroyed, if already known
 * @param keptUpload an upload whose parts the new object needs
 */
export async function withPartsCleanup(
  caller: Caller,
  object: ObjectRef,
  destroy: () => Promise<Response>,
  headers?: Headers,
  keptUpload?: string,
): Promise<Response> {
  const id = await uploadAtRisk(caller, object, headers);
  const response = await destroy();
  if (id === undefined || id === keptUpload || response.status >= 300) return response;
  const destroyed = response.headers.get(X_OBJECT_VERSION_ID) ?? 'null';
  if (object.versionId === undefined && destroyed !== 'null') return response;
  const { bucket, key } = object;
  const releasing = outlivingClient(caller);
  await whileUnread(response, async () => {
    try {
      // a header mode enabled in the meantime may have archived the object
      if (await isDestroying(releasing, bucket)) await releaseParts(releasing, { bucket, key, id });
    } catch (error) {
      if (![BucketError, StoreError, ClientGone].some((kind) => error instanceof kind)) throw error;
    }
  });
  return response;
}

/**
 * Returns the upload that would lose its object. Nothing is destroyed if versions go to
 * an archive.
 */
async function uploadAtRisk(
  caller: Caller,
  { bucket, key, versionId }: ObjectRef,
  knownHeaders: Headers | undefined,
): Promise<string | undefined> {
  const { hasHad, isEnabled } = await partsIn(caller, bucket);
  if (!hasHad || (isEnabled && versionId === undefined)) return undefined;
  const headers =
    knownHeaders ?? (await headersOf(caller, { bucket, key, versionId: versionId ?? 'null' }));
  const id =
    headers && isStaticLargeObject(headers)
      ? notedUploadId(headers.get('content-type') ?? '')
      : undefined;
  return id !== undefined && (await isDestroying(caller, bucket)) ? id : undefined;
}

/** Whether a container archives no overwritten objects; false if unknown. */
async function isDestroying(caller: Caller, container: ByteString): Promise<boolean> {
  try {
    return !(await headBucket(caller, container)).isInHeaderMode;
  } catch (error) {
    if (error instanceof BucketError) return false;
    throw error;
  }
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

/** Whether an object in a bucket may have been made from parts. */
export async function hasHadUploads(caller: Caller, bucket: ByteString): Promise<boolean> {
  return (await partsIn(caller, bucket)).hasHad;
}

async function partsIn(caller: Caller, bucket: ByteString): Promise<PartsInBucket> {
  const { account } = await caller.session();
  return caller.parts.of(account, bucket, async () => {
    const head = async (reader: Caller, container: ByteString) => {
      const { status, headers, body } = await ask(reader, { method: 'HEAD', container });
      await drain(body);
      return { status, headers };
    };
    const [segments, objects] = await Promise.all([
      head(withPartsAccess(caller, { bucket }, 'none'), segmentsOf(bucket)),
      head(caller, bucket),
    ]);
    return {
      hasHad: segments.status !== 404,
      isEnabled: isTrueValue(objects.headers.get(X_VERSIONS_ENABLED)),
    };
  });
}

/**
 * Removes the parts of an upload unless an object or version made from it exists. Waits
 * for a concurrent completion. Parts that cannot be removed now stay.
 *
 * @returns whether nothing made from the upload exists
 */
export async function releaseParts(caller: Caller, upload: Upload): Promise<boolean> {
  return withWorkNote(caller, upload, 'removing', async () => {
    await whenOver(caller, upload, 'completing');
    return removeParts(caller, upload);
  });
}

/**
 * Like `release`, for a caller that has noted the removal, and while nobody completes the
 * upload.
 */
export async function removeParts(caller: Caller, upload: Upload): Promise<boolean> {
  if (await isUsed(caller, upload)) return false;
  const container = segmentsOf(upload.bucket);
  const forParts = withPartsAccess(caller, upload);
  const entries = await entriesBelow(forParts, container, uploadPrefix(upload));
  const parts = entries.filter((entry) => !isNote(upload, entry));
  await forEachConcurrently(parts, AT_ONCE, async ({ name }) => {
    await drain((await ask(forParts, { method: 'DELETE', container, object: name })).body);
  });
  return true;
}
