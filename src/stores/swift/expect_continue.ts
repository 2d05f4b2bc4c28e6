import { request as httpRequest, type ClientRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Socket } from 'node:net';
import { pipeline } from 'node:stream/promises';
import { Headers } from '../../http/headers';
import { NO_BODY, type Request, type Response } from '../../swift_api/message';
import type { CancelSignal } from '../../util/cancel_signal';
import {
  toResponse,
  toHandlerError,
  MAX_HEADER_BYTES,
  ConnectTimeoutError,
  type UpstreamOptions,
} from './exchange';

/**
 * Sends what undici cannot: a body that the store must first ask for (`Expect:
 * 100-continue`), and a write without any length, which Swift refuses with 411. Each uses
 * its own connection, since one with a response without the 100 must not be reused.
 */
export async function sendExpectContinue(
  request: Request,
  headers: Headers,
  options: UpstreamOptions,
): Promise<Response> {
  const { origin } = options;
  const outgoing = (origin.protocol === 'https:' ? httpsRequest : httpRequest)({
    host: origin.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: origin.port,
    method: request.method,
    path: request.query === '' ? request.path : `${request.path}?${request.query}`,
    agent: false,
    setHost: !headers.has('host'),
    maxHeaderSize: MAX_HEADER_BYTES,
  });
  abortWith(request.signal, outgoing);
  const raw = headers.toRaw();
  for (let i = 0; i + 1 < raw.length; i += 2) outgoing.appendHeader(raw[i] ?? '', raw[i + 1] ?? '');
  outgoing.once('socket', (socket) => prepareSocket(socket, outgoing, request, options));
  try {
    const response = await (request.body === NO_BODY
      ? sendWithoutLength(outgoing)
      : sendAfterContinue(outgoing, request));
    const status = response.statusCode ?? 500;
    return await toResponse(request, status, Headers.fromRaw(response.rawHeaders), response);
  } catch (error) {
    outgoing.destroy();
    throw toHandlerError(error, request);
  }
}

function abortWith(signal: CancelSignal, outgoing: ClientRequest): void {
  const onAbort = () => outgoing.destroy(new Error('aborted'));
  if (signal.aborted) onAbort();
  signal.addEventListener('abort', onAbort, { once: true });
  outgoing.once('close', () => signal.removeEventListener('abort', onAbort));
}

function prepareSocket(
  socket: Socket,
  outgoing: ClientRequest,
  request: Request,
  options: UpstreamOptions,
): void {
  // otherwise Node would write the head, whose values are byte strings, as UTF-8
  socket.setDefaultEncoding('latin1');
  socket.setTimeout(options.connectTimeout);
  socket.once('connect', () => socket.setTimeout(options.timeout));
  socket.on('timeout', () => {
    if (socket.connecting)
      outgoing.destroy(new ConnectTimeoutError('timed out waiting for a connection'));
    else if (!waitsForClient(outgoing, request))
      outgoing.destroy(new Error('timed out waiting for a response'));
  });
}

/** Whether the store waits for a slow body of the client, which has another limit. */
function waitsForClient(outgoing: ClientRequest, { body }: Request): boolean {
  return !Buffer.isBuffer(body) && body.readableFlowing === true && !outgoing.writableNeedDrain;
}

function sendWithoutLength(outgoing: ClientRequest): Promise<IncomingMessage> {
  outgoing.removeHeader('content-length');
  outgoing.removeHeader('transfer-encoding');
  const response = responseTo(outgoing);
  outgoing.end();
  return response;
}

async function sendAfterContinue(
  outgoing: ClientRequest,
  request: Request,
): Promise<IncomingMessage> {
  outgoing.setHeader('Expect', '100-continue');
  // for some methods Node would send the body without any framing
  if (!outgoing.hasHeader('content-length')) outgoing.setHeader('Transfer-Encoding', 'chunked');
  const response = responseTo(outgoing);
  const continued = new Promise<true>((resolve) => outgoing.once('continue', () => resolve(true)));
  outgoing.flushHeaders();
  if ((await Promise.race([response, continued])) !== true) return response;
  request.sendContinue?.();
  // the store may respond before it has read everything: its response counts, not the
  // broken pipe
  if (Buffer.isBuffer(request.body)) outgoing.end(request.body);
  else await Promise.race([response, pipeline(request.body, outgoing).catch(() => undefined)]);
  return response;
}

function responseTo(outgoing: ClientRequest): Promise<IncomingMessage> {
  const response = new Promise<IncomingMessage>((resolve, reject) => {
    outgoing.once('response', resolve);
    outgoing.on('error', reject);
    outgoing.on('close', () => reject(new Error('the connection closed before a response')));
  });
  response.catch(() => undefined);
  return response;
}
