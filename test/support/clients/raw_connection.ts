import { connect, type Socket } from 'node:net';

/** A response as it came over the wire, with header values as byte strings. */
export interface RawAnswer {
  readonly status: number;
  readonly reason: string;
  /** Name and value of each field, as they came. */
  readonly fields: readonly (readonly [string, string])[];
  readonly body: Buffer;
  /** Whether the body is as long as its framing declared. */
  readonly complete: boolean;
}

/** The values of a field of a response, in order. */
export function values({ fields }: RawAnswer, name: string): string[] {
  return fields
    .filter(([key]) => key.toLowerCase() === name.toLowerCase())
    .map(([, value]) => value);
}

/** A connection on which a test writes bytes and reads responses directly. */
export class RawConnection {
  private received = Buffer.alloc(0);
  private over = false;
  private wake: () => void = () => undefined;
  private readonly closed: Promise<void>;
  /** The error that ended the connection, such as `ECONNRESET`. */
  error: string | undefined;

  private constructor(readonly socket: Socket) {
    socket.on('data', (chunk: Buffer) => {
      this.received = Buffer.concat([this.received, chunk]);
      this.wake();
    });
    socket.on('error', (error: NodeJS.ErrnoException) => (this.error = error.code));
    socket.on('end', () => this.end());
    this.closed = new Promise((resolve) =>
      socket.on('close', () => {
        this.end();
        resolve();
      }),
    );
  }

  static async open(url: string): Promise<RawConnection> {
    const { hostname, port } = new URL(url);
    const socket = connect({ host: hostname, port: Number(port), noDelay: true });
    await new Promise<void>((resolve, reject) =>
      socket.once('connect', resolve).once('error', reject),
    );
    return new RawConnection(socket);
  }

  /** Writes bytes, or a byte string. Resolves once the kernel has them. */
  write(data: string | Buffer): Promise<void> {
    const bytes = typeof data === 'string' ? Buffer.from(data, 'latin1') : data;
    return new Promise((resolve) => this.socket.write(bytes, () => resolve()));
  }

  /** Sends the head of a request with the given lines after the request line and Host. */
  head(method: string, target: string, ...lines: string[]): Promise<void> {
    return this.write(
      [`${method} ${target} HTTP/1.1`, 'Host: proxy.test', ...lines, '', ''].join('\r\n'),
    );
  }

  /**
   * Reads the next response, which may be `100 Continue`. If none comes before the end,
   * its status is 0.
   */
  async answer(method = 'GET'): Promise<RawAnswer> {
    const end = await this.until(() => this.received.indexOf('\r\n\r\n'));
    if (end < 0) return { status: 0, reason: '', fields: [], body: this.received, complete: false };
    const [first = '', ...lines] = this.take(end + 4)
      .toString('latin1')
      .trimEnd()
      .split('\r\n');
    const [, status = '0', reason = ''] = /^HTTP\/1\.[01] (\d{3}) ?(.*)$/.exec(first) ?? [];
    const fields = lines.map((line): [string, string] => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon), line.slice(colon + 1).trim()];
    });
    const head = { status: Number(status), reason, fields, body: Buffer.alloc(0), complete: true };
    if (head.status < 200 || head.status === 204 || head.status === 304 || method === 'HEAD')
      return head;
    if (values(head, 'transfer-encoding').includes('chunked'))
      return { ...head, ...(await this.chunks()) };
    const [length] = values(head, 'content-length');
    if (length === undefined) {
      await this.until(() => -1);
      return { ...head, body: this.take(this.received.length), complete: this.error === undefined };
    }
    await this.until(() => (this.received.length >= Number(length) ? 0 : -1));
    const body = this.take(Math.min(this.received.length, Number(length)));
    return { ...head, body, complete: body.length === Number(length) };
  }

  /** Sends a request without a body and reads its response. */
  async ask(method: string, target: string, ...lines: string[]): Promise<RawAnswer> {
    await this.head(method, target, ...lines);
    return this.answer(method);
  }

  /** Resolves once the peer has closed, to the bytes that were not read as a response. */
  async ended(): Promise<Buffer> {
    await this.until(() => -1);
    return this.received;
  }

  /** Closes the connection: in order, or as a client that crashed. */
  leave(how: 'close' | 'reset' = 'close'): Promise<void> {
    if (how === 'reset') this.socket.resetAndDestroy();
    else this.socket.destroy();
    return this.closed;
  }

  private async chunks(): Promise<Pick<RawAnswer, 'body' | 'complete'>> {
    const parts: Buffer[] = [];
    for (;;) {
      const line = await this.until(() => this.received.indexOf('\r\n'));
      if (line < 0) return { body: Buffer.concat(parts), complete: false };
      const size = parseInt(this.take(line + 2).toString('latin1'), 16);
      await this.until(() => (this.received.length >= size + 2 ? 0 : -1));
      if (this.received.length < size + 2) {
        return {
          body: Buffer.concat([...parts, this.take(this.received.length)]),
          complete: false,
        };
      }
      const chunk = this.take(size + 2);
      if (size === 0) return { body: Buffer.concat(parts), complete: true };
      parts.push(chunk.subarray(0, size));
    }
  }

  private take(count: number): Buffer {
    const bytes = this.received.subarray(0, count);
    this.received = this.received.subarray(count);
    return bytes;
  }

  private end(): void {
    this.over = true;
    this.wake();
  }

  /**
   * Waits until `find` returns an index that is not negative, or the connection is over.
   */
  private async until(find: () => number): Promise<number> {
    for (;;) {
      const index = find();
      if (index >= 0 || this.over) return index;
      await new Promise<void>((resolve) => (this.wake = resolve));
    }
  }
}
