import { chunks, type Body } from '../http/body';

/** Reads chunks in portions of the caller's choice. One call at a time. */
export class ByteReader {
  readonly #chunks: AsyncIterator<Buffer>;
  #left: Buffer = Buffer.alloc(0);

  constructor(chunks: AsyncIterable<Buffer>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  /** Reads a body; closing the reader leaves the body as it is. */
  static over(body: Body): ByteReader {
    return new ByteReader(
      Buffer.isBuffer(body) ? chunks(body) : body.iterator({ destroyOnReturn: false }),
    );
  }

  /**
   * Returns what is buffered or comes next, at most `max` bytes; undefined at the end.
   */
  async readSome(max: number): Promise<Buffer | undefined> {
    while (this.#left.length === 0) {
      const next = await this.#chunks.next();
      if (next.done) return undefined;
      this.#left = next.value;
    }
    const bytes = this.#left.subarray(0, max);
    this.#left = this.#left.subarray(bytes.length);
    return bytes;
  }

  /** Returns `length` bytes, or fewer at the end. */
  async read(length: number): Promise<Buffer> {
    const parts: Buffer[] = [];
    for (let missing = length; missing > 0;) {
      const part = await this.readSome(missing);
      if (part === undefined) break;
      parts.push(part);
      missing -= part.length;
    }
    return parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts);
  }

  /**
   * Reads up to the next line feed, which is dropped; undefined if there is none within
   * `max` bytes.
   */
  async readLine(max: number): Promise<Buffer | undefined> {
    const parts: Buffer[] = [];
    for (let seen = 0; seen <= max;) {
      const part = await this.readSome(Infinity);
      if (part === undefined) return undefined;
      const at = part.indexOf('\n');
      parts.push(at < 0 ? part : part.subarray(0, at));
      seen += at < 0 ? part.length : at;
      if (at < 0) continue;
      this.#left = part.subarray(at + 1);
      return seen <= max ? Buffer.concat(parts) : undefined;
    }
    return undefined;
  }

  /** Yields all remaining bytes. */
  async *rest(): AsyncGenerator<Buffer> {
    for (;;) {
      const part = await this.readSome(Infinity);
      if (part === undefined) return;
      yield part;
    }
  }

  /** Closes the source of the chunks; nothing may be read afterwards. */
  async close(): Promise<void> {
    await this.#chunks.return?.();
  }
}
