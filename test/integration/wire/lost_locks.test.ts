import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CoordinationUnavailable } from '../../../src/util/errors';
import { Headers } from '../../../src/http/headers';
import { NO_BODY, type Request } from '../../../src/swift_api/message';
import { Upstream } from '../../../src/stores/swift/upstream';
import { eventually } from '../../support/running/eventually';

const request = (method: string, more: Partial<Request> = {}): Request => ({
  ...{
    method,
    path: '/v1/a/c/o',
    query: '',
    headers: Headers.none,
    body: NO_BODY,
    authority: 'client',
  },
  ...{ signal: new AbortController().signal, transactionId: 'tx', receivedBytes: () => 0 },
  ...more,
});

describe('a request that counts only while a lock is held', () => {
  const requests: string[] = [];
  const waiting: ServerResponse[] = [];
  let server: Server;
  let upstream: Upstream;

  beforeEach(async () => {
    requests.length = 0;
    server = createServer((req, res) => {
      requests.push(req.method ?? '');
      req.resume();
      waiting.push(res);
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const origin = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    const times = { timeout: 10_000, connectTimeout: 10_000 };
    upstream = new Upstream({ origin, host: undefined, connections: 1, ...times });
  });

  afterEach(async () => {
    await upstream.close();
    await new Promise((done) => server.close(done));
  });

  const answer = () => waiting.shift()?.writeHead(201, { 'Content-Length': '0' }).end();

  /** Sends a request that takes the only connection, and then a PUT that waits for it. */
  async function behindAnother(confirm: () => void) {
    const first = upstream.send(request('GET'));
    await eventually('the first one came', () => requests.length === 1);
    const put = upstream.send(request('PUT', { body: Buffer.from('body'), confirm }));
    put.catch(() => undefined);
    return { first, put };
  }

  it('does not go out when the lock was lost before there was a connection', async () => {
    const lost = new CoordinationUnavailable('the lock was lost');
    const { first, put } = await behindAnother(() => {
      throw lost;
    });
    answer();
    await first;
    await expect(put).rejects.toMatchObject({ cause: lost });
    expect(requests).toEqual(['GET']);
  });

  it('goes out where it is held still', async () => {
    const { first, put } = await behindAnother(() => undefined);
    answer();
    await first;
    await eventually('the PUT came', () => requests.length === 2);
    answer();
    expect((await put).status).toBe(201);
  });
});
