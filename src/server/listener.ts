import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { once } from 'node:events';
import { destroy } from '../http/body';
import type { BodyMemory } from '../http/body_memory';
import { endToEnd, Headers } from '../http/headers';
import {
  ClientGone,
  NO_BODY,
  textResponse,
  type Handler,
  type Request,
  type Response,
} from '../swift_api/message';
import type { RequestTarget } from '../swift_api/request_target';
import { ofTransaction, transactionId } from '../swift_api/transaction';
import { answerBadRequests, protocolRefusal } from './bad_requests';
import { ClientBody } from './client_body';
import { closeLingering } from './lingering_close';
import { boundPipelining, OwedResponse } from './pipelining';
import { hostedBy } from './routes';

export interface ListenerOptions {
  /** Milliseconds without a byte after which a client is given up that owes its body, or takes nothing of its answer's. */
  readonly clientTimeout: number;
  /** Bytes that the head of a request may have. */
  readonly maxHeaderSize: number;
}

/** How exchanges are served. */
export interface ServingOptions extends Pick<ListenerOptions, 'clientTimeout'> {
  /** What all exchanges of this process share. */
  readonly memory: BodyMemory;
}

/** What else serves a request than the handler: Express's shell. */
export type NodeHandler = (request: IncomingMessage, response: ServerResponse) => void;

/** A Node server, not yet listening, whose requests all go to one function. */
export function createListener(options: ListenerOptions, handle: NodeHandler): Server {
  const checked: NodeHandler = (req, res) => {
    const refused = protocolRefusal(req);
    if (refused) refuseByProtocol(req, res, refused);
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
      // refused below, with an id
      requireHostHeader: false,
    },
    checked,
  );
  // or Node would leave those beyond 2,000 out, and with them perhaps the length of the body
  server.maxHeadersCount = 0;
  server.on('checkContinue', checked).on('checkExpectation', checked);
  boundPipelining(server);
  answerBadRequests(server);
  return server;
}

function refuseByProtocol(
  req: IncomingMessage,
  res: ServerResponse,
  [status, reason]: readonly [number, string],
): void {
  const answer = ofTransaction(textResponse(status, `${reason}\n`, CLOSE), transactionId());
  closeLingering(req);
  res.writeHead(status, answer.headers.toRaw());
  res.end(answer.body);
}

/** Milliseconds between two looks for heads that are late; by default Node takes 30 s. */
function checkingInterval(headersTimeout: number): number {
  return Math.max(10, Math.min(1000, Math.ceil(headersTimeout / 4)));
}

/**
 * Serves one exchange of Node's with a handler. Resolves when it is over; or to false, with nothing written and the body
 * unread, where `declined` says of the request, once the handler is done with it, that another is to serve it.
 */
export async function serve(
  handler: Handler,
  options: ServingOptions,
  req: IncomingMessage,
  res: ServerResponse,
  target: RequestTarget,
  declined: (request: Request) => boolean = () => false,
): Promise<boolean> {
  if (res.socket?.writable !== true && !(await isItsTurn(req, res))) return true;
  const gone = new AbortController();
  const onClose = () => {
    if (!res.writableFinished) gone.abort(new ClientGone('the client left'));
  };
  res.on('close', onClose);
  const body = hasBody(req) ? new ClientBody(req, options.clientTimeout) : undefined;
  const memory = options.memory.exchange();
  try {
    const request = { ...incoming(req, res, target, body, gone.signal), memory };
    const response = refusal(req, request) ?? (await handler(request));
    if (declined(request)) return false;
    await send(response, req, res, body, options.clientTimeout);
  } catch (error) {
    if (!(error instanceof ClientGone)) throw error;
    res.destroy();
  } finally {
    memory.release();
    res.off('close', onClose);
  }
  // what a refusal left unread
  body?.destroy();
  return true;
}

/**
 * Requests that a client sends without waiting for answers are served one after the other: Node would have them all served at once,
 * a GET before the PUT that it follows.
 */
async function isItsTurn(req: IncomingMessage, res: ServerResponse): Promise<boolean> {
  if (res.socket === null) {
    await new Promise<void>((resolve) => {
      res.once('socket', () => resolve());
      req.once('close', () => resolve()).on('error', () => undefined);
    });
  }
  // after an answer that says `Connection: close` nothing more is served
  return res.socket?.writable === true;
}

/** The headers of a request as the pipeline sees them: whatever decides about it goes by these. */
export function headersOf(req: IncomingMessage, target: RequestTarget): Headers {
  return hostedBy(target, endToEnd(Headers.fromRaw(req.rawHeaders)));
}

function hasBody(req: IncomingMessage): boolean {
  return (
    req.headers['transfer-encoding'] !== undefined ||
    !/^0*$/.test(req.headers['content-length'] ?? '')
  );
}

function incoming(
  req: IncomingMessage,
  res: ServerResponse,
  target: RequestTarget,
  body: ClientBody | undefined,
  signal: AbortSignal,
): Request {
  const { path, query, authority } = target;
  return {
    method: req.method ?? 'GET',
    path,
    query,
    headers: headersOf(req, target),
    body: body ?? NO_BODY,
    signal,
    transactionId: transactionId(),
    authority: 'client',
    host: authority ?? req.headers.host,
    remoteAddress: req.socket.remoteAddress,
    received: () => body?.received ?? 0,
    ...(body && expectsContinue(req) ? { sendContinue: () => body.sendContinue(res) } : {}),
  };
}

function expectsContinue(req: IncomingMessage): boolean {
  return req.headers.expect?.toLowerCase() === '100-continue' && req.httpVersionMinor > 0;
}

/** What Node's parser lets through and two readers could understand in two ways. */
function refusal(
  req: IncomingMessage,
  { headers, transactionId: id }: Request,
): Response | undefined {
  const coding = req.headers['transfer-encoding'];
  const refuse = (status: number, reason: string) =>
    ofTransaction(textResponse(status, reason, CLOSE), id);
  if (coding !== undefined && coding.toLowerCase() !== 'chunked')
    return refuse(501, 'Of transfer codings only chunked is known\n');
  if (headers.get('host')?.includes(',')) return refuse(400, 'Host is given twice\n');
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
    throw new ClientGone('the client left');
  }
  const early = !req.complete;
  try {
    res.writeHead(status, (early ? headers.withAll(CLOSE) : headers).toRaw());
  } catch (error) {
    // a store may tell what no header can have
    destroy(body);
    throw error;
  }
  const giveUp = () => breakOff(res, headers.has('content-length'));
  whenNothingIsTaken(res, idle, giveUp);
  try {
    if (!Buffer.isBuffer(body)) await pipeline(body, res, { end: false });
    if (early) {
      unread?.destroy();
      closeLingering(req);
    }
    if (Buffer.isBuffer(body) && body.length > 0 && req.method !== 'HEAD') res.end(body);
    else res.end();
  } catch {
    giveUp();
  }
  if (!isOver(res)) await once(res, 'close');
}

/**
 * Gives a client up that takes nothing of its answer for so many milliseconds, as Swift does (ChunkWriteTimeout): else the answer, and what it is made of,
 * a connection to the store, say, would stay for ever. While there is nothing to take, it is the client that waits.
 */
function whenNothingIsTaken(res: ServerResponse, idle: number, giveUp: () => void): void {
  const before = res.socket?.timeout ?? 0;
  const onIdle = () => {
    if (res.writableLength > 0) giveUp();
  };
  res.on('timeout', onIdle).setTimeout(idle);
  // before Node itself lets the connection wait for the next request
  res.prependOnceListener('finish', () => res.off('timeout', onIdle).setTimeout(before));
}

/** Ends an answer in its middle, so that its reader cannot take what came for the whole. */
function breakOff(res: ServerResponse, hasLength: boolean): void {
  const { socket } = res;
  // for a client of HTTP/1.0 the end of the connection may be the end of the body: only a reset tells it otherwise
  const endsBody = !hasLength && !res.chunkedEncoding;
  if (endsBody && socket?.remoteAddress !== undefined && !('encrypted' in socket))
    socket.resetAndDestroy();
  // a reset too would wait until what was written is taken
  res.destroy();
}

function isOver(res: ServerResponse): boolean {
  return res.writableFinished || res.destroyed;
}
