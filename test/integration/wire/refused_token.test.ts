import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { drain, readAll, type Body } from '../../../src/http/body';
import { Headers } from '../../../src/http/headers';
import { createSwiftApp, swift } from '../../../src/stores/swift/app';
import { clientRequest } from '../../support/stores/upstream_store';
import { unlimited } from '../../support/stores/authority';

const BYTES = Buffer.alloc(300_000, 'x');

/** A stream that yields several pieces. */
const streamed = () =>
  Readable.from([BYTES.subarray(0, 100_000), BYTES.subarray(100_000)], { objectMode: false });

/**
 * Sends a PUT to a store that accepts only the second token that it issues. Returns the
 * lengths it stored, and the response or the error.
 */
async function put(body: Body, headers: Record<string, string>, isEarly: boolean) {
  const stored: number[] = [];
  let logins = 0;
  const answer = async (req: IncomingMessage, res: ServerResponse) => {
    if (req.url === '/auth') {
      res
        .writeHead(200, {
          'X-Auth-Token': `token${++logins}`,
          'X-Storage-Url': 'http://store/v1/a',
        })
        .end();
      return;
    }
    const isRefused = req.headers['x-auth-token'] !== 'token2';
    if (isRefused && isEarly) {
      res.writeHead(401).end('no');
      req.resume().on('error', () => undefined);
      return;
    }
    const bytes = await readAll(req, BYTES.length).catch(() => undefined);
    if (!isRefused && bytes) stored.push(bytes.length);
    res.writeHead(isRefused ? 401 : 201).end();
  };
  const server = createServer((req, res) => void answer(req, res)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const service = { upstream: url, auth_url: `${url}/auth`, auth_user: 'u', auth_key: 'k' };
  const app = createSwiftApp(swift.options.parse(service));
  try {
    const request = clientRequest({ headers: Headers.of(headers), authority: unlimited(), body });
    const response = await app.handler(request);
    await drain(response.body);
    return { told: response.status, stored };
  } catch (error) {
    return { told: (error as { code?: string }).code, stored };
  } finally {
    await app.close();
    server.closeAllConnections();
    server.close();
  }
}

describe("a write in the service user's name whose token is refused", () => {
  const length = { 'Content-Length': String(BYTES.length) };

  it.each([
    ['at once', 'with a length', true, length],
    ['at once', 'in chunks', true, {}],
    ['at its end', 'with a length', false, length],
    ['at its end', 'in chunks', false, {}],
  ])('%s is not made of the rest of a stream %s', async (_, __, isEarly, headers) => {
    const { told, stored } = await put(streamed(), headers, isEarly);
    expect({ told, stored }).toEqual({ told: 'unavailable', stored: [] });
  });

  it('is repeated with another token where all of it is at hand', async () => {
    expect(await put(BYTES, length, false)).toEqual({ told: 201, stored: [BYTES.length] });
  });
});
