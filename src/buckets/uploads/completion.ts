import { createHash } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { drain } from '../../http/body';
import { textResponse, type ReplacedObject, type Response } from '../../swift_api/message';
import { findArchived } from './archived';
import { ask, type Caller } from '../caller';
import { BucketError } from '../errors';
import { etagOf, noteEtag } from '../etag';
import { invalidPart, manifestWritten, putManifest, segmentsFor, sloEtagOf } from './manifest';
import { checksumsIn, DIALECT_PREFIX } from '../metadata';
import { checksumModeOf, objectSum, type ChecksumMode } from './part_sums';
import {
  findCompleted,
  noteUpload,
  notedUploadId,
  withPartsCleanup,
  type CompletedUpload,
} from './parts';
import { stateOfReplaced, writeConditionError, type WriteCondition } from '../preconditions';
import type { Upload } from './upload_names';
import { hasWorkNote, whenOver, withWorkNote } from './upload_notes';
import { listAttempts, type Part } from './upload_parts';
import { endUpload, findUpload, noSuchUpload, type UploadInProgress } from './uploads';
import { checkCondition, withIfNoneMatch } from '../writes';
import { X_OBJECT_VERSION_ID } from '../../swift_api/header_names';

/** Milliseconds between attempts to find parts that the store does not list yet. */
const PAUSES = [100, 400, 1000];

/** A part in the client's list. */
export interface ListedPart {
  readonly number: number;
  /** Without quotes; undefined for the latest part with the number. */
  readonly etag: string | undefined;
  /** Checksums: base64, by algorithm name. */
  readonly sums: ReadonlyMap<string, string>;
}

/** How an upload is to become an object. */
export interface CompletionOptions {
  readonly parts: readonly ListedPart[];
  /** Minimum size of all parts but the last, in bytes. */
  readonly minPart: number;
  /** Total size, in bytes. */
  readonly bytes?: number | undefined;
  /** Checksums of the whole: base64, by algorithm name. */
  readonly sums: ReadonlyMap<string, string>;
  /** Whether the checksum must be one of the whole content; undefined for either. */
  readonly isOfWhole?: boolean | undefined;
  readonly condition?: WriteCondition;
  /** Maximum number of segments in a manifest of the store. */
  readonly maxSegments?: number;
}

/** The object made from an upload. */
export interface CompletedObject {
  readonly etag: string;
  readonly versionId: string | undefined;
  readonly sum?: { readonly summing: ChecksumMode; readonly value: string } | undefined;
}

/**
 * Makes an object from the parts of an upload; an ordinary write as far as versions are
 * concerned. A repeated call returns the same result as long as the object or its version
 * exists. Of a concurrent complete and abort one succeeds: this one changes nothing if an
 * abort has begun, and an abort waits for it once it has begun.
 *
 * @param read returns the terms; called only if the upload exists
 * @throws BucketError `no-such-upload`, `invalid-part`, `invalid-part-order`,
 *   `too-small`, `bad-digest`, `invalid-request`, `conflict`, and those of the condition
 */
export async function completeUpload(
  caller: Caller,
  upload: Upload,
  read: () => Promise<CompletionOptions>,
): Promise<CompletedObject> {
  const inProgress = await findUpload(caller, upload);
  const completed = inProgress ? undefined : await findCompleted(caller, upload);
  if (!inProgress && !completed) throw noSuchUpload(upload);
  const terms = await read();
  checkOrder(upload, terms.parts);
  if (completed) return repeatedResult(caller, upload, terms, completed);
  for (;;) {
    const object = await withWorkNote(caller, upload, 'completing', async () => {
      if (await hasWorkNote(caller, upload, 'removing')) return undefined;
      const current = await findUpload(caller, upload);
      return current
        ? complete(caller, upload, current, terms)
        : repeatedResult(caller, upload, terms, await findCompleted(caller, upload));
    });
    if (object) return object;
    await whenOver(caller, upload, 'removing');
  }
}

async function complete(
  caller: Caller,
  upload: Upload,
  begun: UploadInProgress,
  terms: CompletionOptions,
): Promise<CompletedObject> {
  // whoever completed it before may have crashed before ending it
  const completed = (await findCompleted(caller, upload)) ?? (await findArchived(caller, upload));
  if (completed && completed !== 'unknown') {
    await endUpload(caller, upload);
    return repeatedResult(caller, upload, terms, completed);
  }
  const parts = await selectParts(caller, upload, terms);
  const { summing } = begun;
  const value = summing && sumOf(summing, parts);
  checkWhole(terms, parts, summing, value);
  const sum = summing && value !== undefined ? { summing, value } : undefined;
  const etag = etagOfParts(parts);
  const written = await write(caller, upload, begun, { parts, etag, sum }, terms);
  await endUpload(caller, upload);
  if (!written) return repeatedResult(caller, upload, terms, await findCompleted(caller, upload));
  return { etag, versionId: written.versionId, sum };
}

function checkOrder({ id }: Upload, parts: readonly ListedPart[]): void {
  for (const [at, { number }] of parts.entries()) {
    if (number <= (parts[at - 1]?.number ?? -1))
      throw new BucketError(
        'invalid-part-order',
        'The list of parts was not in ascending order. The parts list must be specified in order by part number.',
        { fields: { UploadId: id } },
      );
  }
}

/** Returns the object of an upload that has ended, if it matches this request. */
async function repeatedResult(
  caller: Caller,
  upload: Upload,
  { parts }: CompletionOptions,
  completed: CompletedUpload | undefined,
): Promise<CompletedObject> {
  const etag = completed && etagOf({ hash: '', ...completed });
  if (!completed || etag === undefined || !couldMakeEtag(etag, parts)) throw noSuchUpload(upload);
  return { etag, versionId: completed.versionId, sum: await keptSum(caller, completed) };
}

/** Returns the checksum that an object was completed with; undefined if it is gone. */
async function keptSum(
  caller: Caller,
  { place }: CompletedUpload,
): Promise<CompletedObject['sum']> {
  const { status, headers, body } = await ask(caller, { method: 'HEAD', ...place });
  await drain(body);
  const [[algorithm = '', value = ''] = []] = status < 300 ? checksumsIn(headers) : [];
  const summing = checksumModeOf(algorithm, !value.includes('-'));
  return summing && { summing, value };
}

/** Whether parts could make an etag, as far as they have etags of their own. */
function couldMakeEtag(etag: string, parts: readonly ListedPart[]): boolean {
  const md5Parts = parts.filter(isMd5);
  return md5Parts.length === parts.length
    ? etag === etagOfParts(md5Parts)
    : parts.every((part) => part.etag === undefined || isMd5(part)) &&
        etag.endsWith(`-${parts.length}`);
}

async function selectParts(
  caller: Caller,
  upload: Upload,
  { parts: requests, minPart }: CompletionOptions,
): Promise<Part[]> {
  const written = await writtenParts(caller, upload, requests);
  const parts = requests.map((request) => {
    const part = written.get(nameOf(request));
    if (!part || !sumsAgree(part, request))
      throw invalidPart(upload, { ...request, etag: request.etag ?? '' });
    return part;
  });
  for (const { number, bytes, etag } of parts.slice(0, -1)) {
    if (bytes >= minPart) continue;
    const fields = {
      ProposedSize: String(bytes),
      MinSizeAllowed: String(minPart),
      PartNumber: String(number),
      ETag: etag,
    };
    throw new BucketError(
      'too-small',
      'Your proposed upload is smaller than the minimum allowed size',
      {
        fields,
      },
    );
  }
  return parts;
}

/**
 * Returns the latest parts that match the requested numbers and etags, by `nameOf`.
 * Retries for a while, since the store may not list all of them yet.
 */
async function writtenParts(
  caller: Caller,
  upload: Upload,
  requests: readonly ListedPart[],
): Promise<ReadonlyMap<string, Part>> {
  for (const pause of [...PAUSES, undefined]) {
    const parts = new Map(
      (await listAttempts(caller, upload)).flatMap((part) =>
        [part.etag, undefined].map((etag) => [nameOf({ ...part, etag }), part]),
      ),
    );
    if (pause === undefined || requests.every((request) => parts.has(nameOf(request))))
      return parts;
    await setTimeout(pause);
  }
  return new Map();
}

function nameOf({ number, etag }: Pick<ListedPart, 'number' | 'etag'>): string {
  return etag === undefined ? String(number) : `${number} ${etag}`;
}

function sumsAgree({ sum }: Part, { sums }: ListedPart): boolean {
  const expected = sum && sums.get(sum.algorithm);
  return expected === undefined || expected === sum?.sum.toString('base64');
}

function sumOf(summing: ChecksumMode, parts: readonly Part[]): string | undefined {
  const summed = parts.map(({ bytes, sum }) => ({
    bytes,
    sum: sum?.algorithm === summing.algorithm ? sum.sum : undefined,
  }));
  return objectSum(summing, summed);
}

function checkWhole(
  { bytes, sums, isOfWhole }: CompletionOptions,
  parts: readonly Part[],
  summing: ChecksumMode | undefined,
  value: string | undefined,
): void {
  if (isOfWhole !== undefined && isOfWhole !== summing?.isOfWhole)
    throw new BucketError(
      'invalid-request',
      'The upload was created with another checksum type than the x-amz-checksum-type of this request.',
    );
  const size = parts.reduce((sum, part) => sum + part.bytes, 0);
  if (bytes !== undefined && bytes !== size)
    throw new BucketError(
      'invalid-request',
      `The parts have ${size} bytes in total, not ${bytes}.`,
    );
  const expected = summing && sums.get(summing.algorithm);
  if (
    expected !== undefined &&
    value !== undefined &&
    expected !== value &&
    `${expected}-${parts.length}` !== value
  )
    throw new BucketError(
      'bad-digest',
      `The ${summing?.algorithm} you specified did not match the one computed from the parts.`,
    );
}

/** Returns S3's etag: the MD5 of the parts' MD5s, and their number. */
function etagOfParts(parts: readonly { readonly etag: string }[]): string {
  const md5s = Buffer.from(parts.map(({ etag }) => etag).join(''), 'hex');
  return `${createHash('md5').update(md5s).digest('hex')}-${parts.length}`;
}

function isMd5<T extends Pick<ListedPart, 'etag'>>(part: T): part is T & { readonly etag: string } {
  return /^[0-9a-f]{32}$/.test(part.etag ?? '');
}

interface Content {
  readonly parts: readonly Part[];
  readonly etag: string;
  readonly sum: CompletedObject['sum'];
}

/** Writes the object; returns undefined if it is there already. */
async function write(
  caller: Caller,
  upload: Upload,
  { headers, contentType }: UploadInProgress,
  { parts, etag, sum }: Content,
  { condition = {}, maxSegments }: CompletionOptions,
): Promise<{ readonly versionId: string | undefined } | undefined> {
  const { bucket, key, id } = upload;
  const segments = await segmentsFor(caller, upload, parts, maxSegments);
  const type = noteUpload(noteEtag(contentType, etag, sloEtagOf(segments)), id);
  const checksumHeader = sum && `${DIALECT_PREFIX}Checksum-${sum.summing.algorithm.toUpperCase()}`;
  const typedHeaders = headers.with('Content-Type', type);
  let outcome: BucketError | 'done' | undefined;
  const refusal = (replaced: ReplacedObject | undefined): Response | undefined => {
    if (replaced && notedUploadId(replaced.contentType) === id) outcome = 'done';
    else outcome = writeConditionError(condition, replaced && stateOfReplaced(replaced));
    return outcome && textResponse(412, '');
  };
  await checkCondition(caller, { bucket, key }, condition);
  const sentHeaders = withIfNoneMatch(
    checksumHeader ? typedHeaders.with(checksumHeader, sum.value) : typedHeaders,
    condition,
  );
  const put = () => putManifest(caller, upload, { bucket, key }, segments, sentHeaders, refusal);
  const response = await withPartsCleanup(caller, { bucket, key }, put, undefined, id);
  if (outcome !== undefined) {
    await drain(response.body);
    if (outcome === 'done') return undefined;
    throw outcome;
  }
  const written = await manifestWritten(caller, upload, response);
  return { versionId: written.headers.get(X_OBJECT_VERSION_ID) };
}
