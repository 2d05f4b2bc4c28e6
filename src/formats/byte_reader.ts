import { chunks, type Body } from '../http/body';

/** Reads bytes in portions of its user's choice out of chunks as they come. One call at a time. */
export class ByteReader {
  readonly #chunks: AsyncIterator<Buffer>;
  #left: Buffer = Buffer.alloc(0);

  constructor(chunks: AsyncIterable<Buffer>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  /** Over a body, which closing leaves as it is. */
  static over(body: Body): ByteReader {
    return new ByteReader(
      Buffer.isBuffer(body) ? chunks(body) : body.iterator({ destroyOnReturn: false }),
    );
  }

  /** What is at hand, or comes next, at most so many bytes; undefined at the end. */
  async some(max: number): Promise<Buffer | undefined> {
    while (this.#left.length === 0) {
      const next = await this.#chunks.next();
      if (next.done) return undefined;
      this.#left = next.value;
    }
    const bytes = this.#left.subarray(0, max);
    this.#left = this.#left.subarray(bytes.length);
    return bytes;
  }

  /** So many bytes, or fewer at the end. */
  async read(length: number): Promise<Buffer> {
    const parts: Buffer[] = [];
    for (let missing = length; missing > 0;) {
      const part = await this.some(missing);
      if (part === undefined) break;
      parts.push(part);
      missing -= part.length;
    }
    return parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts);
  }

  /** The bytes before the next line feed, which is taken as well; undefined where none comes within so many bytes. */
  async line(max: number): Promise<Buffer | undefined> {
    const parts: Buffer[] = [];
    for (let seen = 0; seen <= max;) {
      const part = await this.some(Infinity);
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

  /** All that is left. */
  async *rest(): AsyncGenerator<Buffer> {
    for (;;) {
      const part = await this.some(Infinity);
      if (part === undefined) return;
      yield part;
    }
  }

  /** Ends what the chunks come from; nothing may be read any more. */
  async close(): Promise<void> {
    await this.#chunks.return?.();
  }
}
