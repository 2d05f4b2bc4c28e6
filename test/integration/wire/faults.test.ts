import { createServer, type AddressInfo } from 'node:net';
import { eventually } from '../../support/running/eventually';
import { startProxy } from '../../support/servers/proxy';
import { RawConnection, values, type RawAnswer } from '../../support/clients/raw_connection';
import { onWire } from '../../support/servers/wire';

const PATH = '/v1/AUTH_test/c/o';
const METHODS = ['GET', 'HEAD', 'PUT', 'POST', 'DELETE'];

function request(method: string): string {
  const body = method === 'PUT' || method === 'POST' ? 'Content-Length: 2\r\n\r\nhi' : '\r\n';
  return `${method} ${PATH} HTTP/1.1\r\nHost: a\r\n${body}`;
}

function expectFailure(answer: RawAnswer, reason: RegExp): void {
  expect([answer.status, values(answer, 'retry-after')]).toEqual([503, ['1']]);
  expect(values(answer, 'x-trans-id')).toEqual([
    expect.stringMatching(/^tx[0-9a-f]{21}-[0-9a-f]{10}$/),
  ]);
  expect(answer.body.toString()).toMatch(reason);
}

describe('an answer that breaks off is never taken for a whole one', () => {
  const head = 'HTTP/1.1 200 OK\r\n';
  it.each([
    ['with a length', `${head}Content-Length: 10\r\n\r\n12345`],
    ['in chunks', `${head}Transfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n`],
    ['in the middle of a chunk', `${head}Transfer-Encoding: chunked\r\n\r\n9\r\n12345`],
  ])('%s, in order or by a reset, for clients of HTTP/1.1 and 1.0', (_, answer) =>
    onWire(
      async (connection) => {
        await connection.head();
        connection.send(answer);
        await eventually('the answer begun', () => connection.socket.writableLength === 0);
        await new Promise((resolve) => setTimeout(resolve, 30));
        if (connection.index % 2 === 0) connection.socket.end();
        else connection.socket.resetAndDestroy();
      },
      async ({ open }) => {
        for (let i = 0; i < 2; i++) {
          for (const version of ['1.1', '1.0']) {
            const client = await open();
            await client.write(`GET ${PATH} HTTP/${version}\r\nHost: a\r\n\r\n`);
            const { complete, body } = await client.answer();
            expect([complete, body.toString()]).toEqual([false, '12345']);
            await client.ended();
          }
        }
      },
    ),
  );

  it('a store that sends more than it said', () =>
    onWire(
      async (connection) => {
        await connection.head();
        connection.send(
          'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n12345HTTP/1.1 200 OK\r\n\r\nstale',
        );
        await connection.head(2);
        connection.answer('200 OK', 'fresh');
      },
      async ({ open }) => {
        const client = await open();
        expect((await client.ask('GET', PATH)).body.toString()).toBe('12345');
        const next = await client.ask('PUT', PATH, 'Content-Length: 0');
        expect(next.body.toString()).not.toContain('stale');
      },
    ));
});

describe('a store that gives no answer is 503, with a reason', () => {
  it.each(METHODS)('it closes before the answer: %s', (method) =>
    onWire(
      async (connection) => {
        await connection.head();
        connection.socket.end();
      },
      async ({ open, store }) => {
        const client = await open();
        await client.write(request(method));
        const answer = await client.answer(method);
        if (method === 'HEAD') expect(answer.status).toBe(503);
        else expectFailure(answer, /the exchange with the store failed/);
        expect(store.connections).toHaveLength(method === 'GET' || method === 'HEAD' ? 2 : 1);
      },
    ),
  );

  it.each([
    'garbage\r\n\r\n',
    'HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc',
    'HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n',
    'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n',
    'HTTP/1.1 200 OK\r\nBad Header: x\r\n\r\n',
  ])('it answers what is not HTTP: %j', (garbage) =>
    onWire(
      async (connection) => {
        await connection.head();
        connection.send(garbage);
      },
      async ({ open }) => {
        for (const method of ['GET', 'PUT']) {
          const client = await open();
          await client.write(request(method));
          expectFailure(await client.answer(), /the exchange with the store failed/);
        }
      },
      { app: 'upstream_timeout = 1' },
    ),
  );

  it('it accepts and is silent', () =>
    onWire(
      () => undefined,
      async ({ open, store }) => {
        for (const method of ['GET', 'PUT', 'DELETE']) {
          const client = await open();
          await client.write(request(method));
          expectFailure(await client.answer(), /the exchange with the store failed/);
        }
        await Promise.all(store.connections.map(({ gone }) => gone));
        expect(store.connections).toHaveLength(3);
      },
      { app: 'upstream_timeout = 0.3' },
    ));

  it('it falls silent in the middle of an answer', () =>
    onWire(
      async (connection) => {
        await connection.head();
        connection.send('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345');
      },
      async ({ open }) => {
        const { complete } = await (await open()).ask('GET', PATH);
        expect(complete).toBe(false);
      },
      { app: 'upstream_timeout = 0.3' },
    ));

  it('nothing listens there', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    const proxy = await startProxy(`http://127.0.0.1:${port}`, { service: false });
    try {
      for (const lines of [[], ['Expect: 100-continue']]) {
        const client = await RawConnection.open(proxy.url);
        const answer = await client.ask('PUT', PATH, 'Content-Length: 2', ...lines);
        expectFailure(answer, /the store cannot be reached: .*ECONNREFUSED/);
        await client.leave();
      }
      const client = await RawConnection.open(proxy.url);
      const answer = await client.ask('GET', '/auth/v1.0');
      expect([answer.status, values(answer, 'retry-after')]).toEqual([503, ['1']]);
      await client.leave();
    } finally {
      await proxy.close();
    }
  });
});

describe('connections to the store that turn out to be dead', () => {
  it('it closes each after its answer, without saying so: hundreds of requests', () =>
    onWire(
      async (connection) => {
        await connection.head();
        connection.answer('200 OK', 'fine');
        connection.socket.end();
      },
      async ({ open }) => {
        const client = await open();
        for (let i = 0; i < 400; i++) {
          const method = METHODS[i % METHODS.length]!;
          if (method === 'HEAD') continue;
          await client.write(request(method));
          expect([i, (await client.answer()).status]).toEqual([i, 200]);
        }
      },
    ));

  it('it closes on the second request: what reads is repeated once, what writes is not repeated', () =>
    onWire(
      async (connection) => {
        await connection.head();
        connection.answer('200 OK', 'fine');
        await connection.head(2);
        connection.socket.resetAndDestroy();
      },
      async ({ open, store }) => {
        const client = await open();
        for (let i = 0; i < 200; i++) {
          const { status } = await client.ask('GET', `${PATH}${i}`);
          expect([i, status]).toEqual([i, 200]);
        }
        await client.write(request('PUT'));
        const status = (await client.answer()).status;
        expect(store.received.match(/PUT /g)).toHaveLength(1);
        expect([200, 503]).toContain(status);
      },
    ));
});
