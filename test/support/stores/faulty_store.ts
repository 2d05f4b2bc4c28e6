import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { Pool } from 'undici';
import { Headers } from '../../../src/http/headers';
import { eventually } from '../running/eventually';

/** A store's complete response. */
interface Passed {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Buffer;
}

/**
 * A request on its way to the store, and what a fault can do with it and its response.
 */
export interface Exchange {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly headers: Headers;
  /**
   * Sends the request to the store, optionally with another query. Rejects if the store
   * cannot be reached.
   */
  pass(query?: string): Promise<Passed>;
  /** Answers with the store's response or any other. */
  answer(answer: Partial<Passed> & Pick<Passed, 'status'>): void;
  /**
   * Sends the head of a response and the first half of its body, then resets the
   * connection.
   */
  cut(answer: Passed): void;
  /** Resets the connection. */
  reset(): void;
}

/**
 * Handles a request in place of the store; one that does nothing leaves it without a
 * response.
 */
export type Fault = (exchange: Exchange) => Promise<void> | void;

/**
 * Chooses the fault for a request, by the request and the number of the rule's requests
 * before it; undefined for none.
 */
export type Rule = (exchange: Exchange, index: number) => Fault | undefined;

/** An active rule. */
export interface Injection {
  /** The requests that the rule was called for, `METHOD /path?query`. */
  readonly seen: readonly string[];
  /** Ends the rule: its requests pass from now on. */
  readonly end: () => void;
}

/** Passes requests on to a store, except those for which a rule chooses a fault. */
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

  /** Number of open connections. */
  get open(): number {
    return this.#sockets.size;
  }

  /** Adds a rule for the requests whose path contains a string. */
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

  /**
   * Waits until the store's client has closed its connections, as an orderly shutdown
   * does.
   */
  async abandoned(): Promise<void> {
    // the end of a connection comes only after unread data
    for (const request of this.#requests) request.resume();
    await eventually('no connection to the store is open', () => this.open === 0);
  }

  #serve(req: IncomingMessage, res: ServerResponse): void {
    this.#requests.add(req);
    req.once('close', () => this.#requests.delete(req));
    const exchange = new NodeExchange(req, res, this.pool);
    const active = [...this.#rules.entries()].find(([part]) => exchange.path.includes(part))?.[1];
    const index = active?.seen.push(`${exchange.method} ${exchange.path}?${exchange.query}`) ?? 0;
    const fault = active?.rule(exchange, index - 1);
    Promise.resolve(fault ? fault(exchange) : exchange.forward()).catch(() => exchange.reset());
  }
}

class NodeExchange implements Exchange {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly headers: Headers;
  /** Kept here, since Node detaches it from a finished response. */
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
    // drain the request, so that the client can read the response
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
      // Swift sends a body in some of its responses to HEAD
      reset: this.method === 'HEAD',
    });
    body.on('error', () => undefined);
    // undici's types know only the parsed form
    return { status: statusCode, headers: Headers.fromRaw(headers as unknown as string[]), body };
  }
}
