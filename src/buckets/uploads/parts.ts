import { drain, whileUnread } from '../../http/body';
import { isTrueValue, type ByteString } from '../../http/bytes';
import type { Headers } from '../../http/headers';
import { ClientGone, type Response } from '../../swift_api/message';
import { forEachConcurrently } from '../../util/concurrency';
import { StoreError } from '../../util/store_error';
import { headBucket } from '../bucket';
import { ask, askingForParts, staying, type Caller } from '../caller';
import { entriesBelow, entriesOf, type Entry } from '../entries';
import { BucketError } from '../errors';
import { isMadeOf } from './manifest_parts';
import type { PartsInBucket } from './parts_memory';
import { done } from '../store_answers';
import { beginningOf, belowUpload, segmentsOf, type Upload } from './upload_names';
import { isNote, whenOver, whileNoted } from './upload_notes';
import { timeOfVersion, type ObjectRef } from '../versions';

/** Milliseconds by which the clocks of those that make versions and uploads may differ. */
export const CLOCKS = 24 * 60 * 60_000;
/** So many parts are deleted at a time. */
const AT_ONCE = 8;

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
  for await (const large of largeOnes(caller, upload))
    if (uploadNoted(large.contentType) === upload.id) return large;
  return undefined;
}

/** Whether that is there, also where a client of Swift's gave it another content type, which notes nothing. */
export async function isUsed(caller: Caller, upload: Upload): Promise<boolean> {
  const { bucket: container, key: object, id } = upload;
  for await (const { contentType, versionId } of largeOnes(caller, upload)) {
    const noted = uploadNoted(contentType);
    const query = { 'version-id': versionId };
    if (noted === id) return true;
    if (noted === undefined && (await isMadeOf(caller, upload, { container, object, query })))
      return true;
  }
  return false;
}

/** What an upload's object is, and its versions that are not older than the upload, as far as they are static large objects. */
async function* largeOnes(caller: Caller, { bucket, key, id }: Upload): AsyncGenerator<Completed> {
  const current = await ask(caller, { method: 'HEAD', container: bucket, object: key });
  if (current.status === 404) await drain(current.body);
  else await done(caller, current, { bucket, key });
  const { headers } = current;
  if (current.status < 300 && isSlo(headers)) {
    const contentType = headers.get('content-type') ?? '';
    yield {
      versionId: headers.get('x-object-version-id'),
      contentType,
      sloEtag: headers.get('etag') ?? '',
    };
  }
  const parameters = { versions: '', prefix: key };
  const earliest = beginningOf(id) - CLOCKS;
  const behind = ({ name, version_id }: Entry) => ({ marker: name, version_marker: version_id });
  for await (const entry of entriesOf(caller, bucket, parameters, behind)) {
    // those behind are older still
    if (entry.name !== key || (timeOfVersion(entry.version_id) ?? Infinity) < earliest) return;
    const { content_type: contentType, slo_etag: sloEtag, version_id: versionId } = entry;
    if (sloEtag !== undefined) yield { versionId, contentType, sloEtag };
  }
}

function isSlo(headers: Headers): boolean {
  return isTrueValue(headers.get('x-static-large-object'));
}

/**
 * Does what destroys an object or one of its versions for good, and then removes the parts of which that was made. What was made of parts of other
 * uploads, or not by this API, keeps its parts, and so does what is still there as another version. A copy of the manifest that a client of Swift's made
 * (`COPY` with `multipart-manifest=get`) shares the parts and loses them with the object, as it would on Swift where the segments are deleted.
 *
 * In a bucket with versions, what is destroyed is the version that was named, or else the null version: nothing, where the answer names the id of
 * another. Parts that cannot be removed stay: what was asked for is done all the same.
 *
 * @param destroy writes or deletes the object, or deletes the version; its answer is handed back
 * @param known the headers of what is destroyed, where they are known
 * @param kept an upload whose parts are needed for what is written
 */
export async function withParts(
  caller: Caller,
  object: ObjectRef,
  destroy: () => Promise<Response>,
  known?: Headers,
  kept?: string,
): Promise<Response> {
  const id = await uploadOf(caller, object, known);
  const response = await destroy();
  if (id === undefined || id === kept || response.status >= 300) return response;
  const destroyed = response.headers.get('x-object-version-id') ?? 'null';
  if (object.versionId === undefined && destroyed !== 'null') return response;
  const { bucket, key } = object;
  const releasing = staying(caller);
  await whileUnread(response, async () => {
    try {
      // a mode that was switched on meanwhile may have archived what was there
      if (await isDestroying(releasing, bucket)) await release(releasing, { bucket, key, id });
    } catch (error) {
      if (![BucketError, StoreError, ClientGone].some((kind) => error instanceof kind)) throw error;
    }
  });
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
  const headers =
    known ?? (await headersOf(caller, { bucket, key, versionId: versionId ?? 'null' }));
  const id = headers && isSlo(headers) ? uploadNoted(headers.get('content-type') ?? '') : undefined;
  return id !== undefined && (await isDestroying(caller, bucket)) ? id : undefined;
}

/** Whether what is overwritten or deleted in a container goes to no archive; false where that cannot be told. */
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

/** Whether something in a bucket may have been made of parts. */
export async function hasHadUploads(caller: Caller, bucket: ByteString): Promise<boolean> {
  return (await partsIn(caller, bucket)).hasHad;
}

async function partsIn(caller: Caller, bucket: ByteString): Promise<PartsInBucket> {
  const { account } = await caller.session();
  return caller.parts.of(account, bucket, async () => {
    const head = async (asking: Caller, container: ByteString) => {
      const { status, headers, body } = await ask(asking, { method: 'HEAD', container });
      await drain(body);
      return { status, headers };
    };
    const [segments, itself] = await Promise.all([
      head(askingForParts(caller, { bucket }, 'none'), segmentsOf(bucket)),
      head(caller, bucket),
    ]);
    return {
      hasHad: segments.status !== 404,
      isEnabled: isTrueValue(itself.headers.get('x-versions-enabled')),
    };
  });
}

/**
 * Removes the parts of an upload, unless something is there that was made of it: whether there is not. Who is completing it at the same time is waited
 * for. Parts that cannot be removed now stay.
 */
export async function release(caller: Caller, upload: Upload): Promise<boolean> {
  return whileNoted(caller, upload, 'removing', async () => {
    await whenOver(caller, upload, 'completing');
    return removeParts(caller, upload);
  });
}

/** The same, for who has noted that they may be going, and while nobody completes the upload. */
export async function removeParts(caller: Caller, upload: Upload): Promise<boolean> {
  if (await isUsed(caller, upload)) return false;
  const container = segmentsOf(upload.bucket);
  const forParts = askingForParts(caller, upload);
  const below = await entriesBelow(forParts, container, belowUpload(upload));
  const parts = below.filter((entry) => !isNote(upload, entry));
  await forEachConcurrently(parts, AT_ONCE, async ({ name }) => {
    await drain((await ask(forParts, { method: 'DELETE', container, object: name })).body);
  });
  return true;
}
