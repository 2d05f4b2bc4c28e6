import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { newTransactionId } from '../swift_api/transaction';
import { endLingering } from './lingering_close';

const REASONS: Readonly<Record<string, readonly [status: string, reason: string]>> = {
  HPE_HEADER_OVERFLOW: ['431 Request Header Fields Too Large', 'the header fields are too large'],
  ERR_HTTP_REQUEST_TIMEOUT: ['408 Request Timeout', 'the request was not received in time'],
  HPE_INVALID_METHOD: ['405 Method Not Allowed', 'this is not HTTP/1.1, or the method is unknown'],
  HPE_INVALID_URL: [
    '400 Bad Request',
    'characters other than ASCII must be percent-encoded in the path and the query',
  ],
};
/**
 * Returns why a request that Node's parser accepts is refused before any filter sees it,
 * or undefined if it is not.
 */
export function protocolRefusal(
  req: IncomingMessage,
): readonly [status: number, reason: string] | undefined {
  const { headers, httpVersionMajor, httpVersionMinor } = req;
  const isHttp11 = httpVersionMajor > 1 || httpVersionMinor > 0;
  if (isHttp11 && headers.host === undefined) return [400, 'the Host header is missing'];
  if (headers.expect !== undefined && !/^100-continue$/i.test(headers.expect))
    return [417, 'the only supported expectation is 100-continue'];
  return undefined;
}

const NOT_HTTP = ['400 Bad Request', 'this is not HTTP/1.1'] as const;

/**
 * Answers requests that Node's parser refuses. If other requests of the connection are
 * still being served, their responses are the last on it; if the body of one of them was
 * broken off, the connection is just closed.
 */
export function answerBadRequests(server: Server): void {
  const latest = new WeakMap<Socket, ServerResponse>();
  const refused = new WeakSet<Socket>();
  const remember = (req: IncomingMessage, res: ServerResponse) => latest.set(req.socket, res);
  server.prependListener('request', remember).prependListener('checkContinue', remember);

  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    if (refused.has(socket) || socket.writableEnded) return; // ignore further bytes
    refused.add(socket);
    const res = latest.get(socket);
    if (!socket.writable) socket.destroy();
    else if (res === undefined || !isInProgress(res))
      endLingering(socket, refusalOf(error.code ?? ''));
    else if (res.req.complete) res.once('close', () => endLingering(socket));
    else socket.destroy();
  });
}

function refusalOf(code: string): string {
  const [status, reason] = REASONS[code] ?? NOT_HTTP;
  return rawRefusal(status, reason);
}

/**
 * Returns the raw bytes of the last response on a connection from which no request was
 * read.
 */
export function rawRefusal(status: string, reason: string): string {
  const head = `HTTP/1.1 ${status}\r\nContent-Type: text/plain\r\nContent-Length: ${reason.length + 1}`;
  const id = newTransactionId();
  const ids = `X-Trans-Id: ${id}\r\nX-Openstack-Request-Id: ${id}`;
  return `${head}\r\n${ids}\r\nConnection: close\r\n\r\n${reason}\n`;
}

/**
 * A finished response is detached from its connection; a queued one is not attached yet.
 */
function isInProgress(res: ServerResponse): boolean {
  return res.socket !== null || !res.writableEnded;
}
