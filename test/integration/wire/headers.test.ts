import { Client } from '../../support/clients/client';
import { newContainer } from '../../support/clients/containers';
import { OK } from '../../support/stores/fake_store';
import { values } from '../../support/clients/raw_connection';
import { suiteProxy } from '../../support/servers/suite_proxy';
import { describeWithSwift, login } from '../../support/servers/swift';
import { onWire } from '../../support/servers/wire';

/** Bytes that a careless hop re-encodes: UTF-8, and latin1 bytes that are not UTF-8. */
const BYTES = 'caf\xc3\xa9 \xe2\x82\xac \xff\x85\xa0\xe9';
const PATH = '/v1/AUTH_test/c/o';

describe('header values', () => {
  const answer = `HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Object-Meta-Name: ${BYTES}\r\n\r\n`;

  it.each(['GET', 'HEAD', 'PUT', 'POST', 'DELETE'])('pass byte for byte both ways: %s', (method) =>
    onWire(answer + (method === 'HEAD' ? '' : 'OK'), async ({ store, open }) => {
      const client = await open();
      const length = method === 'PUT' || method === 'POST' ? ['Content-Length: 0'] : [];
      const response = await client.ask(method, PATH, `X-Object-Meta-Name: ${BYTES}`, ...length);
      expect(values(response, 'x-object-meta-name')).toEqual([BYTES]);
      expect(store.received).toContain(`X-Object-Meta-Name: ${BYTES}\r\n`);
    }),
  );

  it('pass byte for byte with Expect: 100-continue', () =>
    onWire(
      async (connection) => {
        await connection.head();
        connection.answer('403 Forbidden', 'no', `X-Name: ${BYTES}`);
      },
      async ({ store, open }) => {
        const client = await open();
        const lines = ['Content-Length: 5', 'Expect: 100-continue', `X-Object-Meta-Name: ${BYTES}`];
        const response = await client.ask('PUT', PATH, ...lines);
        expect([response.status, values(response, 'x-name')]).toEqual([403, [BYTES]]);
        expect(store.received).toContain(`X-Object-Meta-Name: ${BYTES}\r\n`);
      },
    ));

  it('of one name are all kept, in order', () =>
    onWire(
      'HTTP/1.1 200 OK\r\nSet-Cookie: a\r\nX-Twice: 1\r\nx-twice: 2\r\nSet-Cookie: b\r\nContent-Length: 0\r\n\r\n',
      async ({ store, open }) => {
        const client = await open();
        const response = await client.ask('GET', PATH, 'X-Many: 1', 'x-many: 2', 'X-Many: 1');
        expect(values(response, 'set-cookie')).toEqual(['a', 'b']);
        expect(values(response, 'x-twice')).toEqual(['1', '2']);
        expect(store.received.match(/x-many: \d/gi)).toEqual([
          'X-Many: 1',
          'x-many: 2',
          'X-Many: 1',
        ]);
      },
    ));
});

describe('headers of one hop', () => {
  it('do not reach the store, nor what Connection names, nor spellings that its server takes for framing', () =>
    onWire(OK, async ({ store, open }) => {
      const client = await open();
      const lines = [
        'Connection: X-Named , x_other, keep-alive',
        'X-Named: 1',
        'X_Other: 1',
        'Keep-Alive: timeout=5',
        'Proxy-Connection: keep-alive',
        'Proxy-Authorization: Basic x',
        'TE: trailers',
        'Trailer: X',
        'Upgrade: h2c',
        'Transfer_Encoding: chunked',
        'transfer_Encoding: chunked',
        'Content_Length: 3',
        'Content-Length: 5',
        'X-Kept: 1',
      ];
      await client.head('PUT', PATH, ...lines);
      await client.write('12345');
      expect((await client.answer()).status).toBe(200);
      const names = store.received
        .split('\r\n')
        .slice(1, -2)
        .map((line) => line.split(':')[0]?.toLowerCase());
      expect(names.sort()).toEqual(['connection', 'content-length', 'host', 'x-kept']);
      expect(store.received.endsWith('\r\n\r\n12345')).toBe(true);
    }));

  it('do not reach the client', () =>
    onWire(
      'HTTP/1.1 200 OK\r\nConnection: keep-alive, X-Named\r\nX-Named: 1\r\nKeep-Alive: timeout=1\r\nTrailer: X\r\n' +
        'Proxy-Authenticate: Basic\r\nContent-Length: 2\r\n\r\nOK',
      async ({ open }) => {
        const client = await open();
        const { fields } = await client.ask('GET', PATH);
        const names = fields.map(([name]) => name.toLowerCase());
        for (const name of ['x-named', 'trailer', 'proxy-authenticate'])
          expect(names).not.toContain(name);
        expect(values({ fields } as never, 'keep-alive')).not.toContain('timeout=1');
      },
    ));
});

describe('the size of headers', () => {
  it('too large ones are refused with a reason that arrives, and nothing reaches the store', () =>
    onWire(OK, async ({ store, open }) => {
      const client = await open();
      const large = Array.from(
        { length: 1000 },
        (_, i) => `X-Object-Meta-${i}: ${'x'.repeat(1000)}`,
      );
      await client.head('PUT', PATH, 'Content-Length: 0', ...large);
      const answer = await client.answer();
      expect(answer.status).toBe(431);
      expect(answer.body.toString()).toMatch(/header fields are too large/);
      await client.ended();
      expect(store.received).toBe('');
    }));

  it('a length after very many small ones counts', () =>
    onWire(OK, async ({ store, open }) => {
      const client = await open();
      const many = Array.from({ length: 2100 }, (_, i) => `X-${i}: 1`);
      await client.head('PUT', PATH, ...many, 'Content-Length: 5');
      await client.write('12345');
      expect((await client.answer()).status).toBe(200);
      expect(store.received.endsWith('\r\n\r\n12345')).toBe(true);
      expect(store.received.match(/\r\nX-\d+: 1(?=\r)/g)).toHaveLength(2100);
    }));

  it('large headers of the store pass, those beyond any bound are a failure of the store', async () => {
    const meta = (bytes: number) =>
      Array.from(
        { length: bytes / 1000 },
        (_, i) => `X-Object-Meta-${i}: ${'x'.repeat(1000)}\r\n`,
      ).join('');
    await onWire(
      `HTTP/1.1 200 OK\r\nContent-Length: 2\r\n${meta(100_000)}\r\nOK`,
      async ({ open }) => {
        const { status, fields } = await (await open()).ask('GET', PATH);
        expect(status).toBe(200);
        expect(fields.filter(([name]) => name.startsWith('X-Object-Meta-'))).toHaveLength(100);
      },
    );
    await onWire(
      `HTTP/1.1 200 OK\r\nContent-Length: 2\r\n${meta(300_000)}\r\nOK`,
      async ({ open }) => {
        expect((await (await open()).ask('GET', PATH)).status).toBe(503);
      },
    );
  });
});

describeWithSwift('metadata', ({ plain }) => {
  const proxy = suiteProxy(plain);

  it('of UTF-8 and 90 items pass to the store and back, as past the proxy', async () => {
    const direct = await login(plain, 'tester');
    const through = new Client(proxy.url, direct.credentials, direct.account);
    const container = await newContainer(direct);
    // file systems with small extended attributes keep fewer items on an object
    const cases: [string, string, number, number][] = [
      ['Container', 'POST', 90, 204],
      ['Object', 'PUT', 20, 201],
    ];
    for (const [kind, method, count, status] of cases) {
      const path = kind === 'Object' ? `/${container}/o` : `/${container}`;
      const items = Array.from({ length: count }, (_, i): [string, string] => [
        `X-${kind}-Meta-${i}`,
        `\xc3\xa9\xe2\x82\xac${i}`,
      ]);
      expect((await through.ask(method, path, Object.fromEntries(items))).status).toBe(status);
      // Node's client cannot read Swift's own response to HEAD
      const answers = [
        await through.ask('GET', path),
        await through.ask('HEAD', path),
        await direct.ask('GET', path),
      ];
      for (const { headers } of answers)
        expect(items.map(([name]) => [name, headers.get(name)])).toEqual(items);
      const tooMany = Array.from({ length: 91 }, (_, i) => [`X-${kind}-Meta-More-${i}`, '1']);
      for (const client of [through, direct])
        expect((await client.ask(method, path, Object.fromEntries(tooMany) as never)).status).toBe(
          400,
        );
    }
  });
});
