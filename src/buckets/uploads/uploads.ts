import { drain } from '../../http/body';
import type { ByteString } from '../../http/bytes';
import { Headers } from '../../http/headers';
import type { Response } from '../../swift_api/message';
import { findArchived } from './archived';
import { headBucket } from '../bucket';
import { ask, withPartsAccess, type Caller } from '../caller';
import { BucketError } from '../errors';
import { settableHeaders } from '../own_headers';
import { putBeside } from './beside';
import { checksumModeOf, type ChecksumMode } from './part_sums';
import { isUsed, removeParts } from './parts';
import { expectSuccessAndDrain } from '../store_answers';
import {
  isUploadId,
  newAttempt,
  newUploadId,
  segmentsOf,
  uploadMarkerOf,
  type Upload,
} from './upload_names';
import { whenOver, withWorkNote } from './upload_notes';

/** The highest part number. Numbers start at 1; QingStor's at 0. */
export const MAX_PARTS = 10_000;
/**
 * The store's limit for names, which apply to those of parts, too; these are longer than
 * the key.
 */
const MAX_NAME = 1024;
const DEFAULT_TYPE = 'binary/octet-stream';

/** The checksum mode, noted on an upload's marker; not metadata of the object. */
const SUMMING = 'X-Object-Meta-Hindsight-Upload-Sum';

/** The properties of the object to be made. */
export interface UploadStart {
  /** Swift headers: Content-Type and metadata. */
  readonly headers: Headers;
  readonly summing?: ChecksumMode | undefined;
}

/** Starts an upload. @throws BucketError `no-such-bucket`, `key-too-long` */
export async function createUpload(
  caller: Caller,
  { bucket, key }: Omit<Upload, 'id'>,
  { headers, summing }: UploadStart,
): Promise<Upload> {
  const upload = { bucket, key, id: newUploadId() };
  if (newAttempt(upload, MAX_PARTS).length > MAX_NAME)
    throw new BucketError('key-too-long', 'Your key is too long');
  await headBucket(caller, bucket);
  const summingNote = summing && `${summing.algorithm} ${summing.isOfWhole ? 'whole' : 'parts'}`;
  const defaultHeaders = Headers.of({ 'Content-Type': DEFAULT_TYPE, [SUMMING]: summingNote });
  await putBeside(caller, upload, {
    object: uploadMarkerOf(upload),
    headers: defaultHeaders.withAll(headers),
  });
  return upload;
}

/** An upload in progress. */
export interface UploadInProgress {
  /** The object's headers, except its content type. */
  readonly headers: Headers;
  readonly contentType: ByteString;
  readonly summing: ChecksumMode | undefined;
}

/** Finds an upload in progress; returns undefined if there is none with the id. */
export async function findUpload(
  caller: Caller,
  upload: Upload,
): Promise<UploadInProgress | undefined> {
  const { bucket } = upload;
  const isValidId = isUploadId(upload.id);
  const object = isValidId ? uploadMarkerOf(upload) : undefined;
  // for an invalid id only the bucket is checked
  const container = isValidId ? segmentsOf(bucket) : bucket;
  const reader = isValidId ? withPartsAccess(caller, upload) : caller;
  const response = await ask(reader, { method: 'HEAD', container, object });
  if (response.status === 404 || !isValidId) {
    await drain(response.body);
    await headBucket(caller, bucket);
    return undefined;
  }
  const { headers } = await expectSuccessAndDrain(caller, response, { bucket, key: upload.key });
  const [algorithm = '', scope] = (headers.get(SUMMING) ?? '').split(' ');
  return {
    headers: settableHeaders(headers),
    contentType: headers.get('content-type') ?? DEFAULT_TYPE,
    summing: checksumModeOf(algorithm, scope === 'whole'),
  };
}

/** @throws BucketError `no-such-upload`, `no-such-bucket` */
export async function getUpload(caller: Caller, upload: Upload): Promise<UploadInProgress> {
  const begun = await findUpload(caller, upload);
  if (!begun) throw noSuchUpload(upload);
  return begun;
}

/** Returns the error for an upload that never existed or has ended. */
export function noSuchUpload({ id }: Upload): BucketError {
  return new BucketError(
    'no-such-upload',
    'The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.',
    { fields: { UploadId: id } },
  );
}

/**
 * Aborts an upload and removes its parts. Of a concurrent abort and complete one
 * succeeds: a completion that has begun is waited for. An object made from the upload
 * before keeps its parts, also if it is, or may be, in an archive.
 *
 * @throws BucketError `no-such-upload`, `conflict` if another request does not finish
 *   completing it
 */
export async function abortUpload(caller: Caller, upload: Upload): Promise<void> {
  await getUpload(caller, upload);
  const isAborted = await withWorkNote(caller, upload, 'removing', async () => {
    await whenOver(caller, upload, 'completing');
    // checks in the order in which an object moves to the archive, and before ending the
    // upload, so that a failed abort can be repeated
    const isInUse = await isUsed(caller, upload);
    const archived = isInUse || (await findArchived(caller, upload));
    if (!(await endUpload(caller, upload))) return false;
    return archived === 'unknown' || (!archived && (await removeParts(caller, upload)));
  });
  if (!isAborted) throw noSuchUpload(upload);
}

/**
 * Removes the marker of an upload.
 *
 * @returns whether this call removed it; of several concurrent calls one does
 */
export async function endUpload(caller: Caller, upload: Upload): Promise<boolean> {
  const [container, object] = [segmentsOf(upload.bucket), uploadMarkerOf(upload)];
  const forParts = withPartsAccess(caller, upload);
  const response: Response = await ask(forParts, { method: 'DELETE', container, object });
  if (response.status !== 404)
    await expectSuccessAndDrain(caller, response, { bucket: container, key: object });
  else await drain(response.body);
  return response.status !== 404;
}
