import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { newContainer } from '../../support/clients/containers';
import { type FakeConnection } from '../../support/stores/fake_store';
import { RawConnection, values } from '../../support/clients/raw_connection';
import { CURL, describeNeeding } from '../../support/running/needs';
import { suiteProxy } from '../../support/servers/suite_proxy';
import { describeWithSwift, login } from '../../support/servers/swift';
import { onWire } from '../../support/servers/wire';

const PATH = '/v1/AUTH_test/c/o';
const EXPECT = 'Expect: 100-continue';
const LARGE = 3 * 1024 * 1024;

describe('Expect: 100-continue', () => {
  it('the client gets 100 when the store asks for the body, and not before', () => {
    let wasAsked = false;
    return onWire(
      async (connection) => {
        await connection.head();
        await new Promise((resolve) => setTimeout(resolve, 50));
        wasAsked = true;
        connection.send('HTTP/1.1 100 Continue\r\n\r\n');
        await connection.until((received) => received.endsWith('\r\n\r\nhello'));
        connection.answer('201 Created');
      },
      async ({ store, open }) => {
        const client = await open();
        expect((await client.ask('PUT', PATH, EXPECT, 'Content-Length: 5')).status).toBe(100);
        expect(wasAsked).toBe(true);
        await client.write('hello');
        const answer = await client.answer();
        expect([answer.status, values(answer, 'connection')]).toEqual([201, ['keep-alive']]);
        expect(store.received).toMatch(/^Expect: 100-continue\r$/m);
      },
    );
  });

  it.each([401, 403, 404, 412])('%d is relayed without 100, and the connections end', (status) =>
    onWire(
      async (connection) => {
        await connection.head();
        connection.answer(`${status} No`, 'no');
      },
      async ({ store, open }) => {
        const client = await open();
        const answer = await client.ask('PUT', PATH, EXPECT, 'Content-Length: 5');
        expect([answer.status, answer.body.toString(), values(answer, 'connection')]).toEqual([
          status,
          'no',
          ['close'],
        ]);
        await client.ended();
        await store.connections[0]!.gone;
        expect(store.received.endsWith('\r\n\r\n')).toBe(true);
      },
    ),
  );

  it('a client that never sends its body is given up, and the request to the store with it', () =>
    onWire(
      async (connection) => {
        await connection.head();
        connection.send('HTTP/1.1 100 Continue\r\n\r\n');
      },
      async ({ store, open, log }) => {
        const client = await open();
        expect((await client.ask('PUT', PATH, EXPECT, 'Content-Length: 5')).status).toBe(100);
        await client.ended();
        await store.connections[0]!.gone;
        expect(log.filter(({ method }) => method)).toMatchObject([{ status: 499, bytes_in: 0 }]);
      },
      { defaults: 'client_timeout = 0.3' },
    ));

  it('a client that leaves after 100 ends the request to the store, without a whole body', () =>
    onWire(
      async (connection) => {
        await connection.head();
        connection.send('HTTP/1.1 100 Continue\r\n\r\n');
      },
      async ({ store, open }) => {
        const client = await open();
        await client.ask('PUT', PATH, EXPECT, 'Transfer-Encoding: chunked');
        await client.write('3\r\nabc\r\n');
        await store.connections[0]!.until((received) => received.includes('abc'));
        await client.leave();
        await store.connections[0]!.gone;
        expect(store.received).not.toContain('0\r\n\r\n');
      },
    ));

  it.each(['PUT', 'POST', 'DELETE', 'GET'])('a chunked body stays chunked: %s', (method) =>
    onWire(
      async (connection: FakeConnection) => {
        await connection.head();
        connection.send('HTTP/1.1 100 Continue\r\n\r\n');
        await connection.until((received) => received.endsWith('\r\n0\r\n\r\n'));
        connection.answer('200 OK');
      },
      async ({ store, open }) => {
        const client = await open();
        expect((await client.ask(method, PATH, EXPECT, 'Transfer-Encoding: chunked')).status).toBe(
          100,
        );
        await client.write('5\r\nhello\r\n0\r\n\r\n');
        expect((await client.answer()).status).toBe(200);
        expect(store.received).toMatch(/^Transfer-Encoding: chunked\r$/im);
        expect(store.received.endsWith('\r\n\r\n5\r\nhello\r\n0\r\n\r\n')).toBe(true);
      },
    ),
  );

  it('a client of HTTP/1.0 gets no 100', () =>
    onWire(
      async (connection) => {
        await connection.until((received) => received.endsWith('hello'));
        connection.answer('201 Created');
      },
      async ({ open }) => {
        const client = await open();
        await client.write(`PUT ${PATH} HTTP/1.0\r\n${EXPECT}\r\nContent-Length: 5\r\n\r\nhello`);
        expect((await client.answer()).status).toBe(201);
      },
    ));

  it('a store that cannot be reached in time is 503, without 100', () =>
    onWire(
      () => undefined,
      async ({ open }) => {
        const client = await open();
        const answer = await client.ask('PUT', PATH, EXPECT, 'Content-Length: 5');
        expect([answer.status, values(answer, 'retry-after')]).toEqual([503, ['1']]);
        await client.ended();
      },
      { app: 'upstream_timeout = 0.3' },
    ));

  it('a store that is slow with its answer is not given up because the client is slow', () =>
    onWire(
      async (connection) => {
        await connection.head();
        connection.send('HTTP/1.1 100 Continue\r\n\r\n');
        await connection.until((received) => received.endsWith('\r\n\r\nab'));
        connection.answer('201 Created');
      },
      async ({ open }) => {
        const client = await open();
        await client.ask('PUT', PATH, EXPECT, 'Content-Length: 2');
        await client.write('a');
        await new Promise((resolve) => setTimeout(resolve, 600));
        await client.write('b');
        expect((await client.answer()).status).toBe(201);
      },
      { app: 'upstream_timeout = 0.2' },
    ));
});

describeWithSwift('Expect: 100-continue at the real Swift', ({ plain }) => {
  const proxy = suiteProxy(plain);

  it('bodies small and large go through', async () => {
    const direct = await login(plain, 'tester');
    const container = await newContainer(direct);
    const auth = `X-Auth-Token: ${direct.credentials.get('x-auth-token') ?? ''}`;
    for (const size of [5, LARGE]) {
      const path = `${direct.account}/${container}/${size}`;
      const client = await RawConnection.open(proxy.url);
      expect((await client.ask('PUT', path, auth, EXPECT, `Content-Length: ${size}`)).status).toBe(
        100,
      );
      await client.write(Buffer.alloc(size, 'x'));
      expect((await client.answer()).status).toBe(201);
      expect((await client.ask('GET', path, auth)).body.length).toBe(size);
      await client.leave();
    }
  });

  it('refusals come without 100, and nothing is stored', async () => {
    const direct = await login(plain, 'tester');
    const container = await newContainer(direct);
    await direct.ask('PUT', `/${container}/there`, {}, 'x');
    const auth = `X-Auth-Token: ${direct.credentials.get('x-auth-token') ?? ''}`;
    const other = `X-Auth-Token: ${(await login(plain, 'tester2')).credentials.get('x-auth-token') ?? ''}`;
    const cases: [number, string, string[]][] = [
      [401, `/${container}/o`, ['X-Auth-Token: wrong']],
      [403, `/${container}/o`, [other]],
      [404, '/not-there/o', [auth]],
      [412, `/${container}/there`, [auth, 'If-None-Match: *']],
    ];
    for (const [status, path, lines] of cases) {
      const client = await RawConnection.open(proxy.url);
      const answer = await client.ask(
        'PUT',
        direct.account + path,
        EXPECT,
        'Content-Length: 9',
        ...lines,
      );
      expect([answer.status, answer.complete]).toEqual([status, true]);
      await client.ended();
    }
    expect(await direct.names(container)).toEqual(['there']);
  });

  describeNeeding(CURL, 'curl', () => {
    it('is served', async () => {
      const direct = await login(plain, 'tester');
      const container = await newContainer(direct);
      const url = `${proxy.url}${direct.account}/${container}`;
      const auth = `X-Auth-Token: ${direct.credentials.get('x-auth-token') ?? ''}`;
      const curl = async (path: string, size: number, token: string) => {
        const args = [
          '-sS',
          '-o',
          '/dev/null',
          '-w',
          '%{http_code}',
          '-H',
          token,
          '-H',
          EXPECT,
          '-T',
          '-',
        ];
        const lines = ['-H', `Content-Length: ${size}`, '-H', 'Transfer-Encoding:', url + path];
        const running = promisify(execFile)('curl', [...args, ...lines]);
        running.child.stdin?.on('error', () => undefined).end(Buffer.alloc(size, 'x'));
        return Number((await running).stdout);
      };
      for (const size of [5, LARGE]) {
        expect(await curl(`/${size}`, size, auth)).toBe(201);
        expect(await curl('/refused', size, 'X-Auth-Token: wrong')).toBe(401);
      }
      expect(await direct.names(container)).toEqual([String(LARGE), '5']);
    });
  });
});
