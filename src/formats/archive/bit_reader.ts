import type { ByteReader } from '../byte_reader';

/** The bytes fetched so far do not suffice. */
export class OutOfBytes extends Error {
  override readonly name = 'MoreNeeded';
}

/** Reads bits, the highest of each byte first, from bytes fetched beforehand. */
export class BitReader {
  readonly #bytes: ByteReader;
  #window: Buffer = Buffer.alloc(0);
  #next = 0;
  #bits = 0;
  #count = 0;

  constructor(bytes: ByteReader) {
    this.#bytes = bytes;
  }

  /** Fetches bytes until `length` of them are available, or the source ends. */
  async fill(length: number): Promise<void> {
    const missing = length - (this.#window.length - this.#next);
    if (missing <= 0) return;
    const more = await this.#bytes.read(missing);
    this.#window = Buffer.concat([this.#window.subarray(this.#next), more]);
    this.#next = 0;
  }

  /** Whether all fetched bytes have been read. */
  get isAtEnd(): boolean {
    return this.#count === 0 && this.#next === this.#window.length;
  }

  /**
   * Reads the next bits as a number.
   *
   * @param count at most 24
   * @throws OutOfBytes
   */
  read(count: number): number {
    while (this.#count < count) {
      const byte = this.#window[this.#next++];
      if (byte === undefined) throw new OutOfBytes('there are no more bytes');
      this.#bits = ((this.#bits << 8) | byte) >>> 0;
      this.#count += 8;
    }
    this.#count -= count;
    return (this.#bits >>> this.#count) & ((1 << count) - 1);
  }

  /** Skips the rest of a byte that has been read in part. */
  alignToByte(): void {
    this.#count -= this.#count % 8;
  }
}
