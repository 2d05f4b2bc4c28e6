import { Readable } from 'node:stream';
import { Pool } from 'undici';
import { Headers } from '../../../src/http/headers';
import type { Answer } from '../../support/clients/client';
import { rawExchange } from './raw_exchange';
import type { Framing } from './steps';

/** A request as sent, its path and headers byte for byte. */
export interface Outgoing {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly headers: Headers;
  readonly body?: Buffer | undefined;
  readonly framing?: Framing | undefined;
}

/**
 * Stands for a body that was cut short: a server that has already sent its status can
 * report a failure in no other way, and where it stops is random.
 */
function brokenOff(): Buffer {
  return Buffer.from('<broken off>');
}

/**
 * Keeps connections to one server. Uses undici, since Node's own client fails on Swift's
 * response to a HEAD of a container, and re-encodes headers that it sends before a body.
 */
export class Connection {
  private readonly pool: Pool;

  constructor(readonly url: string) {
    this.pool = new Pool(url, { connections: 8, pipelining: 1, maxHeaderSize: 128 * 1024 });
  }

  async send(request: Outgoing): Promise<Answer> {
    const { method, path, headers, body, framing } = request;
    if (framing === 'none' || framing === 'expect')
      return rawExchange(
        this.url,
        framing === 'none'
          ? { method, path, headers }
          : { ...request, body: body ?? Buffer.alloc(0) },
      );
    const chunks =
      body && Readable.from([body.subarray(0, 1), body.subarray(1)].filter(({ length }) => length));
    const response = await this.pool.request({
      method,
      path,
      headers: headers.toRaw(),
      body: (framing === 'chunked' ? chunks : body) ?? null,
      responseHeaders: 'raw',
    });
    // undici's types have only the parsed form
    const raw = response.headers as unknown as string[];
    return {
      status: response.statusCode,
      headers: Headers.fromRaw(raw),
      body: await response.body.arrayBuffer().then((body) => Buffer.from(body), brokenOff),
    };
  }

  close(): Promise<void> {
    return this.pool.close();
  }
}
