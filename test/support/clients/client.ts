import { request } from 'node:http';
import { Headers } from '../../../src/http/headers';

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Buffer;
}

/**
 * A client of the Swift API that sends paths and headers byte for byte, with one
 * connection for each request.
 */
export class Client {
  constructor(
    readonly url: string,
    readonly credentials: Headers,
    /** The path of the user's account. */
    readonly account = '',
  ) {}

  /** The same user at another server. */
  at(url: string): Client {
    return new Client(url, this.credentials, this.account);
  }

  /**
   * Sends a request for a path below the user's account: `''`, `/container`,
   * `/container/object`.
   */
  ask(
    method: string,
    path: string,
    headers: Record<string, string> = {},
    body?: string | Buffer,
  ): Promise<Answer> {
    return this.send(method, this.account + path, headers, body);
  }

  /** Sends a request for a full path. Names and values of headers are byte strings. */
  send(
    method: string,
    path: string,
    headers: Record<string, string> = {},
    body?: string | Buffer,
  ): Promise<Answer> {
    const { hostname, port } = new URL(this.url);
    const fields = this.credentials.withAll(Headers.of(headers));
    return new Promise((resolve, reject) => {
      const setHost = !fields.has('host');
      const outgoing = request(
        { hostname, port, method, path, agent: false, setHost },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('error', reject);
          response.on('end', () =>
            resolve({
              status: response.statusCode ?? 0,
              headers: Headers.fromRaw(response.rawHeaders),
              body: Buffer.concat(chunks),
            }),
          );
        },
      );
      const raw = fields.toRaw();
      for (let i = 0; i + 1 < raw.length; i += 2)
        outgoing.appendHeader(raw[i] ?? '', raw[i + 1] ?? '');
      if (body === undefined && ['PUT', 'POST'].includes(method))
        outgoing.setHeader('Content-Length', '0');
      else if (body !== undefined)
        outgoing.setHeader('Content-Length', String(Buffer.byteLength(body)));
      outgoing.on('error', reject);
      outgoing.end(body === undefined ? undefined : Buffer.from(body));
    });
  }

  /** The names in a container, in order. */
  async names(container: string, query = ''): Promise<string[]> {
    const { body } = await this.ask('GET', `/${container}?${query}`);
    return body.toString('utf8').split('\n').filter(Boolean);
  }
}
