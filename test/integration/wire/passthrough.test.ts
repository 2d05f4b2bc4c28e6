import { Client } from '../../support/clients/client';
import { mustBe, newPair, pathOf, uniqueName } from '../../support/clients/containers';
import { eventually } from '../../support/running/eventually';
import { FakeStore, OK } from '../../support/stores/fake_store';
import { startProxy } from '../../support/servers/proxy';
import { RawConnection, values } from '../../support/clients/raw_connection';
import { suiteProxy } from '../../support/servers/suite_proxy';
import { describeWithSwift, login } from '../../support/servers/swift';
import { onWire } from '../../support/servers/wire';

/** More than is passed on by default. */
const ALL = { app: 'passthrough = GET,POST,DELETE,OPTIONS:/auth*' };

describe('what is outside the object API', () => {
  it('goes to the store byte for byte, without the headers of one hop', () =>
    onWire(OK, async ({ store, open }) => {
      const client = await open();
      const targets = [
        '/auth/v1.0',
        '/auth/a//b/../c?x=%2f&y',
        '/auth/a#b',
        '/auth/a\\b',
        '/auth/?/v1/a/c/o',
      ];
      const lines = [
        'Connection: upgrade, X-Named',
        'Upgrade: x',
        'X-Named: 1',
        'X-Kept: caf\xc3\xa9',
      ];
      for (const target of targets) {
        const answer = await client.ask('GET', target, ...lines);
        expect([target, answer.status]).toEqual([target, 200]);
      }
      await client.ask('GET', 'http://elsewhere.test/auth/v1.0');
      expect(store.received.match(/(?<=GET ).*(?= HTTP)/g)).toEqual([...targets, '/auth/v1.0']);
      expect(store.received).not.toMatch(/upgrade|x-named/i);
      expect(store.received.match(/x-kept: caf\xc3\xa9\r\n/gi)).toHaveLength(targets.length);
    }));

  it.each(['DELETE', 'OPTIONS', 'GET'])(
    'a chunked body of %s is refused, for it would become a request',
    (method) =>
      onWire(
        OK,
        async ({ store, open }) => {
          const client = await open();
          await client.head(method, '/auth/x', 'Transfer-Encoding: chunked', 'Connection: upgrade');
          const hidden = 'PUT /v1/AUTH_test/c/o HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n';
          await client.write(`${hidden.length.toString(16)}\r\n${hidden}\r\n0\r\n\r\n`);
          expect((await client.answer()).status).toBe(411);
          await client.ended();
          expect(store.received).toBe('');
        },
        ALL,
      ),
  );

  it('spellings of the framing do not reach the store', () =>
    onWire(
      OK,
      async ({ store, open }) => {
        const client = await open();
        await client.head('POST', '/auth/x', 'Transfer_Encoding: chunked', 'Content-Length: 5');
        await client.write('0\r\n\r\n');
        expect((await client.answer()).status).toBe(200);
        expect(store.received).not.toMatch(/transfer/i);
        expect(store.received.endsWith('\r\n\r\n0\r\n\r\n')).toBe(true);
      },
      ALL,
    ));

  it('is not there unless passthrough names it', () =>
    onWire(OK, async ({ store, log, open }) => {
      const client = await open();
      for (const target of ['/', '/recon', '/endpoints/AUTH_x/c/o', '/V1/AUTH_x/c/o', '/auth'])
        expect([target, (await client.ask('GET', target)).status]).toEqual([target, 404]);
      for (const method of ['PUT', 'POST', 'DELETE', 'COPY', 'OPTIONS', 'PATCH'])
        expect([
          method,
          (await (await open()).ask(method, '/auth/v1.0', 'Content-Length: 0')).status,
        ]).toEqual([method, 404]);
      expect(store.received).toBe('');
      expect(log.filter(({ status }) => status === 404)).toHaveLength(11);
    }));

  it('is no form, which would be signed in its fields', () =>
    onWire(
      OK,
      async ({ store, open }) => {
        const client = await open();
        await client.head(
          'POST',
          '/auth/x',
          'Content-Type: multipart/form-data; boundary=b',
          'Content-Length: 5',
        );
        expect((await client.answer()).status).toBe(403);
        expect(store.received).toBe('');
      },
      ALL,
    ));

  it('with Expect: 100-continue the body is asked for', () =>
    onWire(
      OK,
      async ({ open }) => {
        const client = await open();
        expect(
          (await client.ask('POST', '/auth/x', 'Expect: 100-continue', 'Content-Length: 2')).status,
        ).toBe(100);
        await client.write('hi');
        expect((await client.answer()).status).toBe(200);
      },
      ALL,
    ));

  it('an answer that breaks off does, and a client that leaves ends the request to the store', () =>
    onWire(
      async (connection) => {
        await connection.head();
        connection.send('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345');
        if (connection.index === 0)
          await eventually('sent', () => connection.socket.writableLength === 0);
        if (connection.index === 0) connection.socket.end();
      },
      async ({ store, open }) => {
        expect((await (await open()).ask('GET', '/auth')).complete).toBe(false);
        const client = await open();
        await client.head('GET', '/auth');
        await eventually('the request', () => store.connections.length === 2);
        await client.leave();
        await store.connections[1]!.gone;
      },
      ALL,
    ));
});

describe('sites that the store serves by their Host', () => {
  const SITES = { app: 'passthrough_hosts = .sites.test www.test' };
  const answerOf = (...lines: string[]) =>
    ['HTTP/1.1 200 OK', ...lines, 'Content-Length: 2', '', 'OK'].join('\r\n');
  const ask = async (
    open: () => Promise<RawConnection>,
    method: string,
    target: string,
    host: string,
  ) => {
    const client = await open();
    await client.write(
      `${method} ${target} HTTP/1.1\r\nHost: ${host}\r\nAccept: application/json\r\n\r\n`,
    );
    return client.answer(method);
  };

  it('are read under their own name, without what shows more than a browser needs', () =>
    onWire(
      answerOf('Content-Location: /v1/AUTH_x/c/o', 'X-Object-Meta-Hindsight-Previous: 1'),
      async ({ store, open }) => {
        for (const host of ['c.account.sites.test', 'www.test:80']) {
          const answer = await ask(open, 'GET', '/a/index.html?format=json&temp_url_sig=1&x', host);
          expect([answer.status, answer.fields.map(([name]) => name.toLowerCase())]).toEqual([
            200,
            expect.not.arrayContaining(['content-location', 'x-object-meta-hindsight-previous']),
          ]);
          expect(store.received).toContain(`host: ${host}\r\n`);
        }
        expect(store.received.match(/GET .* HTTP/g)).toEqual(
          Array(2).fill('GET /a/index.html?temp_url_sig=1 HTTP'),
        );
        expect(store.received).not.toMatch(/accept:/i);
      },
      SITES,
    ));

  it('are neither written, nor do they show what holds versions, nor an account', () =>
    onWire(
      answerOf('X-Account-Container-Count: 1'),
      async ({ store, open }) => {
        for (const method of ['PUT', 'POST', 'DELETE', 'COPY'])
          expect((await ask(open, method, '/x', 'www.test')).status).toBe(404);
        const hidden = [
          '/.hindsight-versions-c/o',
          '/%2ehindsight-versions-c',
          '/c/..\\.hindsight-versions-c',
        ];
        for (const target of hidden)
          expect((await ask(open, 'GET', target, 'a.sites.test')).status).toBe(404);
        expect(store.received).toBe('');
        expect((await ask(open, 'GET', '/', 'a.sites.test')).status).toBe(404);
      },
      SITES,
    ));

  it('name nothing of the object API, and no other Host goes to the store', () =>
    onWire(
      OK,
      async ({ store, open }) => {
        await ask(open, 'GET', '/v1/AUTH_x/c/o', 'c.account.sites.test');
        await ask(open, 'GET', '/auth/v1.0', 'c.account.other.test');
        expect(store.received.match(/GET .* HTTP/g)).toEqual([
          'GET /v1/AUTH_x/c/o HTTP',
          'GET /auth/v1.0 HTTP',
        ]);
        expect(store.received).not.toMatch(/sites|other/);
      },
      SITES,
    ));

  it('and what a store says of where it is leads back to the proxy', async () => {
    const store = await FakeStore.start(async (connection) => {
      await connection.head();
      const host = /host: (.*)/i.exec(connection.received)?.[1];
      connection.answer('301 Moved Permanently', '', `Location: http://${host}/v1/AUTH_x/c/`);
    });
    const proxy = await startProxy(store.url, { service: false });
    const client = await RawConnection.open(proxy.url);
    const answer = await client.ask('GET', '/v1/AUTH_x/c');
    expect(values(answer, 'location')).toEqual(['http://proxy.test/v1/AUTH_x/c/']);
    await client.leave();
    await proxy.close();
    await store.close();
  });
});

describe('requests signed for the S3 API of the store', () => {
  const SIGNED = 'Authorization: AWS key:signature';

  it('are read without tokens, not what holds versions, and written by nobody', () =>
    onWire(
      OK,
      async ({ store, open }) => {
        const client = await open();
        await client.ask('GET', '/bucket/key', SIGNED, 'X-Auth-Token: secret');
        expect(store.received).toMatch(/^GET \/bucket\/key /);
        expect(store.received).toContain('host: proxy.test');
        expect(store.received).not.toContain('secret');
        expect((await client.ask('GET', '/.hindsight-versions-b/key', SIGNED)).status).toBe(404);
        expect((await client.ask('GET', '/x/../v1/AUTH_x/c', SIGNED)).status).toBe(400);
        expect((await client.ask('DELETE', '/bucket/key', SIGNED)).status).toBe(501);
        const dropped = [SIGNED, 'Connection: Authorization'];
        expect((await client.ask('DELETE', '/bucket/key', ...dropped)).status).toBe(404);
        expect((await client.ask('GET', '/bucket/key', ...dropped)).status).toBe(404);
        expect(store.received.match(/ HTTP/g)).toHaveLength(1);
      },
      { allow: 'true' },
    ));
});

describeWithSwift('logging in', ({ plain }) => {
  const proxy = suiteProxy(plain);
  const credentials = ['X-Auth-User: test:tester', 'X-Auth-Key: testing'];

  it('leads back to the proxy', async () => {
    const client = await RawConnection.open(proxy.url);
    const answer = await client.ask('GET', '/auth/v1.0', ...credentials);
    expect(values(answer, 'x-storage-url')).toEqual(['http://proxy.test/v1/AUTH_test']);
    await client.leave();
  });

  it('also where the store is to see a Host of its own', async () => {
    const server = await startProxy(plain, { app: 'upstream_host = store.internal:81' });
    const client = await RawConnection.open(server.url);
    const answer = await client.ask('GET', '/auth/v1.0', ...credentials);
    expect(values(answer, 'x-storage-url')).toEqual(['http://proxy.test/v1/AUTH_test']);
    await client.leave();
    await server.close();
  });
});

describeWithSwift('no spelling of a path gets past versioning', ({ plain }) => {
  const proxy = suiteProxy(plain);
  const SPELLINGS: ((account: string, rest: string) => string)[] = [
    (account, rest) => `//v1/${account}/${rest}`,
    (account, rest) => `//v1//${account}//${rest}`,
    (account, rest) => `/v1//${account}/${rest}`,
    (account, rest) => `/v1/${account}//${rest}`,
    (account, rest) => `/%76%31/${account}/${rest}`,
    (account, rest) => `/v1%2F${account}%2F${rest.replace('/', '%2F')}`,
    (account, rest) => `/v1/${account}%2F${rest}`,
    (account, rest) => `/%2Fv1/${account}/${rest}`,
    (account, rest) => `/x/../v1/${account}/${rest}`,
    (account, rest) => `/x/%2e%2e/v1/${account}/${rest}`,
    (account, rest) => `/./v1/${account}/${rest}`,
    (account, rest) => `/v1/./${account}/${rest}`,
    (account, rest) => `/v1/x/../${account}/${rest}`,
    (account, rest) => `/v1/${account}/x/../${rest}`,
    (account, rest) => `\\v1\\${account}\\${rest.replace('/', '\\')}`,
    (account, rest) => `/\\v1\\${account}\\${rest.replace('/', '\\')}`,
    (account, rest) => `/v1\\${account}\\${rest.replace('/', '\\')}`,
    (account, rest) => `/v1.0/${account}/${rest}`,
    (account, rest) => `/V1/${account}/${rest}`,
    (account, rest) => `/v1;x/${account}/${rest}`,
    (account, rest) => `/;/v1/${account}/${rest}`,
    (account, rest) => `http://other.test/v1/${account}/${rest}`,
    (account, rest) => `http://other.test//v1/${account}/${rest}`,
    (account, rest) => `HTTP://u:p@other.test:1/%761/${account}/${rest}`,
    (account, rest) => `http://other.test;/v1/${account}/${rest}`,
    (account, rest) => `http:///v1/${account}/${rest}`,
    (account, rest) => `/http://other.test/v1/${account}/${rest}`,
    (account, rest) => `/v1/${account}/${rest}?x#y`,
    (account, rest) => `/v1/${account}/${rest}#x`,
    (account, rest) => `/v1/${account}/${rest}/`,
    (account, rest) => `/v1/${account}/${rest}%00`,
    (account, rest) => `/v1/${account}/${rest}?`,
  ];
  const HEADERS = [
    [],
    ['Connection: X-If-Delete-At', 'X-If-Delete-At: 1'],
    ['Connection: If-None-Match', 'If-None-Match: *'],
    ['X-Backend-Storage-Policy-Index: 0'],
  ];

  it.each(['PUT', 'DELETE'])('%s is refused or archives, whatever the spelling', async (method) => {
    const direct = await login(plain, 'tester');
    const through = new Client(proxy.url, direct.credentials, direct.account);
    const { container, archive } = await newPair(through, 'history');
    const auth = `X-Auth-Token: ${direct.credentials.get('x-auth-token') ?? ''}`;
    const account = direct.account.split('/').at(-1) ?? '';
    for (const [index, spell] of SPELLINGS.entries()) {
      for (const lines of index === 0 ? HEADERS : [[]]) {
        await expectKept(spell, lines);
      }
    }
    for (const lines of HEADERS) await expectKept((a, rest) => `/v1/${a}/${rest}`, lines);

    async function expectKept(spell: (account: string, rest: string) => string, lines: string[]) {
      const name = uniqueName('o');
      await mustBe(201, direct.ask('PUT', pathOf(container, name), {}, 'before'));
      const client = await RawConnection.open(proxy.url);
      const target = spell(account, `${container}/${name}`);
      await client.head(method, target, auth, 'Content-Length: 5', ...lines);
      await client.write('after');
      await client.answer();
      await client.leave();
      const now = await direct.ask('GET', pathOf(container, name));
      if (now.status === 200 && now.body.toString() === 'before') return;
      const names = await direct.names(
        archive,
        `prefix=${name.length.toString(16).padStart(3, '0')}${name}/`,
      );
      expect([target, lines, names.length > 0]).toEqual([target, lines, true]);
      expect((await direct.ask('GET', pathOf(archive, names[0]!))).body.toString()).toBe('before');
    }
  });
});
