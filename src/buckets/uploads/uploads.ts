import { drain } from '../../http/body';
import type { ByteString } from '../../http/bytes';
import { Headers } from '../../http/headers';
import type { Response } from '../../swift_api/message';
import { archivedOf } from './archived';
import { headBucket } from '../bucket';
import { ask, askingForParts, type Caller } from '../caller';
import { BucketError } from '../errors';
import { ownHeaders } from '../own_headers';
import { summing, type Summing } from './part_sums';
import { isUsed, removeParts } from './parts';
import { done } from '../store_answers';
import {
  isUploadId,
  newAttempt,
  newUploadId,
  segmentsOf,
  uploadMarkerOf,
  type Upload,
} from './upload_names';
import { whenOver, whileNoted } from './upload_notes';

/** The greatest number of a part. Numbers begin at 1; QingStor's at 0. */
export const MAX_PARTS = 10_000;
/** The names of the parts are longer than the key, and the store has a limit for names. */
const MAX_NAME = 1024;
const DEFAULT_TYPE = 'binary/octet-stream';

/** How an upload's parts are summed: a note on its marker that is none of the object's. */
const SUMMING = 'X-Object-Meta-Hindsight-Upload-Sum';

/** What an object will be made with. */
export interface UploadStart {
  /** In Swift's terms; Content-Type and metadata. */
  readonly headers: Headers;
  readonly summing?: Summing | undefined;
}

/** Begins an upload. @throws BucketError `no-such-bucket`, `key-too-long` */
export async function createUpload(
  caller: Caller,
  { bucket, key }: Omit<Upload, 'id'>,
  { headers, summing }: UploadStart,
): Promise<Upload> {
  const upload = { bucket, key, id: newUploadId() };
  if (newAttempt(upload, MAX_PARTS).length > MAX_NAME)
    throw new BucketError('key-too-long', 'Your key is too long');
  const { headers: container } = await headBucket(caller, bucket);
  const noted = summing && `${summing.algorithm} ${summing.isOfWhole ? 'whole' : 'parts'}`;
  const own = Headers.of({ 'Content-Type': DEFAULT_TYPE, [SUMMING]: noted });
  const forParts = askingForParts(caller, upload);
  const marker = {
    method: 'PUT',
    container: segmentsOf(bucket),
    object: uploadMarkerOf(upload),
    headers: own.withAll(headers),
  };
  let response = await ask(forParts, marker);
  if (response.status === 404) {
    await drain(response.body);
    await createSegments(forParts, bucket, container);
    response = await ask(forParts, marker);
  }
  await done(caller, response, { bucket, key });
  return upload;
}

/** Its ACLs are not for the client to choose. */
async function createSegments(
  caller: Caller,
  bucket: ByteString,
  bucketHeaders: Headers,
): Promise<void> {
  const container = segmentsOf(bucket);
  const headers = bucketHeaders.only('x-storage-policy');
  await done(caller, await ask(caller, { method: 'PUT', container, headers }), {
    bucket: container,
  });
  caller.parts.forget((await caller.session()).account, bucket);
}

/** What an upload in progress has been told. */
export interface Begun {
  /** With which the object is made, its content type besides. */
  readonly headers: Headers;
  readonly contentType: ByteString;
  readonly summing: Summing | undefined;
}

/** An upload in progress; undefined where there is none of that id. */
export async function findUpload(caller: Caller, upload: Upload): Promise<Begun | undefined> {
  const { bucket } = upload;
  const isId = isUploadId(upload.id);
  const object = isId ? uploadMarkerOf(upload) : undefined;
  // the bucket is what is asked for where the id is none
  const container = isId ? segmentsOf(bucket) : bucket;
  const asking = isId ? askingForParts(caller, upload) : caller;
  const response = await ask(asking, { method: 'HEAD', container, object });
  if (response.status === 404 || !isId) {
    await drain(response.body);
    await headBucket(caller, bucket);
    return undefined;
  }
  const { headers } = await done(caller, response, { bucket, key: upload.key });
  const [algorithm = '', of] = (headers.get(SUMMING) ?? '').split(' ');
  return {
    headers: ownHeaders(headers),
    contentType: headers.get('content-type') ?? DEFAULT_TYPE,
    summing: summing(algorithm, of === 'whole'),
  };
}

/** @throws BucketError `no-such-upload`, `no-such-bucket` */
export async function getUpload(caller: Caller, upload: Upload): Promise<Begun> {
  const begun = await findUpload(caller, upload);
  if (!begun) throw noSuchUpload(upload);
  return begun;
}

/** The error for an upload that was never begun, or has come to its end. */
export function noSuchUpload({ id }: Upload): BucketError {
  return new BucketError(
    'no-such-upload',
    'The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.',
    { fields: { UploadId: id } },
  );
}

/**
 * Ends an upload without an object, and removes its parts. Of an abort and of what completes the upload at the same time one succeeds: what has begun
 * to complete it is waited for. An object that was made of it before keeps its parts, also where it is archived, or may be for what the caller may see.
 *
 * @throws BucketError `no-such-upload`, `conflict` where somebody does not come to an end with completing it
 */
export async function abortUpload(caller: Caller, upload: Upload): Promise<void> {
  await getUpload(caller, upload);
  const isAborted = await whileNoted(caller, upload, 'removing', async () => {
    await whenOver(caller, upload, 'completing');
    // in the order in which an object goes to the archive, and while an abort that fails can be asked for again
    const isThere = await isUsed(caller, upload);
    const archived = isThere || (await archivedOf(caller, upload));
    if (!(await endUpload(caller, upload))) return false;
    return archived === 'unknown' || (!archived && (await removeParts(caller, upload)));
  });
  if (!isAborted) throw noSuchUpload(upload);
}

/** Removes the marker of an upload. Of several that try, one succeeds: whether this one has. */
export async function endUpload(caller: Caller, upload: Upload): Promise<boolean> {
  const [container, object] = [segmentsOf(upload.bucket), uploadMarkerOf(upload)];
  const forParts = askingForParts(caller, upload);
  const response: Response = await ask(forParts, { method: 'DELETE', container, object });
  if (response.status !== 404) await done(caller, response, { bucket: container, key: object });
  else await drain(response.body);
  return response.status !== 404;
}
