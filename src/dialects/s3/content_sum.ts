import { checksumsIn } from '../../buckets/metadata';
import type { ObjectInfo } from '../../buckets/objects';
import type { Body } from '../../http/body';
import { Headers } from '../../http/headers';
import { sumBody, type SummedBody } from '../payload/summed_body';
import type { Call } from './call';

const NONE: ReadonlyMap<string, string> = new Map();

/** Sums the body of an object or a part, if the dialect computes a checksum itself. */
export async function withContentSum({ wireFormat }: Call, body: Body): Promise<SummedBody> {
  const { contentSum } = wireFormat;
  return contentSum === undefined ? { body, sums: () => NONE } : sumBody(body, contentSum);
}

/**
 * Returns the value of `x-cos-hash-crc64ecma`: the number in decimal (COS, "CRC64
 * check"). Undefined in other dialects, and without the checksum.
 *
 * @param sums base64, by algorithm name
 */
export function contentSumIn(
  { wireFormat: { contentSum } }: Pick<Call, 'wireFormat'>,
  sums: ReadonlyMap<string, string>,
): string | undefined {
  const sum = contentSum === undefined ? undefined : sums.get(contentSum);
  return sum === undefined ? undefined : String(Buffer.from(sum, 'base64').readBigUInt64BE());
}

/** Returns the header with that value. */
export function contentSumField(
  call: Pick<Call, 'wireFormat'>,
  sums: ReadonlyMap<string, string>,
): Headers {
  return Headers.of({ 'x-amz-hash-crc64ecma': contentSumIn(call, sums) });
}

/** Returns the header for an object. */
export function contentSumOf(call: Pick<Call, 'wireFormat'>, { headers }: ObjectInfo): Headers {
  return contentSumField(call, checksumsIn(headers));
}
