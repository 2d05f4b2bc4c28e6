import { request as httpRequest, type ClientRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { pipeline } from 'node:stream/promises';
import { Headers } from '../../http/headers';
import { NO_BODY, type Request, type Response } from '../../http/message';
import { answer, asHandlerError, MOST_HEADER_BYTES, type UpstreamOptions } from './upstream';

/**
 * Sends what undici cannot: a body that the store must first ask for (`Expect: 100-continue`), and a write without any length, which
 * Swift refuses with 411. Each has a connection of its own, since one on which an answer came without the 100 must not
 * be used again.
 */
export async function sendReluctantly(
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
    timeout: options.timeout,
    maxHeaderSize: MOST_HEADER_BYTES,
  });
  const raw = headers.toRaw();
  for (let i = 0; i + 1 < raw.length; i += 2) sent.appendHeader(raw[i] ?? '', raw[i + 1] ?? '');
  sent.on('timeout', () => sent.destroy(new Error('no answer in time')));
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

function sendWithoutLength(sent: ClientRequest): Promise<IncomingMessage> {
  sent.removeHeader('content-length');
  sent.removeHeader('transfer-encoding');
  const response = responseTo(sent);
  sent.end();
  return response;
}

async function sendWhenAsked(sent: ClientRequest, request: Request): Promise<IncomingMessage> {
  sent.setHeader('Expect', '100-continue');
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
