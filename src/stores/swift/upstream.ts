import type { Pool } from 'undici';
import { codeOf } from '../../util/errors';
import { type Body } from '../../http/body';
import type { Headers } from '../../http/headers';
import { loadUndici } from '../../http/undici';
import { NO_BODY, type Request, type Response } from '../../swift_api/message';
import { ITSELF_QUERY } from '../../swift_api/itself';
import { sendExpectContinue } from './expect_continue';
import type { UpstreamOptions } from './exchange';
import { dispatch } from './dispatch';
import { MAX_HEADER_BYTES, toHandlerError } from './exchange';
import { Turns } from './turns';

/** Sends requests to one HTTP server, unchanged except for connection headers. */
export class Upstream {
  private readonly pool: Pool;
  private readonly turns: Turns;

  constructor(private readonly options: UpstreamOptions) {
    const undici = loadUndici();
    this.turns = new Turns(options.connections);
    this.pool = new undici.Pool(options.origin, {
      connections: options.connections,
      pipelining: 1,
      connect: { timeout: options.connectTimeout },
      headersTimeout: options.timeout,
      bodyTimeout: options.timeout,
      maxHeaderSize: MAX_HEADER_BYTES,
    });
  }

  /**
   * @throws StoreError if the store did not answer
   * @throws ClientGone if the client's body was cut short, or its signal aborted
   */
  async send(request: Request): Promise<Response> {
    const headers = this.outgoing(request);
    if (needsExpectContinue(request)) return sendExpectContinue(request, headers, this.options);
    try {
      return await this.exchange(request, headers);
    } catch (error) {
      if (!isStale(error) || !canRetry(request)) throw toHandlerError(error, request);
    }
    try {
      return await this.exchange(request, headers);
    } catch (error) {
      throw toHandlerError(error, request);
    }
  }

  close(): Promise<void> {
    return this.pool.close();
  }

  private outgoing(request: Request): Headers {
    const headers = request.headers.without('expect');
    return this.options.host === undefined ? headers : headers.with('Host', this.options.host);
  }

  private async exchange(request: Request, headers: Headers): Promise<Response> {
    const { method, path, query, body, signal } = request;
    signal.throwIfAborted();
    if (!this.turns.take()) await this.turns.wait(request);
    return dispatch(
      this.pool,
      {
        method,
        path: query === '' ? path : `${path}?${query}`,
        headers: framed(headers, body).toRaw(),
        body: Buffer.isBuffer(body) && body.length === 0 ? null : body,
        // undici closes a connection after a HEAD, since some responses have a body
        // nevertheless (Swift's for containers)
        reset: method === 'HEAD' && query !== ITSELF_QUERY,
      },
      request,
      () => this.turns.release(),
    );
  }
}

/** Rewrites the framing of a body: its length if known, otherwise chunked. */
function framed(headers: Headers, body: Body): Headers {
  if (!Buffer.isBuffer(body)) return headers;
  return body.length === 0
    ? headers.without('content-length')
    : headers.with('Content-Length', String(body.length));
}

/** Whether undici cannot send the request: it sends no Expect, and always a length. */
function needsExpectContinue({ method, headers, body, sendContinue }: Request): boolean {
  if (sendContinue && !Buffer.isBuffer(body)) return true;
  return (
    (method === 'PUT' || method === 'POST') && body === NO_BODY && !headers.has('content-length')
  );
}

function canRetry(request: Request): boolean {
  return (
    ['GET', 'HEAD', 'OPTIONS'].includes(request.method) &&
    request.body === NO_BODY &&
    !request.signal.aborted
  );
}

/** Whether a reused connection turned out to be dead. */
function isStale(error: unknown): boolean {
  return ['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET'].includes(codeOf(error));
}
