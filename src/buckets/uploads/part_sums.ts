import { createHash } from 'node:crypto';
import type { ByteString } from '../../http/bytes';
import { canCombine, combined, crcOf } from '../../formats/crc';

/** What an upload's parts are summed by besides MD5, as was said when it began. */
export interface Summing {
  /** In lower case: `crc32`, `crc32c`, `crc64nvme`, `sha1`, `sha256`. */
  readonly algorithm: string;
  /** Of the whole content, or else of the parts' sums. */
  readonly isOfWhole: boolean;
}

const ALGORITHMS = ['crc32', 'crc32c', 'crc64nvme', 'sha1', 'sha256'];

/** How an upload may be summed; undefined for what there is not: whole contents have sums that can be told from their parts'. */
export function summing(algorithm: string, isOfWhole?: boolean): Summing | undefined {
  if (!ALGORITHMS.includes(algorithm)) return undefined;
  const onlyWhole = algorithm === 'crc64nvme';
  const whole = isOfWhole ?? onlyWhole;
  if (whole ? !canCombine(algorithm) : onlyWhole) return undefined;
  return { algorithm, isOfWhole: whole };
}

/** `;hindsight_sum=ALGORITHM.HEX`, and `.MD5` where it was noted after the part was written. */
const NOTE = /;\s*hindsight_sum=([^;.]+)\.([^;.]+)(?:\.([^;]+))?/i;

/**
 * A part's content type that notes its sum, so that one listing tells those of all parts.
 *
 * @param sum base64
 * @param md5 where the part was there before: the sum counts for no other content
 */
export function notePartSum(
  contentType: ByteString,
  algorithm: string,
  sum: string,
  md5?: string,
): ByteString {
  const hex = Buffer.from(sum, 'base64').toString('hex');
  return `${contentType};hindsight_sum=${algorithm}.${hex}${md5 === undefined ? '' : `.${md5}`}`;
}

/** The sum that a part's content type notes. */
export function partSum(
  contentType: ByteString,
  md5: string,
): { readonly algorithm: string; readonly sum: Buffer } | undefined {
  const [, algorithm, hex, of] = NOTE.exec(contentType) ?? [];
  if (algorithm === undefined || hex === undefined || (of !== undefined && of !== md5))
    return undefined;
  return { algorithm, sum: Buffer.from(hex, 'hex') };
}

/**
 * The sum of an object by those of its parts, base64; one that is not of the whole content ends in `-N`, the number of parts. Undefined where a part has
 * none.
 */
export function objectSum(
  { algorithm, isOfWhole }: Summing,
  parts: readonly { readonly bytes: number; readonly sum: Buffer | undefined }[],
): string | undefined {
  const known = parts.flatMap(({ bytes, sum }) => (sum ? [{ bytes, sum }] : []));
  if (known.length < parts.length) return undefined;
  if (isOfWhole) return combined(algorithm, known)?.toString('base64');
  const sums = Buffer.concat(known.map(({ sum }) => sum));
  const sum = crcOf(algorithm, sums) ?? createHash(algorithm).update(sums).digest();
  return `${sum.toString('base64')}-${parts.length}`;
}
