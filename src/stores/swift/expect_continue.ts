import { request as httpRequest, type ClientRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Socket } from 'node:net';
import { pipeline } from 'node:stream/promises';
import { Headers } from '../../http/headers';
import { NO_BODY, type Request, type Response } from '../../swift_api/message';
import {
  answer,
  asHandlerError,
  MAX_HEADER_BYTES,
  NoConnection,
  type UpstreamOptions,
} from './exchange';

/**
 * Sends what undici cannot: a body that the store must first ask for (`Expect: 100-continue`), and a write without any length, which
 * Swift refuses with 411. Each has a connection of its own, since one on which an answer came without the 100 must not
 * be used again.
 */
export async function sendExpectContinue(
  request: Request,
  headers: Headers,
  options: UpstreamOptions,
): Promise<Response> {
  const { origin } = options;
  const sent = (origin.protocol === 'https:' ? httpsRequest : httpRequest)({
    host: origin.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: origin.port,
    method: request.method,
    path: request.query === '' ? request.path : `${request.path}?${request.query}`,
    agent: false,
    setHost: !headers.has('host'),
    signal: request.signal,
    maxHeaderSize: MAX_HEADER_BYTES,
  });
  const raw = headers.toRaw();
  for (let i = 0; i + 1 < raw.length; i += 2) sent.appendHeader(raw[i] ?? '', raw[i + 1] ?? '');
  sent.once('socket', (socket) => prepare(socket, sent, request, options));
  try {
    const response = await (request.body === NO_BODY
      ? sendWithoutLength(sent)
      : sendWhenAsked(sent, request));
    const status = response.statusCode ?? 500;
    return await answer(request, status, Headers.fromRaw(response.rawHeaders), response);
  } catch (error) {
    sent.destroy();
    throw asHandlerError(error, request);
  }
}

function prepare(
  socket: Socket,
  sent: ClientRequest,
  request: Request,
  options: UpstreamOptions,
): void {
  // or Node would write the head, whose values are byte strings, as UTF-8
  socket.setDefaultEncoding('latin1');
  socket.setTimeout(options.connectTimeout);
  socket.once('connect', () => socket.setTimeout(options.timeout));
  socket.on('timeout', () => {
    if (socket.connecting) sent.destroy(new NoConnection('no connection in time'));
    else if (!waitsForClient(sent, request)) sent.destroy(new Error('no answer in time'));
  });
}

/** Whether the store is silent because the client is slow with its body, for which there is another bound. */
function waitsForClient(sent: ClientRequest, { body }: Request): boolean {
  return !Buffer.isBuffer(body) && body.readableFlowing === true && !sent.writableNeedDrain;
}

function sendWithoutLength(sent: ClientRequest): Promise<IncomingMessage> {
  sent.removeHeader('content-length');
  sent.removeHeader('transfer-encoding');
  const response = responseTo(sent);
  sent.end();
  return response;
}

async function sendWhenAsked(sent: ClientRequest, request: Request): Promise<IncomingMessage> {
  sent.setHeader('Expect', '100-continue');
  // for some methods Node would send the body without any framing
  if (!sent.hasHeader('content-length')) sent.setHeader('Transfer-Encoding', 'chunked');
  const response = responseTo(sent);
  const asked = new Promise<true>((resolve) => sent.once('continue', () => resolve(true)));
  sent.flushHeaders();
  if ((await Promise.race([response, asked])) !== true) return response;
  request.sendContinue?.();
  // the store may answer before it has read everything: then the answer counts, and not the broken pipe
  if (Buffer.isBuffer(request.body)) sent.end(request.body);
  else await Promise.race([response, pipeline(request.body, sent).catch(() => undefined)]);
  return response;
}

function responseTo(sent: ClientRequest): Promise<IncomingMessage> {
  const response = new Promise<IncomingMessage>((resolve, reject) => {
    sent.once('response', resolve);
    sent.on('error', reject);
    sent.on('close', () => reject(new Error('the connection closed before an answer')));
  });
  response.catch(() => undefined);
  return response;
}
