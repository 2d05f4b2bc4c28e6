import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { eventually } from '../running/eventually';

/** Milliseconds without a request in progress after which no more are expected. */
const QUIET = 300;

/** One connection through the forwarder. */
interface Line {
  readonly client: Socket;
  readonly server: Socket;
  /** Whether a request was sent that the server has not begun to answer. */
  busy: boolean;
}

/**
 * Forwards TCP connections to a server and reports which of them wait for it: from the
 * first byte of a request to the first byte of its final response. `100 Continue` is no
 * final response.
 */
export class Forwarder {
  private readonly lines = new Set<Line>();

  private constructor(
    private readonly server: Server,
    readonly url: string,
  ) {}

  /** @param at the port to listen on; 0 for a free one */
  static async start(to: string, at = 0): Promise<Forwarder> {
    const { hostname, port } = new URL(to);
    const server = createServer((client) =>
      forwarder.join(client, connect(Number(port), hostname)),
    );
    await new Promise<void>((done) => server.listen(at, '127.0.0.1', done));
    const own = (server.address() as AddressInfo).port;
    const forwarder = new Forwarder(server, `http://127.0.0.1:${own}`);
    return forwarder;
  }

  /** Number of open connections. */
  get open(): number {
    return this.lines.size;
  }

  /** Number of connections with a request in progress. */
  get busy(): number {
    return [...this.lines].filter((line) => line.busy).length;
  }

  /**
   * Waits until no request has been in progress for a while, so that none is about to
   * begin either.
   */
  async quiet(): Promise<void> {
    let since = Date.now();
    await eventually('no request is in progress upstream', () => {
      if (this.busy > 0) since = Date.now();
      return Date.now() - since > QUIET;
    });
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((done) => this.server.close(() => done()));
    for (const { client, server } of this.lines) {
      client.destroy();
      server.destroy();
    }
    await closed;
  }

  private join(client: Socket, server: Socket): void {
    const line: Line = { client, server, busy: false };
    this.lines.add(line);
    client.on('data', () => (line.busy = true));
    server.on('data', (chunk: Buffer) => {
      line.busy = chunk.toString('latin1').startsWith('HTTP/1.1 100 ');
    });
    for (const [one, other] of [
      [client, server],
      [server, client],
    ] as const) {
      one.pipe(other);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        other.destroy();
        this.lines.delete(line);
      });
    }
  }
}
