import type { ByteString } from '../../http/bytes';
import { Headers } from '../../http/headers';
import { headBucket } from '../bucket';
import { ask, askingForParts, type Caller } from '../caller';
import { entriesBelow, type Entry } from '../entries';
import { notePartSum, partSum } from './part_sums';
import { release } from './parts';
import { done } from '../store_answers';
import { belowUpload, newAttempt, partNumberIn, segmentsOf, type Upload } from './upload_names';
import { findUpload, getUpload, noSuchUpload } from './uploads';
import type { Body } from '../../http/body';

const PART_TYPE = 'application/octet-stream';

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
 * Writes a part, in the place of one of the same number: under a name of its own, so that one that comes after all is done changes nothing.
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
    return sum === undefined
      ? undefined
      : notePartSum(PART_TYPE, summing?.algorithm ?? '', sum, md5);
  };
  const [container, object] = [segmentsOf(upload.bucket), newAttempt(upload, number)];
  const own = { 'Content-Length': String(length), 'Content-Type': typed(sums) ?? PART_TYPE };
  const headers = given.withAll(Headers.of(own));
  const about = { bucket: container, key: object };
  const forParts = askingForParts(caller, upload);
  const response = await ask(forParts, { method: 'PUT', container, object, headers, body });
  const written = (await done(caller, response, about)).headers;
  const etag = (written.get('etag') ?? '').replaceAll('"', '');
  const late = typed(sums) === undefined ? typed(trailing(), etag) : undefined;
  if (late !== undefined) {
    const type = Headers.of({ 'Content-Type': late });
    await done(
      caller,
      await ask(forParts, { method: 'POST', container, object, headers: type }),
      about,
    );
  }
  if (!(await findUpload(caller, upload))) {
    await removeLate(caller, upload);
    throw noSuchUpload(upload);
  }
  return { etag, lastModified: written.get('last-modified') };
}

/** Removes a part that came after the upload's end, unless an object that was made of the upload may need it. */
async function removeLate(caller: Caller, upload: Upload): Promise<void> {
  const { isInHeaderMode } = await headBucket(caller, upload.bucket);
  if (!isInHeaderMode) await release(caller, upload);
}

/** A part as it is kept. */
export interface Part {
  readonly number: number;
  readonly name: ByteString;
  /** Its MD5. */
  readonly etag: string;
  readonly bytes: number;
  readonly entry: Pick<Entry, 'last_modified'>;
  readonly sum: { readonly algorithm: string; readonly sum: Buffer } | undefined;
}

/**
 * All that was written of an upload by the numbers of the parts, of one number in the order in which the store took it, whatever the clocks say of those that
 * it came through: as far as the store lists it by now.
 */
export async function listAttempts(caller: Caller, upload: Upload): Promise<Part[]> {
  const forParts = askingForParts(caller, upload);
  const entries = await entriesBelow(forParts, segmentsOf(upload.bucket), belowUpload(upload));
  const parts = entries.flatMap((entry): Part[] => {
    const number = partNumberIn(upload, entry.name);
    const { name, hash: etag, bytes, content_type } = entry;
    return number === undefined
      ? []
      : [{ number, name, etag, bytes, entry, sum: partSum(content_type, etag) }];
  });
  return parts.sort((a, b) => a.number - b.number || compare(timeOf(a), timeOf(b)));
}

/** As listings write times, they sort as texts. */
function timeOf({ entry }: Part): string {
  return entry.last_modified ?? '';
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

/** The parts of an upload: of each number the newest. */
export async function listParts(caller: Caller, upload: Upload): Promise<Part[]> {
  const attempts = await listAttempts(caller, upload);
  return [...new Map(attempts.map((part) => [part.number, part])).values()];
}
