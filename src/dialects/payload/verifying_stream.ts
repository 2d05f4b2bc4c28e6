import { PayloadError } from '../../buckets/payload_error';
import type { BucketError } from '../../buckets/errors';
import { sumOf } from './checksums';
import type { DeclaredDigest } from './declared';

/**
 * The same bytes, of which the last chunk is held back until all of them are found to be what was promised: who reads a body that is not never
 * comes to its end.
 *
 * @param length how many bytes there must be, if that is known
 * @param max bytes that there may be
 * @param promised asked at the end for what is only known then
 * @throws BadPayload
 */
export async function* verifyStream(
  source: AsyncIterable<Buffer>,
  length: Bounds,
  promised: readonly DeclaredDigest[],
  late: () => readonly DeclaredDigest[],
  lateAlgorithm: DeclaredDigest['algorithm'] | undefined,
): AsyncGenerator<Buffer> {
  const algorithms = new Set(promised.map(({ algorithm }) => algorithm));
  if (lateAlgorithm) algorithms.add(lateAlgorithm);
  const sums = new Map([...algorithms].map((algorithm) => [algorithm, sumOf(algorithm)]));
  let held: Buffer | undefined;
  let seen = 0;
  for await (const chunk of source) {
    if (chunk.length === 0) continue;
    seen += chunk.length;
    if (seen > length.max) throw new PayloadError(length.tooLong());
    for (const sum of sums.values()) sum.update(chunk);
    if (held) yield held;
    held = chunk;
  }
  if (seen < length.min) throw new PayloadError(length.tooShort());
  const digests = new Map<string, Buffer>();
  for (const [algorithm, sum] of sums) digests.set(algorithm, await sum.digest());
  for (const { algorithm, sum, otherwise } of [...promised, ...late()])
    if (!digests.get(algorithm)?.equals(sum)) throw new PayloadError(otherwise());
  if (held) yield held;
}

/** How many bytes there must be, and what is said otherwise. */
export interface Bounds {
  readonly min: number;
  readonly max: number;
  readonly tooShort: () => BucketError;
  readonly tooLong: () => BucketError;
}
