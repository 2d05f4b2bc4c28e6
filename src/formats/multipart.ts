import { destroy, type Body } from '../http/body';
import type { ByteString } from '../http/bytes';
import { Headers } from '../http/headers';

/**
 * The form is malformed, or is not what its Content-Type says; the message is for its
 * sender.
 */
export class InvalidForm extends Error {
  override readonly name = 'InvalidForm';
}

/** One part of a form. */
export interface Part {
  readonly headers: Headers;
  /** Length of the headers in bytes, as received. */
  readonly headLength: number;
  /** Whatever is unread when the next part is requested is skipped. */
  readonly body: AsyncGenerator<Buffer, void>;
}

/** Max bytes of the headers of a part. */
const MAX_HEAD = 64 * 1024;

/**
 * Max length of a boundary. RFC 2046 (5.1.1) allows 70 characters and Swift any number,
 * but a search can take as many steps per byte of the form as the boundary has
 * characters.
 */
const MAX_BOUNDARY = 256;

/**
 * Yields the parts of a form as they arrive. Reads no more of the body than the reader of
 * the parts requests.
 *
 * @throws InvalidForm if the body does not begin with the boundary or ends without it, or
 * if the boundary is too long
 */
export async function* readParts(body: Body, boundary: ByteString): AsyncGenerator<Part> {
  const source = new Source(body);
  try {
    if (boundary.length > MAX_BOUNDARY)
      throw new InvalidForm(`the boundary has more than ${MAX_BOUNDARY} characters`);
    await source.readFirstLine(`--${boundary}`);
    const delimiter = Buffer.from(`\r\n--${boundary}`, 'latin1');
    for (let isLast = false; !isLast;) {
      const content = source.readUpTo(delimiter);
      const { head, rest } = await splitHead(content);
      const part = { headers: parseHead(head), headLength: head.length, body: rest };
      yield part;
      while (!(await part.body.next()).done);
      isLast = (await source.read(2)) === '--';
    }
  } finally {
    destroy(body);
  }
}

/** Reads a body in portions of the caller's choice. */
class Source {
  private readonly chunks: AsyncIterator<Buffer, void> | Iterator<Buffer, void>;
  private buffer: Buffer = Buffer.alloc(0);

  constructor(body: Body) {
    this.chunks = Buffer.isBuffer(body)
      ? [body].values()
      : (body[Symbol.asyncIterator]() as AsyncIterator<Buffer, void>);
  }

  /** Reads the first line; skips empty lines before it. */
  async readFirstLine(line: ByteString): Promise<void> {
    let first = '\r\n';
    while (first === '\r\n') first = await this.read(2);
    first += await this.read(line.length);
    if (first.trimEnd() !== line) throw new InvalidForm('invalid starting boundary');
  }

  /** Reads the next `length` bytes; fewer at the end. */
  async read(length: number): Promise<ByteString> {
    while (this.buffer.length < length && (await this.readMore()));
    const bytes = this.buffer.toString('latin1', 0, length);
    this.buffer = this.buffer.subarray(length);
    return bytes;
  }

  /** Yields the bytes before a delimiter, and consumes the delimiter. */
  async *readUpTo(delimiter: Buffer): AsyncGenerator<Buffer, void> {
    let at = this.buffer.indexOf(delimiter);
    while (at < 0) {
      // the last bytes may be the start of the delimiter
      const safeLength = Math.max(this.buffer.length - delimiter.length + 1, 0);
      if (safeLength > 0) yield this.cut(safeLength);
      if (!(await this.readMore())) throw new InvalidForm('the form ends without its boundary');
      at = this.buffer.indexOf(delimiter);
    }
    if (at > 0) yield this.cut(at);
    this.cut(delimiter.length);
  }

  private cut(length: number): Buffer {
    const cut = this.buffer.subarray(0, length);
    this.buffer = this.buffer.subarray(length);
    return cut;
  }

  private async readMore(): Promise<boolean> {
    const step = await this.chunks.next();
    if (step.done) return false;
    this.buffer = this.buffer.length === 0 ? step.value : Buffer.concat([this.buffer, step.value]);
    return true;
  }
}

/** Splits a part at its first empty line. */
async function splitHead(
  content: AsyncGenerator<Buffer, void>,
): Promise<{ head: string; rest: Part['body'] }> {
  // as if a line had just ended, so that a part without headers is split like the others
  let bytes = Buffer.from('\r\n');
  let end = -1;
  while (end < 0) {
    const step = await content.next();
    if (step.done) return { head: bytes.toString('latin1'), rest: content };
    bytes = Buffer.concat([bytes, step.value]);
    end = bytes.indexOf('\r\n\r\n');
    // the last chunk may contain much of the part's content
    if ((end < 0 ? bytes.length : end) > MAX_HEAD)
      throw new InvalidForm('the headers of a part are too long');
  }
  return {
    head: bytes.toString('latin1', 0, end),
    rest: prepend(bytes.subarray(end + 4), content),
  };
}

async function* prepend(
  first: Buffer,
  rest: AsyncGenerator<Buffer, void>,
): AsyncGenerator<Buffer, void> {
  if (first.length > 0) yield first;
  yield* rest;
}

function parseHead(head: string): Headers {
  const lines = head.replace(/\r\n[ \t]+/g, ' ').split('\r\n');
  return Headers.fromRaw(
    lines.flatMap((line) => {
      const colon = line.indexOf(':');
      return colon > 0 ? [line.slice(0, colon).trim(), line.slice(colon + 1).trim()] : [];
    }),
  );
}
