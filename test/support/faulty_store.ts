import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { Pool } from 'undici';
import { Headers } from '../../src/http/headers';
import { eventually } from './eventually';

/** What a store answered, whole. */
export interface Passed {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Buffer;
}

/** One request on its way to the store, and what a fault can do with it and with its answer. */
export interface Exchange {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly headers: Headers;
  /** Asks the store, with another query where one is given; rejects where it cannot be asked. */
  pass(query?: string): Promise<Passed>;
  /** Answers with what may be the store's answer or another one. */
  answer(answer: Partial<Passed> & Pick<Passed, 'status'>): void;
  /** Sends the head of an answer and the first half of its body, and resets the connection. */
  cut(answer: Passed): void;
  /** Resets the connection. */
  reset(): void;
}

/** Deals with a request in the place of the store; one that does nothing leaves it without an answer. */
export type Fault = (exchange: Exchange) => Promise<void> | void;

/** Chooses the fault for a request, by what it is and by how many of its rule came before it; undefined: none. */
export type Rule = (exchange: Exchange, index: number) => Fault | undefined;

/** A rule in force. */
export interface Injection {
  /** The requests that it was asked about, `METHOD /path?query`. */
  readonly seen: readonly string[];
  /** From now on its requests pass. */
  readonly end: () => void;
}

/** Passes requests on to a store, but for those for which a rule has a fault. */
export class FaultyStore {
  readonly #rules = new Map<string, { rule: Rule; seen: string[] }>();
  readonly #sockets = new Set<Socket>();
  readonly #requests = new Set<IncomingMessage>();

  private constructor(
    private readonly server: Server,
    private readonly pool: Pool,
    readonly url: string,
  ) {}

  static async start(store: string): Promise<FaultyStore> {
    const pool = new Pool(store, { connections: 64, headersTimeout: 0, bodyTimeout: 0 });
    const server = createServer({ keepAliveTimeout: 0, requestTimeout: 0 }, (req, res) =>
      faulty.#serve(req, res),
    );
    server.on('connection', (socket: Socket) => {
      faulty.#sockets.add(socket);
      socket.on('close', () => faulty.#sockets.delete(socket));
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const faulty = new FaultyStore(
      server,
      pool,
      `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    );
    return faulty;
  }

  /** Connections that are open. */
  get open(): number {
    return this.#sockets.size;
  }

  /** Puts a rule in force for the requests whose path contains a string. */
  inject(part: string, rule: Rule): Injection {
    const seen: string[] = [];
    this.#rules.set(part, { rule, seen });
    return { seen, end: () => void this.#rules.delete(part) };
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((done) => this.server.close(() => done()));
    this.server.closeAllConnections();
    await closed;
    await this.pool.destroy();
  }

  /** Waits until whoever asks the store has closed its connections, as who stops in order does. */
  async abandoned(): Promise<void> {
    // the end of a connection comes behind what nobody has read of it
    for (const request of this.#requests) request.resume();
    await eventually('no connection to the store is open', () => this.open === 0);
  }

  #serve(req: IncomingMessage, res: ServerResponse): void {
    this.#requests.add(req);
    req.once('close', () => this.#requests.delete(req));
    const exchange = new NodeExchange(req, res, this.pool);
    const found = [...this.#rules.entries()].find(([part]) => exchange.path.includes(part))?.[1];
    const index = found?.seen.push(`${exchange.method} ${exchange.path}?${exchange.query}`) ?? 0;
    const fault = found?.rule(exchange, index - 1);
    Promise.resolve(fault ? fault(exchange) : exchange.forward()).catch(() => exchange.reset());
  }
}

class NodeExchange implements Exchange {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly headers: Headers;
  /** Kept, since Node takes it from an answer that is over. */
  readonly #socket: Socket;

  constructor(
    private readonly req: IncomingMessage,
    private readonly res: ServerResponse,
    private readonly pool: Pool,
  ) {
    const [path = '', query = ''] = (req.url ?? '').split('?');
    this.method = req.method ?? '';
    this.path = path;
    this.query = query;
    this.headers = Headers.fromRaw(req.rawHeaders);
    this.#socket = req.socket;
    req.on('error', () => undefined);
    res.on('error', () => undefined);
  }

  async forward(): Promise<void> {
    const { status, headers, body } = await this.#ask(this.query);
    if (this.method === 'HEAD' || status === 204) {
      body.resume();
      this.#head(status, headers);
      this.res.end();
      return;
    }
    this.#head(status, headers);
    await pipeline(body, this.res);
  }

  async pass(query = this.query): Promise<Passed> {
    const { status, headers, body } = await this.#ask(query);
    return { status, headers, body: await buffer(body) };
  }

  answer({
    status,
    headers = Headers.none,
    body = Buffer.alloc(0),
  }: Partial<Passed> & { status: number }): void {
    // what the client still sends is read away, so that it gets to read the answer
    this.req.resume();
    const hasNone = this.method === 'HEAD' || status === 204;
    this.#head(status, hasNone ? headers : headers.with('Content-Length', String(body.length)));
    this.res.end(hasNone ? undefined : body);
  }

  cut({ status, headers, body }: Passed): void {
    this.req.resume();
    this.#head(status, headers.with('Content-Length', String(Math.max(body.length, 2))));
    this.res.write(body.subarray(0, Math.floor(body.length / 2)), () => this.reset());
    this.res.flushHeaders();
  }

  reset(): void {
    this.#socket.resetAndDestroy();
  }

  #head(status: number, headers: Headers): void {
    this.res.writeHead(
      status,
      headers.without('transfer-encoding', 'connection', 'keep-alive').toRaw(),
    );
  }

  async #ask(query: string) {
    const hasBody =
      this.headers.has('transfer-encoding') || Number(this.headers.get('content-length') ?? 0) > 0;
    const { statusCode, headers, body } = await this.pool.request({
      method: this.method,
      path: query === '' ? this.path : `${this.path}?${query}`,
      headers: this.headers
        .without('transfer-encoding', 'connection', 'keep-alive', 'expect')
        .toRaw(),
      body: hasBody ? this.req : null,
      responseHeaders: 'raw',
      // Swift's answers to some of them have a body all the same
      reset: this.method === 'HEAD',
    });
    body.on('error', () => undefined);
    // undici's types know only the parsed form
    return { status: statusCode, headers: Headers.fromRaw(headers as unknown as string[]), body };
  }
}
