import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** A connection from the proxy to the fake store. */
export class FakeConnection {
  /** All bytes received, as a byte string. */
  received = '';
  private wake: () => void = () => undefined;
  /** Resolves once the proxy has closed it. */
  readonly gone: Promise<void>;
  /** Whether it is closed. */
  closed = false;

  constructor(
    readonly socket: Socket,
    /** Number of connections made before this one. */
    readonly index: number,
  ) {
    socket.on('data', (chunk: Buffer) => {
      this.received += chunk.toString('latin1');
      this.wake();
    });
    socket.on('error', () => undefined);
    this.gone = new Promise((resolve) =>
      socket.on('close', () => {
        this.closed = true;
        this.wake();
        resolve();
      }),
    );
  }

  /**
   * Waits until the received bytes satisfy a condition. Returns false if the proxy closes
   * first.
   */
  async until(condition: (received: string) => boolean): Promise<boolean> {
    while (!condition(this.received)) {
      if (this.closed) return false;
      await new Promise<void>((resolve) => (this.wake = resolve));
    }
    return true;
  }

  /**
   * Waits for the heads of `count` requests. Returns the last of them, or whatever came
   * before the proxy closed.
   */
  async head(count = 1): Promise<string> {
    await this.until((received) => received.split('\r\n\r\n').length > count);
    return this.received.split('\r\n\r\n')[count - 1] ?? '';
  }

  /** Sends a byte string, or bytes. */
  send(data: string | Buffer): void {
    this.socket.write(typeof data === 'string' ? Buffer.from(data, 'latin1') : data);
  }

  /** Sends a response with a length. */
  answer(status: string, body = '', ...lines: string[]): void {
    this.send(
      [`HTTP/1.1 ${status}`, `Content-Length: ${body.length}`, ...lines, '', body].join('\r\n'),
    );
  }
}

/**
 * A substitute for a store, for behaviour that a real one cannot be made to show: the
 * test writes every byte.
 */
export class FakeStore {
  readonly connections: FakeConnection[] = [];

  private constructor(
    private readonly server: Server,
    readonly url: string,
  ) {}

  /**
   * @param serve called with each connection; must reject only if the test itself is
   *   wrong
   */
  static async start(
    serve: (connection: FakeConnection) => Promise<void> | void,
  ): Promise<FakeStore> {
    const server = createServer({ noDelay: true }, (socket) => {
      const connection = new FakeConnection(socket, store.connections.length);
      store.connections.push(connection);
      void serve(connection);
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const store = new FakeStore(
      server,
      `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    );
    return store;
  }

  /**
   * A store that answers every request, one after the other, with the same bytes. Request
   * bodies must have a length.
   */
  static answering(answer: string): Promise<FakeStore> {
    return FakeStore.start(async (connection) => {
      let read = 0;
      for (;;) {
        const complete = () => {
          const rest = connection.received.slice(read);
          const end = rest.indexOf('\r\n\r\n');
          if (end < 0) return -1;
          const length = Number(/\r\ncontent-length: *(\d+)/i.exec(rest.slice(0, end))?.[1] ?? 0);
          return rest.length >= end + 4 + length ? end + 4 + length : -1;
        };
        if (!(await connection.until(() => complete() > 0))) return;
        read += complete();
        connection.send(answer);
      }
    });
  }

  /** All bytes received on all connections. */
  get received(): string {
    return this.connections.map(({ received }) => received).join('');
  }

  async close(): Promise<void> {
    for (const { socket } of this.connections) socket.destroy();
    await new Promise<void>((done) => this.server.close(() => done()));
  }
}

/** A response for `FakeStore.answering`. */
export const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK';
