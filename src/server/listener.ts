import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { destroy } from '../http/body';
import type { BodyMemory } from '../http/body_memory';
import { endToEndHeaders, Headers } from '../http/headers';
import {
  ClientGone,
  NO_BODY,
  textResponse,
  type Handler,
  type Request,
  type Response,
} from '../swift_api/message';
import type { RequestTarget } from '../swift_api/request_target';
import { Canceller } from '../util/cancel_signal';
import { addTransactionId, newTransactionId } from '../swift_api/transaction';
import { answerBadRequests, protocolRefusal } from './bad_requests';
import { ClientBody } from './client_body';
import { closeLingering } from './lingering_close';
import { limitPipelining, OwedResponse } from './pipelining';
import { withEffectiveHost } from './routes';

export interface ListenerOptions {
  /**
   * Milliseconds without a byte after which a client is dropped that has not sent its
   * whole body, or does not read its response.
   */
  readonly clientTimeout: number;
  /** Max bytes of a request's head. */
  readonly maxHeaderSize: number;
}

/** How requests are served. */
export interface ServingOptions extends Pick<ListenerOptions, 'clientTimeout'> {
  /** Shared by all exchanges of this process. */
  readonly memory: BodyMemory;
}

/** Serves a request outside the handler, such as Express's passthrough. */
export type NodeHandler = (request: IncomingMessage, response: ServerResponse) => void;

/** Creates a Node server, not yet listening, that passes all its requests to `handle`. */
export function createListener(options: ListenerOptions, handle: NodeHandler): Server {
  const checked: NodeHandler = (req, res) => {
    const refusal = protocolRefusal(req);
    if (refusal) refuseByProtocol(req, res, refusal);
    else handle(req, res);
  };
  const server = createServer(
    {
      maxHeaderSize: options.maxHeaderSize,
      requestTimeout: 0,
      headersTimeout: options.clientTimeout,
      connectionsCheckingInterval: checkingInterval(options.clientTimeout),
      keepAliveTimeout: 65_000,
      noDelay: true,
      ServerResponse: OwedResponse,
      // refused by `protocolRefusal`, with a transaction id
      requireHostHeader: false,
    },
    checked,
  );
  // by default Node drops headers beyond 2,000, and perhaps the body's length with them
  server.maxHeadersCount = 0;
  server.on('checkContinue', checked).on('checkExpectation', checked);
  limitPipelining(server);
  answerBadRequests(server);
  return server;
}

function refuseByProtocol(
  req: IncomingMessage,
  res: ServerResponse,
  [status, reason]: readonly [number, string],
): void {
  const response = addTransactionId(textResponse(status, `${reason}\n`, CLOSE), newTransactionId());
  closeLingering(req);
  res.writeHead(status, response.headers.toRaw());
  res.end(response.body);
}

/** Returns the milliseconds between two checks for late heads; Node's default is 30 s. */
function checkingInterval(headersTimeout: number): number {
  return Math.max(10, Math.min(1000, Math.ceil(headersTimeout / 4)));
}

/** The parts of a request that decide which handler serves it. */
export interface ParsedHead {
  readonly target: RequestTarget;
  /** As `headersOf` returns them. */
  readonly headers: Headers;
}

export function parseHead(req: IncomingMessage, target: RequestTarget): ParsedHead {
  return { target, headers: headersOf(req, target) };
}

/**
 * Serves one request of Node's with a handler. Resolves when it is done; or to false,
 * with nothing written and the body unread, if `declined` says so of the request after
 * the handler has run.
 */
export async function serve(
  handler: Handler,
  options: ServingOptions,
  req: IncomingMessage,
  res: ServerResponse,
  head: ParsedHead,
  declined: (request: Request) => boolean = () => false,
): Promise<boolean> {
  if (res.socket?.writable !== true && !(await awaitTurn(req, res))) return true;
  const gone = new Canceller();
  const onClose = () => {
    if (!res.writableFinished) gone.abort(new ClientGone('the client disconnected'));
  };
  res.on('close', onClose);
  const body = hasBody(req) ? new ClientBody(req, options.clientTimeout) : undefined;
  const memory = options.memory.newExchange();
  try {
    const request = toRequest(req, res, head, body, { signal: gone, memory });
    const response = refuseAmbiguous(req, request) ?? (await handler(request));
    if (declined(request)) return false;
    await send(response, req, res, body, options.clientTimeout);
  } catch (error) {
    if (!(error instanceof ClientGone)) throw error;
    res.destroy();
  } finally {
    memory.release();
    res.off('close', onClose);
  }
  // the part that a refusal left unread
  body?.destroy();
  return true;
}

/**
 * Waits for a request's turn. Pipelined requests are served one after the other: Node
 * would serve them all at once, a GET before the PUT that it follows.
 */
async function awaitTurn(req: IncomingMessage, res: ServerResponse): Promise<boolean> {
  if (res.socket === null) {
    await new Promise<void>((resolve) => {
      res.once('socket', () => resolve());
      req.once('close', () => resolve()).on('error', () => undefined);
    });
  }
  // after a response with `Connection: close` nothing more is served
  return res.socket?.writable === true;
}

/**
 * Returns the headers of a request as the pipeline sees them; all decisions use these.
 */
export function headersOf(req: IncomingMessage, target: RequestTarget): Headers {
  return withEffectiveHost(target, endToEndHeaders(Headers.fromRaw(req.rawHeaders)));
}

function hasBody(req: IncomingMessage): boolean {
  return (
    req.headers['transfer-encoding'] !== undefined ||
    !/^0*$/.test(req.headers['content-length'] ?? '')
  );
}

function toRequest(
  req: IncomingMessage,
  res: ServerResponse,
  { target, headers }: ParsedHead,
  body: ClientBody | undefined,
  { signal, memory }: Pick<Request, 'signal' | 'memory'>,
): Required<Request> {
  const { path, query, authority } = target;
  return {
    method: req.method ?? 'GET',
    path,
    query,
    headers,
    body: body ?? NO_BODY,
    signal,
    memory,
    transactionId: newTransactionId(),
    authority: 'client',
    host: authority ?? req.headers.host,
    remoteAddress: req.socket.remoteAddress,
    receivedBytes: () => body?.receivedBytes ?? 0,
    sendContinue: body && expectsContinue(req) ? () => body.sendContinue(res) : undefined,
    isSite: undefined,
    authorise: undefined,
    dialect: undefined,
    reservedType: undefined,
    isReseller: undefined,
    confirm: undefined,
  };
}

function expectsContinue(req: IncomingMessage): boolean {
  return req.headers.expect?.toLowerCase() === '100-continue' && req.httpVersionMinor > 0;
}

/**
 * Refuses what Node's parser accepts although two readers could interpret it differently.
 */
function refuseAmbiguous(
  req: IncomingMessage,
  { headers, transactionId: id }: Request,
): Response | undefined {
  const coding = req.headers['transfer-encoding'];
  const refuse = (status: number, reason: string) =>
    addTransactionId(textResponse(status, reason, CLOSE), id);
  if (coding !== undefined && coding.toLowerCase() !== 'chunked')
    return refuse(501, 'The only supported transfer coding is chunked\n');
  if (headers.get('host')?.includes(',')) return refuse(400, 'There is more than one Host\n');
  return undefined;
}

const CLOSE = Headers.of({ Connection: 'close' });

async function send(
  { status, headers, body }: Response,
  req: IncomingMessage,
  res: ServerResponse,
  unread: ClientBody | undefined,
  idle: number,
): Promise<void> {
  if (res.destroyed) {
    destroy(body);
    throw new ClientGone('the client disconnected');
  }
  const isEarly = !req.complete;
  try {
    res.writeHead(status, (isEarly ? headers.withAll(CLOSE) : headers).toRaw());
  } catch (error) {
    // a store may return headers that Node refuses
    destroy(body);
    throw error;
  }
  const giveUp = () => abort(res, headers.has('content-length'));
  if (!Buffer.isBuffer(body)) {
    onStalledClient(res, idle, giveUp);
    try {
      await pipeline(body, res, { end: false });
    } catch {
      giveUp();
      return;
    }
  }
  if (isEarly) {
    unread?.destroy();
    closeLingering(req);
  }
  if (Buffer.isBuffer(body) && body.length > 0 && req.method !== 'HEAD') res.end(body);
  else res.end();
  if (isOver(res)) return;
  // what the connection has taken already cannot stall
  if (Buffer.isBuffer(body) && res.writableLength > 0) onStalledClient(res, idle, giveUp);
  await new Promise<void>((resolve) => res.once('close', resolve));
}

/**
 * Drops a client that reads nothing of its response for `idle` milliseconds (Swift's
 * ChunkWriteTimeout): otherwise a stalled client could hold its response, and the
 * connection to the store behind it, for ever. While nothing is ready to be read, the
 * client is not at fault.
 */
function onStalledClient(res: ServerResponse, idle: number, giveUp: () => void): void {
  const previous = res.socket?.timeout ?? 0;
  const onIdle = () => {
    if (res.writableLength > 0) giveUp();
  };
  res.on('timeout', onIdle).setTimeout(idle);
  // before Node sets the timeout for the next request of the connection
  res.prependOnceListener('finish', () => res.off('timeout', onIdle).setTimeout(previous));
}

/** Aborts a response so that its reader cannot take the received part for the whole. */
function abort(res: ServerResponse, hasLength: boolean): void {
  const { socket } = res;
  // an HTTP/1.0 client may take the end of the connection for the end of the body: only a
  // reset shows the difference
  const endsBody = !hasLength && !res.chunkedEncoding;
  if (endsBody && socket?.remoteAddress !== undefined && !('encrypted' in socket))
    socket.resetAndDestroy();
  // a reset alone would wait until all written data is read
  res.destroy();
}

function isOver(res: ServerResponse): boolean {
  return res.writableFinished || res.destroyed;
}
