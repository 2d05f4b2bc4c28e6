import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { once } from 'node:events';
import { destroy } from '../http/body';
import { Headers } from '../http/headers';
import { ClientGone, NO_BODY, type Handler, type Request, type Response } from '../http/message';
import { transactionId } from '../http/transaction';
import { ClientBody } from './client_body';

export interface ListenerOptions {
  /** Milliseconds without a byte after which a client that owes its body is given up. */
  readonly clientTimeout: number;
  /** Bytes that the head of a request may have. */
  readonly maxHeaderSize: number;
}

/** What else serves a request than the handler: Express's shell. */
export type NodeHandler = (request: IncomingMessage, response: ServerResponse) => void;

/** An unread body is read to its end before its connection closes, within these bounds, so that its sender sees the answer. */
const LINGER_BYTES = 16 * 1024 * 1024;
const LINGER_TIME = 5_000;

/** A Node server, not yet listening, whose requests all go to one function. */
export function createListener(options: ListenerOptions, handle: NodeHandler): Server {
  const server = createServer(
    {
      maxHeaderSize: options.maxHeaderSize,
      requestTimeout: 0,
      headersTimeout: options.clientTimeout,
      keepAliveTimeout: 65_000,
      noDelay: true,
    },
    handle,
  );
  server.on('checkContinue', handle);
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (!socket.writable) return void socket.destroy();
    const [status, cause] =
      error.code === 'HPE_HEADER_OVERFLOW'
        ? ['431 Request Header Fields Too Large', 'the header fields are too large']
        : error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
          ? ['408 Request Timeout', 'the request did not come in time']
          : ['400 Bad Request', 'this is not HTTP/1.1'];
    socket.end(
      `HTTP/1.1 ${status}\r\nContent-Type: text/plain\r\nContent-Length: ${cause.length + 1}\r\nConnection: close\r\n\r\n${cause}\n`,
    );
  });
  return server;
}

/**
 * Serves one exchange of Node's with a handler. Resolves when it is over; or to false, with nothing written and the body
 * unread, where `declined` says of the request, once the handler is done with it, that another is to serve it.
 */
export async function serve(
  handler: Handler,
  options: Pick<ListenerOptions, 'clientTimeout'>,
  req: IncomingMessage,
  res: ServerResponse,
  declined: (request: Request) => boolean = () => false,
): Promise<boolean> {
  const gone = new AbortController();
  const onClose = () => {
    if (!res.writableFinished) gone.abort(new ClientGone('the client left'));
  };
  res.on('close', onClose);
  try {
    const body = hasBody(req) ? new ClientBody(req, options.clientTimeout) : undefined;
    const request = incoming(req, res, body, gone.signal);
    const response = await handler(request);
    if (declined(request)) return false;
    await send(response, req, res, () => !expectsContinue(req) || body?.continued === true);
  } catch (error) {
    if (!(error instanceof ClientGone)) throw error;
    res.destroy();
  } finally {
    res.off('close', onClose);
  }
  return true;
}

function hasBody(req: IncomingMessage): boolean {
  return req.headers['transfer-encoding'] !== undefined || !/^0*$/.test(req.headers['content-length'] ?? '');
}

function incoming(
  req: IncomingMessage,
  res: ServerResponse,
  body: ClientBody | undefined,
  signal: AbortSignal,
): Request {
  const target = originForm(req.url ?? '/');
  const mark = target.indexOf('?');
  return {
    method: req.method ?? 'GET',
    path: mark < 0 ? target : target.slice(0, mark),
    query: mark < 0 ? '' : target.slice(mark + 1),
    headers: Headers.fromRaw(req.rawHeaders),
    body: body ?? NO_BODY,
    signal,
    transactionId: transactionId(),
    authority: 'client',
    received: () => body?.received ?? 0,
    ...(body && expectsContinue(req) ? { sendContinue: () => body.sendContinue(res) } : {}),
  };
}

function expectsContinue(req: IncomingMessage): boolean {
  return req.headers.expect?.toLowerCase() === '100-continue';
}

/** Some clients send the whole URL (RFC 9112, 3.2.2); stores read only its path. */
function originForm(url: string): string {
  const rest = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*(.*)$/i.exec(url)?.[1];
  if (rest === undefined) return url;
  return rest.startsWith('/') ? rest : '/' + rest;
}

/**
 * @param sending whether the client is sending its body, or would only after `100 Continue`
 */
async function send(
  response: Response,
  req: IncomingMessage,
  res: ServerResponse,
  sending: () => boolean,
): Promise<void> {
  if (res.destroyed) {
    destroy(response.body);
    throw new ClientGone('the client left');
  }
  const unread = !req.complete;
  const headers = response.headers.without('connection', 'keep-alive', 'transfer-encoding');
  res.writeHead(response.status, [...headers.toRaw(), ...(unread ? ['Connection', 'close'] : [])]);
  try {
    if (!Buffer.isBuffer(response.body)) await pipeline(response.body, res, { end: false });
    else if (response.body.length > 0 && req.method !== 'HEAD') res.write(response.body);
    if (unread && sending()) await linger(req, res);
  } catch {
    res.destroy();
  }
  res.end();
  if (!isOver(res)) await once(res, 'close');
}

/**
 * Reads and forgets the rest of a body that was answered early, before its connection closes: a connection that closes on
 * unread bytes takes the answer with it.
 */
async function linger(req: IncomingMessage, res: ServerResponse): Promise<void> {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), LINGER_TIME);
  let bytes = 0;
  req.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > LINGER_BYTES) stop.abort();
  });
  try {
    if (!req.complete) await Promise.race([once(req, 'end', stop), once(res, 'close', stop)]);
  } catch {
    // the bounds were reached, or the client left
  } finally {
    clearTimeout(timer);
    stop.abort();
  }
}

function isOver(res: ServerResponse): boolean {
  return res.writableFinished || res.destroyed;
}
