import type { ByteString } from '../../http/bytes';
import { Headers } from '../../http/headers';
import { headBucket } from '../bucket';
import { ask, withPartsAccess, type Caller } from '../caller';
import { entriesBelow, type Entry } from '../entries';
import { notePartSum, partSum } from './part_sums';
import { releaseParts } from './parts';
import { expectSuccessAndDrain } from '../store_answers';
import { uploadPrefix, newAttempt, partNumberIn, segmentsOf, type Upload } from './upload_names';
import { findUpload, getUpload, noSuchUpload } from './uploads';
import type { Body } from '../../http/body';

const PART_TYPE = 'application/octet-stream';

/** The content of a part. */
export interface PartContent {
  readonly body: Body;
  /** Bytes. */
  readonly length: number;
  /** At most an ETag that the content must match. */
  readonly headers: Headers;
  /** Base64, by algorithm name: checksums known before the body, and those after it. */
  readonly sums: ReadonlyMap<string, string>;
  readonly trailing: () => ReadonlyMap<string, string>;
}

/** The result of writing a part. */
export interface WrittenPart {
  /** Its MD5. */
  readonly etag: string;
  readonly lastModified: string | undefined;
}

/**
 * Writes a part; replaces one of the same number. Each attempt has a name of its own, so
 * one that finishes after the completion changes nothing.
 *
 * @throws BucketError `no-such-upload`, and the errors of the body
 */
export async function putPart(
  caller: Caller,
  upload: Upload,
  number: number,
  { body, length, headers, sums, trailing }: PartContent,
): Promise<WrittenPart> {
  const { summing } = await getUpload(caller, upload);
  const typeWithSum = (checksums: ReadonlyMap<string, string>, md5?: string) => {
    const sum = summing && checksums.get(summing.algorithm);
    return sum === undefined
      ? undefined
      : notePartSum(PART_TYPE, summing?.algorithm ?? '', sum, md5);
  };
  const [container, object] = [segmentsOf(upload.bucket), newAttempt(upload, number)];
  const contentHeaders = {
    'Content-Length': String(length),
    'Content-Type': typeWithSum(sums) ?? PART_TYPE,
  };
  const partHeaders = headers.withAll(Headers.of(contentHeaders));
  const target = { bucket: container, key: object };
  const forParts = withPartsAccess(caller, upload);
  const put = { method: 'PUT', container, object, headers: partHeaders, body };
  const response = await ask(forParts, put);
  const written = (await expectSuccessAndDrain(caller, response, target)).headers;
  const etag = (written.get('etag') ?? '').replaceAll('"', '');
  const lateType = typeWithSum(sums) === undefined ? typeWithSum(trailing(), etag) : undefined;
  if (lateType !== undefined) {
    const type = Headers.of({ 'Content-Type': lateType });
    await expectSuccessAndDrain(
      caller,
      await ask(forParts, { method: 'POST', container, object, headers: type }),
      target,
    );
  }
  if (!(await findUpload(caller, upload))) {
    await removeLate(caller, upload);
    throw noSuchUpload(upload);
  }
  return { etag, lastModified: written.get('last-modified') };
}

/**
 * Removes a part that came after the end of its upload, unless an object made from the
 * upload may need it.
 */
async function removeLate(caller: Caller, upload: Upload): Promise<void> {
  const { isInHeaderMode } = await headBucket(caller, upload.bucket);
  if (!isInHeaderMode) await releaseParts(caller, upload);
}

/** A stored part. */
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
 * Lists all attempts of an upload by part number; those of one number in the order in
 * which the store took them, regardless of the proxies' clocks. Entries that the store
 * does not list yet are missing.
 */
export async function listAttempts(caller: Caller, upload: Upload): Promise<Part[]> {
  const forParts = withPartsAccess(caller, upload);
  const entries = await entriesBelow(forParts, segmentsOf(upload.bucket), uploadPrefix(upload));
  const parts = entries.flatMap((entry): Part[] => {
    const number = partNumberIn(upload, entry.name);
    const { name, hash: etag, bytes, content_type } = entry;
    return number === undefined
      ? []
      : [{ number, name, etag, bytes, entry, sum: partSum(content_type, etag) }];
  });
  return parts.sort((a, b) => a.number - b.number || compare(timeOf(a), timeOf(b)));
}

/** The format of listings, which sorts as text. */
function timeOf({ entry }: Part): string {
  return entry.last_modified ?? '';
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

/** Returns the parts of an upload: the latest of each number. */
export async function listParts(caller: Caller, upload: Upload): Promise<Part[]> {
  const attempts = await listAttempts(caller, upload);
  return [...new Map(attempts.map((part) => [part.number, part])).values()];
}
