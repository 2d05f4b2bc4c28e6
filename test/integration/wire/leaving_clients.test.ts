import { setTimeout as sleep } from 'node:timers/promises';
import { RESERVED_PREFIX } from '../../../src/swift_api/reserved';
import { newContainer } from '../../support/clients/containers';
import { eventually } from '../../support/running/eventually';
import { RawConnection } from '../../support/clients/raw_connection';
import { suiteProxy } from '../../support/servers/suite_proxy';
import { describeWithSwift, login } from '../../support/servers/swift';
import { onWire } from '../../support/servers/wire';

const PATH = '/v1/AUTH_test/c/o';
const MIB = 1024 * 1024;
/** The settings of a container with `X-Versions-Location: archive`. */
const STACK = [
  `${RESERVED_PREFIX}versions-mode: stack`,
  `${RESERVED_PREFIX}versions-location-0: archive`,
];

describe('a client that leaves', () => {
  it.each(['close', 'reset'] as const)(
    'in the middle of its body ends the request to the store: %s',
    (how) =>
      onWire(
        () => undefined,
        async ({ store, open, log }) => {
          for (const [index, framing] of [
            'Content-Length: 100',
            'Transfer-Encoding: chunked',
          ].entries()) {
            const client = await open();
            await client.head('PUT', PATH, framing);
            await client.write('5\r\nhello\r\n');
            await eventually('the request', () => store.connections.length > index);
            const connection = store.connections[index]!;
            await connection.until((received) => received.includes('hello'));
            await client.leave(how);
            await connection.gone;
            expect(connection.received).not.toMatch(/\r\n0\r\n\r\n/);
          }
          await eventually(
            'the lines of the log',
            () => log.filter(({ method }) => method).length === 2,
          );
          expect(log.filter(({ method }) => method)).toMatchObject([
            { method: 'PUT', status: 499, bytes_in: 10 },
            { method: 'PUT', status: 499, bytes_in: 5 },
          ]);
        },
      ),
  );

  it.each(['before the answer', 'in the middle of it'])('ends a GET at the store: %s', (when) =>
    onWire(
      async (connection) => {
        await connection.head();
        if (when !== 'before the answer')
          connection.send('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhello');
      },
      async ({ store, open, log }) => {
        const client = await open();
        await client.head('GET', PATH);
        if (when === 'before the answer')
          await eventually('the request', () => store.received !== '');
        else await new Promise((resolve) => client.socket.once('data', resolve));
        await client.leave();
        await store.connections[0]!.gone;
        await eventually('the line of the log', () => log.some(({ method }) => method));
        expect(log.filter(({ method }) => method)).toMatchObject([{ method: 'GET', status: 499 }]);
      },
    ),
  );

  it.each(['close', 'reset'] as const)(
    'while the store has not asked for its body ends the request: %s',
    (how) =>
      onWire(
        () => undefined,
        async ({ store, open }) => {
          const client = await open();
          await client.head('PUT', PATH, 'Expect: 100-continue', 'Content-Length: 5');
          await eventually('the request', () => store.received.includes('PUT'));
          await client.leave(how);
          await store.connections.at(-1)!.gone;
        },
      ),
  );

  it.each(['close', 'reset'] as const)(
    'while the store has not asked for a body that makes a version harms nobody: %s',
    (how) =>
      onWire(
        async (connection) => {
          for (let count = 1; ; count++) {
            const head = (await connection.head(count)).trimStart();
            const [method = '', path = ''] = head.split(' ');
            if (connection.closed || method === 'PUT') return;
            if (path.startsWith(`${PATH}?`)) connection.answer('404 Not Found');
            else connection.answer('204 No Content', '', ...STACK);
          }
        },
        async ({ store, open, log }) => {
          const client = await open();
          await client.head('PUT', PATH, 'Expect: 100-continue', 'Content-Length: 5');
          await eventually('the request', () => store.received.includes('PUT /'));
          await client.leave(how);
          // its body has failed; the store's answer is waited for
          await sleep(100);
          const next = await open();
          expect((await next.ask('HEAD', '/v1/AUTH_test/c')).status).toBe(204);
          expect(log.filter(({ level }) => level === 'error' || level === 'fatal')).toEqual([]);
        },
        { allow: 'true' },
      ),
  );

  it('is not kept while it waits for a connection to the store', () =>
    onWire(
      async (connection) => {
        await connection.until((received) => received.includes('/c/3 HTTP'));
        connection.answer('200 OK', 'three');
      },
      async ({ store, open, log }) => {
        const first = await open();
        await first.head('GET', '/v1/AUTH_test/c/1');
        await eventually('the request', () => store.received !== '');
        const second = await open();
        await second.head('GET', '/v1/AUTH_test/c/2');
        await second.leave();
        await eventually('the line of the log', () => log.some(({ status }) => status === 499));
        expect(log.filter(({ method }) => method)).toMatchObject([{ path: '/v1/AUTH_test/c/2' }]);
        await first.leave();
        await store.connections[0]!.gone;
        const third = await open();
        await third.head('GET', '/v1/AUTH_test/c/3');
        await new Promise((resolve) => third.socket.once('data', resolve));
        expect(store.received).not.toContain('/c/2 HTTP');
      },
      { app: 'connections = 1' },
    ));

  it('while it waits for a connection ends its body and costs no connection', () =>
    onWire(
      async (connection) => {
        for (const count of [1, 2]) {
          await connection.until((received) => received.split('/last HTTP').length > count);
          connection.send('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
        }
      },
      async ({ store, open, log }) => {
        const served = await open();
        await served.head('GET', '/v1/AUTH_test/c/first');
        await eventually('the request', () => store.received !== '');
        for (const method of ['GET', 'HEAD', 'PUT', 'POST']) {
          const client = await open();
          const length = method === 'PUT' ? MIB : 0;
          await client.head(method, '/v1/AUTH_test/c/gone', `Content-Length: ${length}`);
          if (method === 'PUT') await client.write(Buffer.alloc(10_000));
          await client.leave();
        }
        const gone = () => log.filter(({ status }) => status === 499).length;
        await eventually('the lines of the log', () => gone() === 4);
        store.connections[0]!.send('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
        expect((await served.answer()).status).toBe(200);
        const last = await open();
        for (let i = 0; i < 2; i++)
          expect((await last.ask('GET', '/v1/AUTH_test/c/last')).status).toBe(200);
        expect(store.connections).toHaveLength(1);
        expect(store.received).not.toContain('/gone');
      },
      { app: 'connections = 1' },
    ));

  it('while an earlier request of its connection is served leaves nothing to be served', () =>
    onWire(
      () => undefined,
      async ({ store, open }) => {
        const client = await open();
        await client.head('GET', '/v1/AUTH_test/c/1');
        await client.head('DELETE', '/v1/AUTH_test/c/2');
        await eventually('the request', () => store.received !== '');
        await client.leave();
        await store.connections[0]!.gone;
        expect(store.received).not.toContain('DELETE');
      },
    ));
});

describe('a client that reads its answer', () => {
  const impatient = { defaults: 'client_timeout = 0.3', app: 'connections = 1' };

  it('does not keep its connection to the store by taking nothing of it', () =>
    onWire(
      async (connection) => {
        await connection.head();
        connection.answer('200 OK', 'x'.repeat(64 * MIB));
      },
      async ({ open }) => {
        const idle = await open();
        await idle.head('GET', PATH);
        await new Promise((resolve) => idle.socket.once('data', resolve));
        idle.socket.pause();
        const other = await open();
        await other.head('GET', PATH);
        await new Promise((resolve) => other.socket.once('data', resolve));
      },
      impatient,
    ));

  it('is waited for while it takes something of it now and then', () =>
    onWire(
      async (connection) => {
        await connection.head();
        connection.answer('200 OK', 'x'.repeat(64 * MIB));
      },
      async ({ open }) => {
        const slow = await open();
        await slow.head('GET', PATH);
        let read = 0;
        slow.socket
          .removeAllListeners('data')
          .on('data', (chunk: Buffer) => (read += chunk.length));
        for (let size = 2 * MIB; size < 32 * MIB; size += 2 * MIB) {
          slow.socket.pause();
          await sleep(150);
          slow.socket.resume();
          const soFar = size;
          await eventually('some more of it', () => read > soFar);
        }
        await eventually('all of it', () => read >= 63 * MIB);
      },
      { ...impatient, defaults: 'client_timeout = 1' },
    ));

  it('waits for a store that is slow, on one connection for several', () =>
    onWire(
      async (connection) => {
        for (
          let count = 1;
          await connection.until((all) => all.split('\r\n\r\n').length > count);
          count++
        ) {
          connection.send('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello');
          await sleep(1000);
          connection.send('world');
        }
      },
      async ({ open }) => {
        const client = await open();
        for (let i = 0; i < 2; i++)
          expect((await client.ask('GET', PATH)).body.toString()).toBe('helloworld');
      },
      impatient,
    ));
});

describe('a client that is slow', () => {
  it('with its answer holds the store back, and the store is not given up for that', () => {
    let pushed = 0;
    const size = 256 * MIB;
    return onWire(
      async (connection) => {
        await connection.head();
        connection.send(`HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n`);
        const push = () => {
          const chunk = Buffer.alloc(MIB / 4);
          while (pushed < size) {
            pushed += chunk.length;
            if (!connection.socket.write(chunk)) return void connection.socket.once('drain', push);
          }
        };
        push();
      },
      async ({ open }) => {
        const client = await open();
        await client.head('GET', PATH);
        client.socket.pause();
        let before = -1;
        await eventually('the store held back', async () => {
          const unchanged = before === pushed;
          before = pushed;
          await sleep(700);
          return unchanged;
        });
        expect(pushed).toBeLessThan(32 * MIB);
        let read = 0;
        client.socket
          .removeAllListeners('data')
          .on('data', (chunk: Buffer) => (read += chunk.length));
        client.socket.resume();
        await eventually('all of it', () => read > size);
      },
      { defaults: 'client_timeout = 60', app: 'upstream_timeout = 0.2' },
    );
  });

  it('with its body is given up once it sends nothing', () =>
    onWire(
      () => undefined,
      async ({ store, open, log }) => {
        const client = await open();
        await client.head('PUT', PATH, 'Content-Length: 10');
        await client.write('hello');
        await client.ended();
        await store.connections[0]!.gone;
        expect(store.received.endsWith('\r\n\r\nhello')).toBe(true);
        expect(log.filter(({ method }) => method)).toMatchObject([{ status: 499, bytes_in: 5 }]);
      },
      { defaults: 'client_timeout = 0.3' },
    ));

  it('but not while it sends little by little, nor while the store is slow', () =>
    onWire(
      async (connection) => {
        await connection.head();
        connection.socket.pause();
        await new Promise((resolve) => setTimeout(resolve, 1200));
        connection.socket.resume();
        await connection.until((received) => received.length > 8 * MIB);
        await new Promise((resolve) => setTimeout(resolve, 600));
        connection.answer('201 Created');
      },
      async ({ open }) => {
        const client = await open();
        await client.head('PUT', PATH, `Content-Length: ${8 * MIB + 4}`);
        for (let i = 0; i < 4; i++) {
          await client.write('x');
          await new Promise((resolve) => setTimeout(resolve, 200));
        }
        await client.write(Buffer.alloc(8 * MIB));
        expect((await client.answer()).status).toBe(201);
      },
      { defaults: 'client_timeout = 0.5' },
    ));
});

describeWithSwift('clients that leave, at the real Swift', ({ plain }) => {
  const proxy = suiteProxy(plain);

  it('leave nothing behind of an upload that they broke off', async () => {
    const direct = await login(plain, 'tester');
    const container = await newContainer(direct);
    const auth = `X-Auth-Token: ${direct.credentials.get('x-auth-token') ?? ''}`;
    const path = `${direct.account}/${container}`;
    for (const how of ['close', 'reset'] as const) {
      for (const framing of ['Content-Length: 5000000', 'Transfer-Encoding: chunked']) {
        const client = await RawConnection.open(proxy.url);
        await client.head('PUT', `${path}/o`, auth, framing);
        await client.write(`100000\r\n${'x'.repeat(MIB)}\r\n`);
        await client.leave(how);
      }
    }
    const after = await RawConnection.open(proxy.url);
    await after.head('PUT', `${path}/whole`, auth, 'Content-Length: 1');
    await after.write('x');
    expect((await after.answer()).status).toBe(201);
    await after.leave();
    expect(await direct.names(container)).toEqual(['whole']);
  });
});
