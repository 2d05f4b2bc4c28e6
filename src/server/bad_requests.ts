import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { transactionId } from '../swift_api/transaction';
import { endLingering } from './lingering_close';

const REASONS: Readonly<Record<string, readonly [status: string, reason: string]>> = {
  HPE_HEADER_OVERFLOW: ['431 Request Header Fields Too Large', 'the header fields are too large'],
  ERR_HTTP_REQUEST_TIMEOUT: ['408 Request Timeout', 'the request did not come in time'],
  HPE_INVALID_METHOD: [
    '405 Method Not Allowed',
    'this is not HTTP/1.1, or a method that nothing here knows',
  ],
  HPE_INVALID_URL: [
    '400 Bad Request',
    'in a path and in a query all but ASCII must be percent-encoded',
  ],
};
/** Why a request is refused that Node's parser takes and no filter may see; undefined if it is not. */
export function protocolRefusal(
  req: IncomingMessage,
): readonly [status: number, reason: string] | undefined {
  const { headers, httpVersionMajor, httpVersionMinor } = req;
  const isNew = httpVersionMajor > 1 || httpVersionMinor > 0;
  if (isNew && headers.host === undefined) return [400, 'Host is missing'];
  if (headers.expect !== undefined && !/^100-continue$/i.test(headers.expect))
    return [417, 'of expectations only 100-continue is known'];
  return undefined;
}

const NOT_HTTP = ['400 Bad Request', 'this is not HTTP/1.1'] as const;

/**
 * Answers what Node's parser refuses. Where requests of the same connection are still being served, their answers are the last
 * that it carries; where one of them broke off in its body, the connection just ends.
 */
export function answerBadRequests(server: Server): void {
  const latest = new WeakMap<Socket, ServerResponse>();
  const bad = new WeakSet<Socket>();
  const remember = (req: IncomingMessage, res: ServerResponse) => latest.set(req.socket, res);
  server.prependListener('request', remember).prependListener('checkContinue', remember);

  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    if (bad.has(socket) || socket.writableEnded) return; // what still comes is forgotten
    bad.add(socket);
    const res = latest.get(socket);
    if (!socket.writable) socket.destroy();
    else if (res === undefined || !isInProgress(res))
      endLingering(socket, refusal(error.code ?? ''));
    else if (res.req.complete) res.once('close', () => endLingering(socket));
    else socket.destroy();
  });
}

function refusal(code: string): string {
  const [status, reason] = REASONS[code] ?? NOT_HTTP;
  return rawRefusal(status, reason);
}

/** The last answer on a connection that no request has been read from, as it is written to the socket. */
export function rawRefusal(status: string, reason: string): string {
  const head = `HTTP/1.1 ${status}\r\nContent-Type: text/plain\r\nContent-Length: ${reason.length + 1}`;
  const id = transactionId();
  const ids = `X-Trans-Id: ${id}\r\nX-Openstack-Request-Id: ${id}`;
  return `${head}\r\n${ids}\r\nConnection: close\r\n\r\n${reason}\n`;
}

/** An answer that is out has been taken off its connection; one that waits for its turn is not yet on it. */
function isInProgress(res: ServerResponse): boolean {
  return res.socket !== null || !res.writableEnded;
}
