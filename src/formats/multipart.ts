import { destroy, type Body } from '../http/body';
import type { ByteString } from '../http/bytes';
import { Headers } from '../http/headers';

/** A form is not what its Content-Type says, or says what cannot be; the message is for its sender. */
export class InvalidForm extends Error {
  override readonly name = 'InvalidForm';
}

/** One part of a form. */
export interface Part {
  readonly headers: Headers;
  /** Bytes of them, as they came. */
  readonly headLength: number;
  /** What has not been read of it when the next part is asked for is skipped. */
  readonly body: AsyncGenerator<Buffer, void>;
}

/** So many bytes the headers of a part may have. */
const MAX_HEAD = 64 * 1024;

/**
 * So long a boundary may be. RFC 2046 (5.1.1) allows 70 characters and Swift any number, but to search for a long text can take as many
 * steps for each byte of the form as it has characters.
 */
const MAX_BOUNDARY = 256;

/**
 * The parts of a form one after the other, as they come: no more is taken from the body than the reader of the parts asks for.
 *
 * @throws InvalidForm where the body does not begin with the boundary, or ends without it, and for a boundary that is too long
 */
export async function* readParts(body: Body, boundary: ByteString): AsyncGenerator<Part> {
  const source = new Source(body);
  try {
    if (boundary.length > MAX_BOUNDARY)
      throw new InvalidForm(`the boundary has more than ${MAX_BOUNDARY} characters`);
    await source.begin(`--${boundary}`);
    const delimiter = Buffer.from(`\r\n--${boundary}`, 'latin1');
    for (let isLast = false; !isLast;) {
      const content = source.upTo(delimiter);
      const { head, rest } = await splitHead(content);
      const part = { headers: parseHead(head), headLength: head.length, body: rest };
      yield part;
      while (!(await part.body.next()).done);
      isLast = (await source.take(2)) === '--';
    }
  } finally {
    destroy(body);
  }
}

/** The bytes of a body, taken in the pieces that are wanted. */
class Source {
  private readonly chunks: AsyncIterator<Buffer, void> | Iterator<Buffer, void>;
  private buffer: Buffer = Buffer.alloc(0);

  constructor(body: Body) {
    this.chunks = Buffer.isBuffer(body)
      ? [body].values()
      : (body[Symbol.asyncIterator]() as AsyncIterator<Buffer, void>);
  }

  /** Takes the first line, empty ones before it left out. */
  async begin(line: ByteString): Promise<void> {
    let first = '\r\n';
    while (first === '\r\n') first = await this.take(2);
    first += await this.take(line.length);
    if (first.trimEnd() !== line) throw new InvalidForm('invalid starting boundary');
  }

  /** The next bytes; fewer at the end. */
  async take(length: number): Promise<ByteString> {
    while (this.buffer.length < length && (await this.more()));
    const taken = this.buffer.toString('latin1', 0, length);
    this.buffer = this.buffer.subarray(length);
    return taken;
  }

  /** The bytes before a delimiter, which is taken as well. */
  async *upTo(delimiter: Buffer): AsyncGenerator<Buffer, void> {
    let at = this.buffer.indexOf(delimiter);
    while (at < 0) {
      // the last bytes may be the delimiter's first
      const sure = Math.max(this.buffer.length - delimiter.length + 1, 0);
      if (sure > 0) yield this.cut(sure);
      if (!(await this.more())) throw new InvalidForm('the form ends without its boundary');
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

  private async more(): Promise<boolean> {
    const step = await this.chunks.next();
    if (step.done) return false;
    this.buffer = this.buffer.length === 0 ? step.value : Buffer.concat([this.buffer, step.value]);
    return true;
  }
}

/** What stands before the first empty line, and the rest. */
async function splitHead(
  content: AsyncGenerator<Buffer, void>,
): Promise<{ head: string; rest: Part['body'] }> {
  // as if a line had ended before, so that a part without headers is split as others are
  let bytes = Buffer.from('\r\n');
  let end = -1;
  while (end < 0) {
    const step = await content.next();
    if (step.done) return { head: bytes.toString('latin1'), rest: content };
    bytes = Buffer.concat([bytes, step.value]);
    end = bytes.indexOf('\r\n\r\n');
    // much of the part's content may have come with them
    if ((end < 0 ? bytes.length : end) > MAX_HEAD)
      throw new InvalidForm('the headers of a part are too long');
  }
  return {
    head: bytes.toString('latin1', 0, end),
    rest: preceded(bytes.subarray(end + 4), content),
  };
}

async function* preceded(
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
