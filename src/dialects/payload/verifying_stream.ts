import { PayloadError } from '../../buckets/payload_error';
import type { BucketError } from '../../buckets/errors';
import { sumOf } from './checksums';
import type { DeclaredDigest } from './declared';

/**
 * Yields the bytes of `source`, but holds the last chunk back until all digests match:
 * whoever reads a body that is wrong never reaches its end.
 *
 * @param bounds on the number of bytes
 * @param declared digests known in advance
 * @param late returns digests that are known only at the end
 * @param lateAlgorithm the algorithm of those
 * @throws PayloadError
 */
export async function* verifyStream(
  source: AsyncIterable<Buffer>,
  bounds: Bounds,
  declared: readonly DeclaredDigest[],
  late: () => readonly DeclaredDigest[],
  lateAlgorithm: DeclaredDigest['algorithm'] | undefined,
): AsyncGenerator<Buffer> {
  const algorithms = new Set(declared.map(({ algorithm }) => algorithm));
  if (lateAlgorithm) algorithms.add(lateAlgorithm);
  const sums = new Map([...algorithms].map((algorithm) => [algorithm, sumOf(algorithm)]));
  let heldChunk: Buffer | undefined;
  let byteCount = 0;
  for await (const chunk of source) {
    if (chunk.length === 0) continue;
    byteCount += chunk.length;
    if (byteCount > bounds.max) throw new PayloadError(bounds.tooLong());
    for (const sum of sums.values()) sum.update(chunk);
    if (heldChunk) yield heldChunk;
    heldChunk = chunk;
  }
  if (byteCount < bounds.min) throw new PayloadError(bounds.tooShort());
  const digests = new Map<string, Buffer>();
  for (const [algorithm, sum] of sums) digests.set(algorithm, await sum.digest());
  for (const { algorithm, sum, createError } of [...declared, ...late()])
    if (!digests.get(algorithm)?.equals(sum)) throw new PayloadError(createError());
  if (heldChunk) yield heldChunk;
}

/** Bounds on the number of bytes, and the errors beyond them. */
export interface Bounds {
  readonly min: number;
  readonly max: number;
  readonly tooShort: () => BucketError;
  readonly tooLong: () => BucketError;
}
