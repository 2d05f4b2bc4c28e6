import { createHash } from 'node:crypto';
import { drain, readAll } from '../http/body';
import { toText } from '../http/bytes';
import { Headers } from '../http/headers';
import { textResponse, type Replaced, type Response } from '../http/message';
import { ask, type Caller } from './caller';
import { BucketError } from './errors';
import { etagOf, noteEtag } from './etag';
import { KEPT_PREFIX } from './metadata';
import { objectSum, type Summing } from './part_sums';
import {
  completedOf,
  markerOf,
  noteUpload,
  partOf,
  segmentsOf,
  uploadNoted,
  withParts,
  type Completed,
  type Upload,
} from './parts';
import { refusedBy, type WriteCondition } from './preconditions';
import { done, refusalOf } from './store_answers';
import {
  endUpload,
  findPart,
  findUpload,
  isBeingAborted,
  listParts,
  noSuchUpload,
  type Begun,
  type Part,
} from './uploads';
import { checkCondition } from './writes';

/** All parts but the last have so many bytes at least. */
const LEAST_PART = 5 * 1024 * 1024;
/** So many segments a manifest has in Swift, unless it is told otherwise (`max_manifest_segments`); with more parts they are manifests themselves. */
const MOST_SEGMENTS = 1000;
const MOST_PROBLEMS = 1024 * 1024;

/** A part as the client lists it. */
export interface ListedPart {
  readonly number: number;
  /** Without quotes. */
  readonly etag: string;
  /** Base64, by the names of their algorithms. */
  readonly sums: ReadonlyMap<string, string>;
}

/** On what terms an upload is to become an object. */
export interface Terms {
  readonly parts: readonly ListedPart[];
  /** Bytes of the whole. */
  readonly bytes?: number | undefined;
  /** Base64, by the names of their algorithms: of the whole. */
  readonly sums: ReadonlyMap<string, string>;
  readonly condition?: WriteCondition;
}

/** An object made of an upload. */
export interface CompletedObject {
  readonly etag: string;
  readonly versionId: string | undefined;
  readonly sum?: { readonly summing: Summing; readonly value: string } | undefined;
}

/**
 * Makes an object of the parts of an upload, an ordinary write as far as versions are concerned. Asked for once more, it answers the same, as long as
 * the object or its version is there. Against an abort at the same time: of the two, the one that removes the upload's marker is told that it
 * succeeded, and an object whose parts an abort may be removing is told to nobody; where it has a version id, it is removed.
 *
 * @throws BucketError `no-such-upload`, `invalid-part`, `invalid-part-order`, `too-small`, `bad-digest`, `invalid-request`, `conflict`, and the condition's
 */
export async function completeUpload(caller: Caller, upload: Upload, terms: Terms): Promise<CompletedObject> {
  checkOrder(upload, terms.parts);
  const begun = await findUpload(caller, upload);
  if (!begun) return again(upload, terms, await completedOf(caller, upload));
  const parts = await chosenParts(caller, upload, terms.parts);
  const { summing } = begun;
  const value = summing && sumOf(summing, parts);
  checkWhole(terms, parts, summing, value);
  const sum = summing && value !== undefined ? { summing, value } : undefined;
  const etag = etagOfParts(parts);
  const written = await write(caller, upload, begun, { parts, etag, sum }, terms);
  if (!written) return again(upload, terms, await completedOf(caller, upload));
  if (!(await endUpload(caller, upload))) await checkNotAborted(caller, upload, parts, written.versionId);
  return { etag, versionId: written.versionId, sum };
}

function checkOrder({ id }: Upload, parts: readonly ListedPart[]): void {
  for (const [at, { number }] of parts.entries()) {
    if (number <= (parts[at - 1]?.number ?? 0))
      throw new BucketError(
        'invalid-part-order',
        'The list of parts was not in ascending order. The parts list must be specified in order by part number.',
        { fields: { UploadId: id } },
      );
  }
}

/** What an upload that is no more in progress became, where that is what is wanted now. */
function again(upload: Upload, { parts }: Terms, completed: Completed | undefined): CompletedObject {
  const etag = completed && etagOf({ hash: '', ...completed });
  if (!completed || !parts.every(isMd5) || etag !== etagOfParts(parts)) throw noSuchUpload(upload);
  return { etag, versionId: completed.versionId };
}

async function chosenParts(caller: Caller, upload: Upload, listed: readonly ListedPart[]): Promise<Part[]> {
  const known = new Map((await listParts(caller, upload)).map((part) => [part.number, part]));
  const chosen: Part[] = [];
  for (const wanted of listed) {
    const isListed = known.get(wanted.number)?.etag === wanted.etag;
    const part = isListed ? known.get(wanted.number) : await findPart(caller, upload, wanted.number);
    if (part?.etag !== wanted.etag || !sumsAgree(part, wanted)) throw invalidPart(upload, wanted);
    chosen.push(part);
  }
  for (const { number, bytes, etag } of chosen.slice(0, -1)) {
    if (bytes >= LEAST_PART) continue;
    const fields = {
      ProposedSize: String(bytes),
      MinSizeAllowed: String(LEAST_PART),
      PartNumber: String(number),
      ETag: etag,
    };
    throw new BucketError('too-small', 'Your proposed upload is smaller than the minimum allowed size', {
      fields,
    });
  }
  return chosen;
}

function sumsAgree({ sum }: Part, { sums }: ListedPart): boolean {
  const wanted = sum && sums.get(sum.algorithm);
  return wanted === undefined || wanted === sum?.sum.toString('base64');
}

function invalidPart({ id }: Upload, { number, etag }: Pick<ListedPart, 'number' | 'etag'>): BucketError {
  return new BucketError(
    'invalid-part',
    "One or more of the specified parts could not be found. The part may not have been uploaded, or the specified entity tag may not match the part's entity tag.",
    { fields: { UploadId: id, PartNumber: String(number), ETag: etag } },
  );
}

function sumOf(summing: Summing, parts: readonly Part[]): string | undefined {
  const summed = parts.map(({ bytes, sum }) => ({
    bytes,
    sum: sum?.algorithm === summing.algorithm ? sum.sum : undefined,
  }));
  return objectSum(summing, summed);
}

function checkWhole(
  { bytes, sums }: Terms,
  parts: readonly Part[],
  summing: Summing | undefined,
  value: string | undefined,
): void {
  const size = parts.reduce((sum, part) => sum + part.bytes, 0);
  if (bytes !== undefined && bytes !== size)
    throw new BucketError('invalid-request', `The parts have ${size} bytes, not ${bytes}.`);
  const wanted = summing && sums.get(summing.algorithm);
  if (
    wanted !== undefined &&
    value !== undefined &&
    wanted !== value &&
    `${wanted}-${parts.length}` !== value
  )
    throw new BucketError('bad-digest', `The ${summing?.algorithm} you specified did not match the parts'.`);
}

/** S3's: the MD5 of the parts' MD5s, and their number. */
function etagOfParts(parts: readonly { readonly etag: string }[]): string {
  const md5s = Buffer.from(parts.map(({ etag }) => etag).join(''), 'hex');
  return `${createHash('md5').update(md5s).digest('hex')}-${parts.length}`;
}

function isMd5({ etag }: { readonly etag: string }): boolean {
  return /^[0-9a-f]{32}$/.test(etag);
}

/** A segment of a manifest, in the form in which clients put it. */
interface Segment {
  readonly path: string;
  readonly etag: string;
  readonly size_bytes: number;
}

interface Content {
  readonly parts: readonly Part[];
  readonly etag: string;
  readonly sum: CompletedObject['sum'];
}

/** Swift's etag of a large object. */
function sloEtagOf(segments: readonly Segment[]): string {
  return createHash('md5')
    .update(segments.map(({ etag }) => etag).join(''))
    .digest('hex');
}

/** Writes the object; undefined where what is there is that object already. */
async function write(
  caller: Caller,
  upload: Upload,
  { headers, contentType }: Begun,
  { parts, etag, sum }: Content,
  { condition = {} }: Terms,
): Promise<{ readonly versionId: string | undefined } | undefined> {
  const { bucket, key, id } = upload;
  const segments = await segmentsFor(caller, upload, parts);
  const type = noteUpload(noteEtag(contentType, etag, sloEtagOf(segments)), id);
  const noted = sum && `${KEPT_PREFIX}Checksum-${sum.summing.algorithm.toUpperCase()}`;
  const own = headers.with('Content-Type', type);
  let why: BucketError | 'done' | undefined;
  const refusal = (replaced: Replaced | undefined): Response | undefined => {
    if (replaced && uploadNoted(replaced.contentType) === id) why = 'done';
    else why = refusedBy(condition, replaced && etagOf({ hash: replaced.etag, ...replaced }));
    return why && textResponse(412, '');
  };
  await checkCondition(caller, { bucket, key }, condition);
  const response = await withParts(caller, { bucket, key }, () =>
    putManifest(caller, { bucket, key }, segments, noted ? own.with(noted, sum.value) : own, refusal),
  );
  if (why !== undefined) {
    await drain(response.body);
    if (why === 'done') return undefined;
    throw why;
  }
  const answer = await manifestWritten(caller, upload, response);
  return { versionId: answer.headers.get('x-object-version-id') };
}

/** The segments of the object's manifest: the parts, or manifests of them, whose names tell what is in them. */
async function segmentsFor(caller: Caller, upload: Upload, parts: readonly Part[]): Promise<Segment[]> {
  const container = segmentsOf(upload.bucket);
  const segments = parts.map(({ number, etag, bytes }) => ({
    path: `/${toText(container)}/${toText(partOf(upload, number))}`,
    etag,
    size_bytes: bytes,
  }));
  if (segments.length <= MOST_SEGMENTS) return segments;
  const outer: Segment[] = [];
  for (let at = 0; at < segments.length; at += MOST_SEGMENTS) {
    const inner = segments.slice(at, at + MOST_SEGMENTS);
    const etag = sloEtagOf(inner);
    const key = `${markerOf(upload)}/manifest-${etag}`;
    const response = await putManifest(caller, { bucket: container, key }, inner, Headers.none);
    await drain((await manifestWritten(caller, upload, response)).body);
    const size_bytes = inner.reduce((sum, segment) => sum + segment.size_bytes, 0);
    outer.push({ path: `/${toText(container)}/${toText(key)}`, etag, size_bytes });
  }
  return outer;
}

function putManifest(
  caller: Caller,
  { bucket, key }: Pick<Upload, 'bucket' | 'key'>,
  segments: readonly Segment[],
  headers: Headers,
  refusal?: (replaced: Replaced | undefined) => Response | undefined,
): Promise<Response> {
  return ask(caller, {
    method: 'PUT',
    container: bucket,
    object: key,
    query: { 'multipart-manifest': 'put' },
    headers: headers.with('Accept', 'application/json'),
    body: Buffer.from(JSON.stringify(segments)),
    dialect: refusal ? { refusal } : {},
  });
}

/** @throws BucketError for what the store finds wrong with the segments, and other refusals */
async function manifestWritten(caller: Caller, upload: Upload, response: Response): Promise<Response> {
  const { status, body } = response;
  if (status !== 400) return done(caller, response, upload);
  const bytes = (await readAll(body, MOST_PROBLEMS)) ?? Buffer.alloc(0);
  const text = bytes.toString('latin1');
  const [, number = ''] = /\/(\d+)", "(?:Etag Mismatch|Size Mismatch|404 Not Found)/.exec(text) ?? [];
  if (/Etag Mismatch|Size Mismatch|404 Not Found/.test(text))
    throw invalidPart(upload, { number: Number(number), etag: '' });
  throw await refusalOf(caller, { ...response, body: bytes }, upload);
}

/** Somebody else has ended the upload while its object was written: another that completed it, or one that aborted it. */
async function checkNotAborted(
  caller: Caller,
  upload: Upload,
  parts: readonly Part[],
  versionId: string | undefined,
): Promise<void> {
  const mayBeAborted = await isBeingAborted(caller, upload);
  // an abort takes its note away after the parts; listings may not tell yet
  const [first] = parts;
  const isWhole = first && (await findPart(caller, upload, first.number))?.etag === first.etag;
  if (isWhole && !mayBeAborted) return;
  const { bucket: container, key: object } = upload;
  if (versionId !== undefined && versionId !== 'null') {
    const response = await ask(caller, {
      method: 'DELETE',
      container,
      object,
      query: { 'version-id': versionId },
    });
    await drain(response.body);
  }
  throw isWhole
    ? new BucketError('conflict', 'The upload is being aborted at the same time. Please try again.')
    : noSuchUpload(upload);
}
