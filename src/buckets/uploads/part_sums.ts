import { createHash } from 'node:crypto';
import type { ByteString } from '../../http/bytes';
import { canCombine, combineCrcs, computeCrc } from '../../formats/crc';

/** The checksum of an upload's parts besides MD5, as chosen at its start. */
export interface ChecksumMode {
  /** In lower case: `crc32`, `crc32c`, `crc64nvme`, `sha1`, `sha256`, `crc64ecma`. */
  readonly algorithm: string;
  /** Of the whole content, rather than of the parts' checksums. */
  readonly isOfWhole: boolean;
}

const ALGORITHMS = ['crc32', 'crc32c', 'crc64nvme', 'sha1', 'sha256', 'crc64ecma'];

/**
 * Returns the checksum mode of an upload; undefined if it does not exist. A checksum of
 * the whole content requires an algorithm that can combine those of the parts.
 */
export function checksumModeOf(algorithm: string, isOfWhole?: boolean): ChecksumMode | undefined {
  if (!ALGORITHMS.includes(algorithm)) return undefined;
  const onlyWhole = algorithm.startsWith('crc64');
  const whole = isOfWhole ?? onlyWhole;
  if (whole ? !canCombine(algorithm) : onlyWhole) return undefined;
  return { algorithm, isOfWhole: whole };
}

/** `;hindsight_sum=ALGORITHM.HEX`, with `.MD5` if noted after the part was written. */
const NOTE = /;\s*hindsight_sum=([^;.]+)\.([^;.]+)(?:\.([^;]+))?/i;

/**
 * Returns a part's content type with a note of its checksum, so that one listing has
 * those of all parts.
 *
 * @param sum base64
 * @param md5 of a part that was written before, so that the note does not apply to other
 *   content
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

/** Returns the checksum noted in a part's content type. */
export function partSum(
  contentType: ByteString,
  md5: string,
): { readonly algorithm: string; readonly sum: Buffer } | undefined {
  const [, algorithm, hex, notedMd5] = NOTE.exec(contentType) ?? [];
  if (algorithm === undefined || hex === undefined || (notedMd5 !== undefined && notedMd5 !== md5))
    return undefined;
  return { algorithm, sum: Buffer.from(hex, 'hex') };
}

/**
 * Returns the checksum of an object from those of its parts, base64; unless of the whole
 * content, it ends in `-N`, the number of parts. Undefined if a part has none.
 */
export function objectSum(
  { algorithm, isOfWhole }: ChecksumMode,
  parts: readonly { readonly bytes: number; readonly sum: Buffer | undefined }[],
): string | undefined {
  const summedParts = parts.flatMap(({ bytes, sum }) => (sum ? [{ bytes, sum }] : []));
  if (summedParts.length < parts.length) return undefined;
  if (isOfWhole) return combineCrcs(algorithm, summedParts)?.toString('base64');
  const sums = Buffer.concat(summedParts.map(({ sum }) => sum));
  const sum = computeCrc(algorithm, sums) ?? createHash(algorithm).update(sums).digest();
  return `${sum.toString('base64')}-${parts.length}`;
}
