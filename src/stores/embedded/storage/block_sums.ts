import { createHash } from 'node:crypto';
import { crc32 } from '@node-rs/crc32';

/** Size of the blocks that have a checksum each, in bytes. */
export const BLOCK = 64 * 1024;

const SUM = 4;

/** Computes the CRC-32 of each block of a body from a stream of chunks. */
export class BlockSummer {
  readonly #sums: number[] = [];
  #sum = 0;
  #inBlock = 0;

  update(chunk: Buffer): void {
    for (let pos = 0; pos < chunk.length;) {
      const end = Math.min(chunk.length, pos + BLOCK - this.#inBlock);
      this.#sum = crc32(chunk.subarray(pos, end), this.#sum);
      this.#inBlock += end - pos;
      pos = end;
      if (this.#inBlock === BLOCK) this.#endBlock();
    }
  }

  /** Returns the checksums of all blocks. The last block may be shorter. */
  digest(): BlockSums {
    if (this.#inBlock > 0) this.#endBlock();
    const bytes = Buffer.allocUnsafe(this.#sums.length * SUM);
    for (const [at, sum] of this.#sums.entries()) bytes.writeUInt32LE(sum, at * SUM);
    return new BlockSums(bytes, 0);
  }

  #endBlock(): void {
    this.#sums.push(this.#sum);
    this.#sum = 0;
    this.#inBlock = 0;
  }
}

/** Verifies the bytes of one read of a body, passed in order and in whole blocks. */
export interface Verifier {
  /** Whether `bytes` are what was written at `start`, the beginning of a block. */
  areIntact(bytes: Buffer, start: number): boolean;
}

/** The checksums of consecutive blocks of a body. */
export class BlockSums implements Verifier {
  /** @param first number of the block that the first checksum belongs to */
  constructor(
    readonly bytes: Buffer,
    private readonly first: number,
  ) {}

  areIntact(bytes: Buffer, start: number): boolean {
    for (let pos = 0; pos < bytes.length; pos += BLOCK) {
      const offset = ((start + pos) / BLOCK - this.first) * SUM;
      if (offset + SUM > this.bytes.length) return false;
      if (crc32(bytes.subarray(pos, pos + BLOCK)) !== this.bytes.readUInt32LE(offset)) return false;
    }
    return true;
  }
}

/** Verifies a whole read of a body without checksums by its MD5, at the last bytes. */
export class WholeBody implements Verifier {
  readonly #hash = createHash('md5');

  constructor(
    private readonly size: number,
    private readonly etag: string,
  ) {}

  areIntact(bytes: Buffer, start: number): boolean {
    this.#hash.update(bytes);
    return start + bytes.length < this.size || this.#hash.digest('hex') === this.etag;
  }
}

/** Accepts a range of a body without checksums unverified. */
export const UNVERIFIED: Verifier = { areIntact: () => true };
