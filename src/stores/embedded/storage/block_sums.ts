import { createHash } from 'node:crypto';
import { crc32 } from '@node-rs/crc32';

/** The bytes that one checksum covers. */
export const BLOCK = 64 * 1024;

const SUM = 4;

/** Computes the CRC-32 of each block of a body while its bytes pass. */
export class BlockSummer {
  readonly #sums: number[] = [];
  #sum = 0;
  #inBlock = 0;

  update(chunk: Buffer): void {
    for (let at = 0; at < chunk.length;) {
      const end = Math.min(chunk.length, at + BLOCK - this.#inBlock);
      this.#sum = crc32(chunk.subarray(at, end), this.#sum);
      this.#inBlock += end - at;
      at = end;
      if (this.#inBlock === BLOCK) this.#close();
    }
  }

  /** The checksums of all blocks, the last of which may be shorter. */
  digest(): BlockSums {
    if (this.#inBlock > 0) this.#close();
    const bytes = Buffer.allocUnsafe(this.#sums.length * SUM);
    for (const [at, sum] of this.#sums.entries()) bytes.writeUInt32LE(sum, at * SUM);
    return new BlockSums(bytes, 0);
  }

  #close(): void {
    this.#sums.push(this.#sum);
    this.#sum = 0;
    this.#inBlock = 0;
  }
}

/** Judges the bytes of one read of a body, which come in order and in whole blocks. */
export interface Verifier {
  /** Whether bytes that begin at a block's start are what was written there. */
  areRight(bytes: Buffer, start: number): boolean;
}

/** The checksums of consecutive blocks of a body. */
export class BlockSums implements Verifier {
  /** @param first the number of the block that the first checksum is of */
  constructor(
    readonly bytes: Buffer,
    private readonly first: number,
  ) {}

  areRight(bytes: Buffer, start: number): boolean {
    for (let at = 0; at < bytes.length; at += BLOCK) {
      const place = ((start + at) / BLOCK - this.first) * SUM;
      if (place + SUM > this.bytes.length) return false;
      if (crc32(bytes.subarray(at, at + BLOCK)) !== this.bytes.readUInt32LE(place)) return false;
    }
    return true;
  }
}

/** Judges a whole read of a body without checksums by its MD5, which is known only at the end. */
export class WholeBody implements Verifier {
  readonly #hash = createHash('md5');

  constructor(
    private readonly size: number,
    private readonly etag: string,
  ) {}

  areRight(bytes: Buffer, start: number): boolean {
    this.#hash.update(bytes);
    return start + bytes.length < this.size || this.#hash.digest('hex') === this.etag;
  }
}

/** Takes a range of a body that has no checksums yet as it is. */
export const UNVERIFIED: Verifier = { areRight: () => true };
