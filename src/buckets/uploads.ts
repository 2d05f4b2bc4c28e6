import { drain } from '../http/body';
import type { ByteString } from '../http/bytes';
import { Headers } from '../http/headers';
import type { Body, Response } from '../http/message';
import { ask, type Caller } from './caller';
import { entriesOf, type Entry } from './entries';
import { BucketError } from './errors';
import { headBucket } from './bucket';
import { ownHeaders } from './own_headers';
import { notePartSum, partSum, summing, type Summing } from './part_sums';
import {
  entriesBelow,
  markerOf,
  partOf,
  release,
  segmentsOf,
  type Upload,
  newUploadId,
  isUploadId,
  uploadIn,
} from './parts';
import { done } from './store_answers';

/** Parts are numbered from 1. */
export const MOST_PARTS = 10_000;
/** The names of the parts are longer than the key, and the store has a limit for names. */
const MOST_NAME = 1024;
const DEFAULT_TYPE = 'binary/octet-stream';
const PART_TYPE = 'application/octet-stream';

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
  if (partOf(upload, MOST_PARTS).length > MOST_NAME)
    throw new BucketError('key-too-long', 'Your key is too long');
  const { headers: container } = await headBucket(caller, bucket);
  const noted = summing && `${summing.algorithm} ${summing.isOfWhole ? 'whole' : 'parts'}`;
  const own = Headers.of({ 'Content-Type': DEFAULT_TYPE, [SUMMING]: noted });
  const marker = {
    method: 'PUT',
    container: segmentsOf(bucket),
    object: markerOf(upload),
    headers: own.withAll(headers),
  };
  let response = await ask(caller, marker);
  if (response.status === 404) {
    await drain(response.body);
    await createSegments(caller, bucket, container);
    response = await ask(caller, marker);
  }
  await done(caller, response, { bucket, key });
  return upload;
}

async function createSegments(caller: Caller, bucket: ByteString, bucketHeaders: Headers): Promise<void> {
  const container = segmentsOf(bucket);
  const headers = bucketHeaders.only('x-container-read', 'x-container-write', 'x-storage-policy');
  await done(caller, await ask(caller, { method: 'PUT', container, headers }), { bucket: container });
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
  const object = isId ? markerOf(upload) : undefined;
  // the bucket is what is asked for where the id is none
  const container = isId ? segmentsOf(bucket) : bucket;
  const response = await ask(caller, { method: 'HEAD', container, object });
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

/** What a part is made of. */
export interface PartContent {
  readonly body: Body;
  /** Bytes. */
  readonly length: number;
  /** An ETag that it must have; nothing else. */
  readonly given: Headers;
  /** Base64, by the names of their algorithms: those known before the body, and those known behind it. */
  readonly sums: ReadonlyMap<string, string>;
  readonly trailing: () => ReadonlyMap<string, string>;
}

/** A part that was written. */
export interface WrittenPart {
  /** Its MD5. */
  readonly etag: string;
  readonly lastModified: string | undefined;
}

/**
 * Writes a part, in the place of one of the same number.
 *
 * @throws BucketError `no-such-upload`, and what the body breaks off with
 */
export async function putPart(
  caller: Caller,
  upload: Upload,
  number: number,
  { body, length, given, sums, trailing }: PartContent,
): Promise<WrittenPart> {
  const { summing } = await getUpload(caller, upload);
  const typed = (known: ReadonlyMap<string, string>, md5?: string) => {
    const sum = summing && known.get(summing.algorithm);
    return sum === undefined ? undefined : notePartSum(PART_TYPE, summing?.algorithm ?? '', sum, md5);
  };
  const [container, object] = [segmentsOf(upload.bucket), partOf(upload, number)];
  const own = { 'Content-Length': String(length), 'Content-Type': typed(sums) ?? PART_TYPE };
  const headers = given.withAll(Headers.of(own));
  const about = { bucket: container, key: object };
  const response = await ask(caller, { method: 'PUT', container, object, headers, body });
  const written = (await done(caller, response, about)).headers;
  const etag = (written.get('etag') ?? '').replaceAll('"', '');
  const late = typed(sums) === undefined ? typed(trailing(), etag) : undefined;
  if (late !== undefined) {
    const type = Headers.of({ 'Content-Type': late });
    await done(caller, await ask(caller, { method: 'POST', container, object, headers: type }), about);
  }
  return { etag, lastModified: written.get('last-modified') };
}

/** A part as it is kept. */
export interface Part {
  readonly number: number;
  /** Its MD5. */
  readonly etag: string;
  readonly bytes: number;
  /** As listings tell it, or undefined. */
  readonly entry: Pick<Entry, 'last_modified'>;
  readonly sum: { readonly algorithm: string; readonly sum: Buffer } | undefined;
}

/** All parts of an upload, by their numbers: as far as the store lists them by now. */
export async function listParts(caller: Caller, upload: Upload): Promise<Part[]> {
  const prefix = `${markerOf(upload)}/`;
  const entries = await entriesBelow(caller, segmentsOf(upload.bucket), prefix);
  const parts = entries.flatMap((entry): Part[] => {
    const number = entry.name.slice(prefix.length);
    return /^[1-9]\d*$/.test(number) ? [partFrom(Number(number), entry)] : [];
  });
  return parts.sort((a, b) => a.number - b.number);
}

function partFrom(number: number, entry: Entry): Part {
  const { hash, bytes, content_type } = entry;
  return { number, etag: hash, bytes, entry, sum: partSum(content_type, hash) };
}

/** A part that no listing has told yet. */
export async function findPart(caller: Caller, upload: Upload, number: number): Promise<Part | undefined> {
  const [container, object] = [segmentsOf(upload.bucket), partOf(upload, number)];
  const response = await ask(caller, { method: 'HEAD', container, object });
  await drain(response.body);
  if (response.status >= 300) return undefined;
  const { headers } = response;
  const etag = (headers.get('etag') ?? '').replaceAll('"', '');
  const sum = partSum(headers.get('content-type') ?? '', etag);
  return { number, etag, bytes: Number(headers.get('content-length')), entry: {}, sum };
}

/** Tells that parts may be going: there while an upload is aborted. */
function abortOf(upload: Upload): ByteString {
  return `${markerOf(upload)}/aborted`;
}

/** Whether somebody aborts an upload, or tries to, or has been interrupted at it. */
export async function isBeingAborted(caller: Caller, upload: Upload): Promise<boolean> {
  const container = segmentsOf(upload.bucket);
  const response = await ask(caller, { method: 'HEAD', container, object: abortOf(upload) });
  await drain(response.body);
  return response.status !== 404;
}

/**
 * Ends an upload without an object, and removes its parts. An object that was made of it in the meantime, or before, keeps them.
 *
 * @throws BucketError `no-such-upload`
 */
export async function abortUpload(caller: Caller, upload: Upload): Promise<void> {
  await getUpload(caller, upload);
  const about = { bucket: segmentsOf(upload.bucket), key: abortOf(upload) };
  const note = { container: about.bucket, object: about.key };
  await done(caller, await ask(caller, { method: 'PUT', ...note }), about);
  // the note goes with the parts, after them
  if ((await endUpload(caller, upload)) && (await release(caller, upload))) return;
  await drain((await ask(caller, { method: 'DELETE', ...note })).body);
  throw noSuchUpload(upload);
}

/** Removes the marker of an upload. Of several that try, one succeeds: whether this one has. */
export async function endUpload(caller: Caller, upload: Upload): Promise<boolean> {
  const [container, object] = [segmentsOf(upload.bucket), markerOf(upload)];
  const response: Response = await ask(caller, { method: 'DELETE', container, object });
  if (response.status !== 404) await done(caller, response, { bucket: container, key: object });
  else await drain(response.body);
  return response.status !== 404;
}

/** Which uploads in progress are wanted. */
export interface UploadListing {
  readonly prefix: ByteString;
  readonly delimiter: ByteString;
  /** Behind which they begin: behind all uploads of that key, or behind one of them. */
  readonly keyMarker: ByteString;
  readonly idMarker: string;
  readonly most: number;
}

/** A page of uploads in progress. */
export interface UploadPage {
  readonly uploads: readonly { readonly key: ByteString; readonly id: string; readonly entry: Entry }[];
  /** What the delimiter folds others into. */
  readonly prefixes: readonly ByteString[];
  readonly isTruncated: boolean;
  /** The last of the page: where the next begins. */
  readonly last: { readonly key: ByteString; readonly id: string };
}

/** Behind all names that begin so. */
const LAST = '\xf4\x8f\xbf\xbf';

/**
 * Uploads in progress, by their keys, those of one key in the order in which they began. Keys sort as names with a slash behind them do: `a!` comes before `a`.
 *
 * @throws BucketError `no-such-bucket`
 */
export async function listUploads(
  caller: Caller,
  bucket: ByteString,
  wanted: UploadListing,
): Promise<UploadPage> {
  await headBucket(caller, bucket);
  const { prefix, delimiter, keyMarker, idMarker, most } = wanted;
  const folded = (key: ByteString) => {
    const end = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
    return end < 0 ? undefined : key.slice(0, end + delimiter.length);
  };
  const uploads: UploadPage['uploads'][number][] = [];
  const prefixes: ByteString[] = [];
  let last = { key: keyMarker, id: idMarker };
  const page = (isTruncated: boolean) => ({ uploads, prefixes, isTruncated, last });
  if (most === 0) return page(false);
  try {
    for await (const entry of entriesOf(caller, segmentsOf(bucket), {
      prefix,
      marker: markerBehind(wanted, folded),
    })) {
      const found = uploadIn(entry.name);
      if (!found?.key.startsWith(prefix)) continue;
      const fold = folded(found.key);
      if (fold !== undefined && (fold === keyMarker || fold === prefixes.at(-1))) continue;
      if (uploads.length + prefixes.length >= most) return page(true);
      if (fold === undefined) uploads.push({ ...found, entry });
      else prefixes.push(fold);
      last = fold === undefined ? found : { key: fold, id: '' };
    }
  } catch (error) {
    if (!(error instanceof BucketError) || error.code !== 'no-such-bucket') throw error;
  }
  return page(false);
}

function markerBehind(
  { keyMarker, idMarker }: UploadListing,
  folded: (key: ByteString) => ByteString | undefined,
): ByteString | undefined {
  if (keyMarker === '') return undefined;
  if (folded(keyMarker) === keyMarker) return keyMarker + LAST;
  return `${keyMarker}/${idMarker === '' ? LAST : idMarker}`;
}
