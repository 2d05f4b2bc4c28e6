import { createHash } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { drain } from '../../http/body';
import { textResponse, type Replaced, type Response } from '../../swift_api/message';
import { archivedOf } from './archived';
import type { Caller } from '../caller';
import { BucketError } from '../errors';
import { etagOf, etagOfReplaced, noteEtag } from '../etag';
import { invalidPart, manifestWritten, putManifest, segmentsFor, sloEtagOf } from './manifest';
import { KEPT_PREFIX } from '../metadata';
import { objectSum, type Summing } from './part_sums';
import { completedOf, noteUpload, uploadNoted, withParts, type Completed } from './parts';
import { refusedBy, type WriteCondition } from '../preconditions';
import type { Upload } from './upload_names';
import { isNoted, whenOver, whileNoted } from './upload_notes';
import { listAttempts, type Part } from './upload_parts';
import { endUpload, findUpload, noSuchUpload, type Begun } from './uploads';
import { checkCondition, onlyWhereNothingIs } from '../writes';

/** Milliseconds before one looks again for parts that the store does not list. */
const PAUSES = [100, 400, 1000];

/** A part as the client lists it. */
export interface ListedPart {
  readonly number: number;
  /** Without quotes; undefined: whichever was uploaded last under the number. */
  readonly etag: string | undefined;
  /** Base64, by the names of their algorithms. */
  readonly sums: ReadonlyMap<string, string>;
}

/** On what terms an upload is to become an object. */
export interface Terms {
  readonly parts: readonly ListedPart[];
  /** Bytes that all parts but the last have at least. */
  readonly minPart: number;
  /** Bytes of the whole. */
  readonly bytes?: number | undefined;
  /** Base64, by the names of their algorithms: of the whole. */
  readonly sums: ReadonlyMap<string, string>;
  readonly condition?: WriteCondition;
  /** Segments that a manifest of the store's has at most. */
  readonly maxSegments?: number;
}

/** An object made of an upload. */
export interface CompletedObject {
  readonly etag: string;
  readonly versionId: string | undefined;
  readonly sum?: { readonly summing: Summing; readonly value: string } | undefined;
}

/**
 * Makes an object of the parts of an upload, an ordinary write as far as versions are concerned. Asked for once more, it answers the same, as long as
 * the object or its version is there. Of a complete and of an abort at the same time one succeeds: this one leaves what is there as it is where an
 * abort has begun, and is waited for once it has begun itself.
 *
 * @param read tells the terms, asked only once there is such an upload
 * @throws BucketError `no-such-upload`, `invalid-part`, `invalid-part-order`, `too-small`, `bad-digest`, `invalid-request`, `conflict`, and the condition's
 */
export async function completeUpload(
  caller: Caller,
  upload: Upload,
  read: () => Promise<Terms>,
): Promise<CompletedObject> {
  const found = await findUpload(caller, upload);
  const completed = found ? undefined : await completedOf(caller, upload);
  if (!found && !completed) throw noSuchUpload(upload);
  const terms = await read();
  checkOrder(upload, terms.parts);
  if (completed) return again(upload, terms, completed);
  for (;;) {
    const object = await whileNoted(caller, upload, 'completing', async () => {
      if (await isNoted(caller, upload, 'removing')) return undefined;
      const begun = await findUpload(caller, upload);
      return begun
        ? complete(caller, upload, begun, terms)
        : again(upload, terms, await completedOf(caller, upload));
    });
    if (object) return object;
    await whenOver(caller, upload, 'removing');
  }
}

async function complete(
  caller: Caller,
  upload: Upload,
  begun: Begun,
  terms: Terms,
): Promise<CompletedObject> {
  // who completed it before may have died before its end
  const completed = (await completedOf(caller, upload)) ?? (await archivedOf(caller, upload));
  if (completed && completed !== 'unknown') {
    await endUpload(caller, upload);
    return again(upload, terms, completed);
  }
  const parts = await chosenParts(caller, upload, terms);
  const { summing } = begun;
  const value = summing && sumOf(summing, parts);
  checkWhole(terms, parts, summing, value);
  const sum = summing && value !== undefined ? { summing, value } : undefined;
  const etag = etagOfParts(parts);
  const written = await write(caller, upload, begun, { parts, etag, sum }, terms);
  await endUpload(caller, upload);
  if (!written) return again(upload, terms, await completedOf(caller, upload));
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

/** What an upload that is no more in progress became, where that is what is wanted now. */
function again(
  upload: Upload,
  { parts }: Terms,
  completed: Completed | undefined,
): CompletedObject {
  const etag = completed && etagOf({ hash: '', ...completed });
  if (!completed || etag === undefined || !couldHave(etag, parts)) throw noSuchUpload(upload);
  return { etag, versionId: completed.versionId };
}

/** Whether parts could make an etag, as far as they tell their own. */
function couldHave(etag: string, parts: readonly ListedPart[]): boolean {
  const told = parts.filter(isMd5);
  return told.length === parts.length
    ? etag === etagOfParts(told)
    : parts.every((part) => part.etag === undefined || isMd5(part)) &&
        etag.endsWith(`-${parts.length}`);
}

async function chosenParts(
  caller: Caller,
  upload: Upload,
  { parts: listed, minPart }: Terms,
): Promise<Part[]> {
  const known = await knownParts(caller, upload, listed);
  const chosen = listed.map((wanted) => {
    const part = known.get(nameOf(wanted));
    if (!part || !sumsAgree(part, wanted))
      throw invalidPart(upload, { ...wanted, etag: wanted.etag ?? '' });
    return part;
  });
  for (const { number, bytes, etag } of chosen.slice(0, -1)) {
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
  return chosen;
}

/** What was written with the numbers, and the etags, that are wanted; of several such the newest. What the store does not list may yet be to come. */
async function knownParts(
  caller: Caller,
  upload: Upload,
  listed: readonly ListedPart[],
): Promise<ReadonlyMap<string, Part>> {
  for (const pause of [...PAUSES, undefined]) {
    const known = new Map(
      (await listAttempts(caller, upload)).flatMap((part) =>
        [part.etag, undefined].map((etag) => [nameOf({ ...part, etag }), part]),
      ),
    );
    if (pause === undefined || listed.every((wanted) => known.has(nameOf(wanted)))) return known;
    await setTimeout(pause);
  }
  return new Map();
}

function nameOf({ number, etag }: Pick<ListedPart, 'number' | 'etag'>): string {
  return etag === undefined ? String(number) : `${number} ${etag}`;
}

function sumsAgree({ sum }: Part, { sums }: ListedPart): boolean {
  const wanted = sum && sums.get(sum.algorithm);
  return wanted === undefined || wanted === sum?.sum.toString('base64');
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
    throw new BucketError(
      'bad-digest',
      `The ${summing?.algorithm} you specified did not match the parts'.`,
    );
}

/** S3's: the MD5 of the parts' MD5s, and their number. */
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

/** Writes the object; undefined where what is there is that object already. */
async function write(
  caller: Caller,
  upload: Upload,
  { headers, contentType }: Begun,
  { parts, etag, sum }: Content,
  { condition = {}, maxSegments }: Terms,
): Promise<{ readonly versionId: string | undefined } | undefined> {
  const { bucket, key, id } = upload;
  const segments = await segmentsFor(caller, upload, parts, maxSegments);
  const type = noteUpload(noteEtag(contentType, etag, sloEtagOf(segments)), id);
  const noted = sum && `${KEPT_PREFIX}Checksum-${sum.summing.algorithm.toUpperCase()}`;
  const own = headers.with('Content-Type', type);
  let why: BucketError | 'done' | undefined;
  const refusal = (replaced: Replaced | undefined): Response | undefined => {
    if (replaced && uploadNoted(replaced.contentType) === id) why = 'done';
    else why = refusedBy(condition, replaced && etagOfReplaced(replaced));
    return why && textResponse(412, '');
  };
  await checkCondition(caller, { bucket, key }, condition);
  const sent = onlyWhereNothingIs(noted ? own.with(noted, sum.value) : own, condition);
  const put = () => putManifest(caller, upload, { bucket, key }, segments, sent, refusal);
  const response = await withParts(caller, { bucket, key }, put, undefined, id);
  if (why !== undefined) {
    await drain(response.body);
    if (why === 'done') return undefined;
    throw why;
  }
  const answer = await manifestWritten(caller, upload, response);
  return { versionId: answer.headers.get('x-object-version-id') };
}
