import { PayloadError } from '../../buckets/payload_error';
import type { BucketError } from '../../buckets/errors';
import type { BodySource } from '../../http/body';
import { sumOf, type Algorithm, type Sum, type Summed } from './checksums';
import type { DeclaredDigest } from './declared';

/** Bounds on the number of bytes, and the errors beyond them. */
export interface Bounds {
  readonly min: number;
  readonly max: number;
  readonly tooShort: () => BucketError;
  readonly tooLong: () => BucketError;
}

/** Digests that are known only at the end of a body. */
export interface LateDigests {
  /** The algorithm of the announced digest; undefined if none is. */
  readonly algorithm: Algorithm | undefined;
  readonly get: () => readonly DeclaredDigest[];
}

/** Verifies the length and the digests of one body. */
export class BodyVerifier {
  private readonly sums = new Map<Summed, Sum>();
  private byteCount = 0;

  /** @param declared digests known in advance */
  constructor(
    private readonly bounds: Bounds,
    private readonly declared: readonly DeclaredDigest[],
    private readonly late?: LateDigests,
  ) {
    for (const { algorithm } of declared) this.sums.set(algorithm, sumOf(algorithm));
    const algorithm = late?.algorithm;
    if (algorithm && !this.sums.has(algorithm)) this.sums.set(algorithm, sumOf(algorithm));
  }

  /** Takes the next bytes. @throws PayloadError if these are too many */
  update(chunk: Buffer): void {
    // `zlib.crc32` may start anew with an empty buffer
    if (chunk.length === 0) return;
    this.byteCount += chunk.length;
    if (this.byteCount > this.bounds.max) throw new PayloadError(this.bounds.tooLong());
    for (const sum of this.sums.values()) sum.update(chunk);
  }

  /**
   * Call this after all bytes.
   *
   * @throws PayloadError if they are not what they should be
   */
  async end(): Promise<void> {
    if (this.byteCount < this.bounds.min) throw new PayloadError(this.bounds.tooShort());
    const digests = new Map<string, Buffer>();
    for (const [algorithm, sum] of this.sums) digests.set(algorithm, await sum.digest());
    for (const { algorithm, sum, createError } of [...this.declared, ...(this.late?.get() ?? [])])
      if (!digests.get(algorithm)?.equals(sum)) throw new PayloadError(createError());
  }
}

/**
 * Yields the bytes of `source`, but holds the last chunk back until all are verified:
 * whoever reads a body that is wrong never reaches its end.
 *
 * @throws PayloadError
 */
export async function* verifyStream(
  source: AsyncIterable<Buffer>,
  verifier: BodyVerifier,
): AsyncGenerator<Buffer> {
  let heldChunk: Buffer | undefined;
  for await (const chunk of source) {
    // held back, it would let go of the last bytes
    if (chunk.length === 0) continue;
    verifier.update(chunk);
    if (heldChunk) yield heldChunk;
    heldChunk = chunk;
  }
  await verifier.end();
  if (heldChunk) yield heldChunk;
}

/**
 * Returns all bytes of `source` once they are verified.
 *
 * @throws PayloadError, or what `source` fails with
 */
export async function verifyAll(source: BodySource, verifier: BodyVerifier): Promise<Buffer> {
  if (Buffer.isBuffer(source)) {
    verifier.update(source);
    await verifier.end();
    return source;
  }
  const chunks: Buffer[] = [];
  for await (const chunk of source) {
    verifier.update(chunk);
    chunks.push(chunk);
  }
  await verifier.end();
  return Buffer.concat(chunks);
}
