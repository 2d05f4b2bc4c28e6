import { Client } from '../../support/clients/client';
import { newContainer } from '../../support/clients/containers';
import { eventually } from '../../support/running/eventually';
import { OK, type FakeConnection } from '../../support/stores/fake_store';
import { RawConnection, values } from '../../support/clients/raw_connection';
import { suiteProxy } from '../../support/servers/suite_proxy';
import { describeWithSwift, login } from '../../support/servers/swift';
import { onWire } from '../../support/servers/wire';

const PATH = '/v1/AUTH_test/c/o';

/** Answers each request once its chunked body has ended. */
async function afterChunks(connection: FakeConnection): Promise<void> {
  for (let count = 1; await connection.until(hasEnds(count)); count++) connection.send(OK);
}

function hasEnds(count: number): (received: string) => boolean {
  return (received) => received.split('\r\n0\r\n\r\n').length > count;
}

/** Returns the bodies in a byte string of chunked requests. */
function dechunked(received: string): string {
  const body = received.slice(received.indexOf('\r\n\r\n') + 4);
  return body.replace(/([0-9a-f]+)\r\n([^\r]*)\r\n/g, (_, __, chunk: string) => chunk).trim();
}

describe('requests whose framing could be read in two ways are refused, and the connection closed', () => {
  const cases: [string, number, string[]][] = [
    ['both framings', 400, ['Transfer-Encoding: chunked', 'Content-Length: 3']],
    ['two lengths', 400, ['Content-Length: 3', 'Content-Length: 4']],
    ['the same length twice', 400, ['Content-Length: 3', 'Content-Length: 3']],
    ['a list of lengths', 400, ['Content-Length: 3, 3']],
    ['a signed length', 400, ['Content-Length: +3']],
    ['a coding that is not the last', 400, ['Transfer-Encoding: chunked, identity']],
    ['a coding besides chunked', 501, ['Transfer-Encoding: gzip, chunked']],
    ['a space before the colon', 400, ['Transfer-Encoding : chunked']],
    ['a folded line', 400, ['X-A: b', ' Transfer-Encoding: chunked']],
    ['a bare CR', 400, ['X-A: b\rTransfer-Encoding: chunked']],
    ['two hosts', 400, ['Host: other.test']],
  ];
  it.each(cases)('%s', (_, status, lines) =>
    onWire(OK, async ({ store, open }) => {
      const client = await open();
      await client.head('PUT', PATH, ...lines);
      await client.write('3\r\nabc\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n');
      expect((await client.answer()).status).toBe(status);
      expect((await client.ended()).toString()).toBe('');
      expect(store.received).toBe('');
    }),
  );
});

describe('bodies', () => {
  it.each(['PUT', 'POST', 'DELETE', 'GET', 'OPTIONS'])(
    'chunked, whole, twice on a connection: %s',
    (method) =>
      onWire(afterChunks, async ({ store, open }) => {
        const client = await open();
        for (const body of ['one', 'two']) {
          await client.head(method, PATH, 'Transfer-Encoding: chunked');
          await client.write(`3\r\n${body}\r\n`);
          await client.write('b;extension=1\r\n and more..\r\n0\r\nX-Trailer: 1\r\n\r\n');
          expect((await client.answer()).status).toBe(200);
        }
        const requests = store.received.split(`${method} ${PATH} HTTP/1.1`).slice(1);
        expect(requests.map((request) => dechunked(request))).toEqual([
          'one and more..',
          'two and more..',
        ]);
        expect(store.received).not.toMatch(/trailer|extension/i);
      }),
  );

  it.each(['PUT', 'POST', 'DELETE', 'GET', 'OPTIONS'])(
    'with a length, whole, twice: %s',
    (method) =>
      onWire(OK, async ({ store, open }) => {
        const client = await open();
        for (const body of ['first body', 'other body']) {
          await client.head(method, PATH, `Content-Length: ${body.length}`);
          await client.write(body.slice(0, 5));
          await client.write(body.slice(5));
          expect((await client.answer()).status).toBe(200);
        }
        const requests = store.received.split(`${method} ${PATH} HTTP/1.1`).slice(1);
        expect(requests.map((request) => request.split('\r\n\r\n')[1])).toEqual([
          'first body',
          'other body',
        ]);
      }),
  );
});

describe('connections of clients', () => {
  it('requests sent without waiting are served one after the other, and answered in order', () =>
    onWire(
      async (connection) => {
        for (let count = 1; ; count++) {
          const request = await connection.head(count);
          if (connection.closed) return;
          arrived.push(/\/c\/(\d)/.exec(request)?.[1] ?? '');
          busy += 1;
          await new Promise((resolve) => setImmediate(resolve));
          max = Math.max(max, busy);
          busy -= 1;
          connection.answer('200 OK', arrived.at(-1));
        }
      },
      async ({ open }) => {
        const client = await open();
        const heads = ['1', '2', '3', '4', '5'].map(
          (name) => `DELETE /v1/AUTH_test/c/${name} HTTP/1.1\r\nHost: a\r\n\r\n`,
        );
        await client.write(heads.join(''));
        const answers: string[] = [];
        while (answers.length < heads.length) answers.push((await client.answer()).body.toString());
        expect(answers).toEqual(['1', '2', '3', '4', '5']);
        expect([arrived, max]).toEqual([['1', '2', '3', '4', '5'], 1]);
      },
    ));
  const arrived: string[] = [];
  let busy = 0;
  let max = 0;

  it('HTTP/1.0 clients get a whole body and the end of the connection, or keep it where they ask', () =>
    onWire(
      async (connection) => {
        await connection.head();
        connection.send(
          'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n',
        );
        await connection.head(2);
        connection.answer('200 OK', 'three');
        await connection.head(3);
        connection.answer('200 OK', 'four');
      },
      async ({ open }) => {
        const client = await open();
        await client.write(`GET ${PATH} HTTP/1.0\r\n\r\n`);
        const answer = await client.answer();
        expect([answer.body.toString(), values(answer, 'transfer-encoding')]).toEqual([
          'onetwo',
          [],
        ]);
        const kept = await open();
        for (const body of ['three', 'four']) {
          await kept.write(`GET ${PATH} HTTP/1.0\r\nConnection: keep-alive\r\n\r\n`);
          expect((await kept.answer()).body.toString()).toBe(body);
        }
      },
    ));

  it.each(['GET', 'PUT'])(
    'what is not HTTP after a %s lets its answer end, then the connection ends',
    (method) => {
      let goOn: () => void = () => undefined;
      const garbled = new Promise<void>((resolve) => (goOn = resolve));
      return onWire(
        async (connection) => {
          await connection.head();
          connection.send('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345');
          await garbled;
          connection.send('67890');
        },
        async ({ open }) => {
          const client = await open();
          await client.head(method, PATH, 'Content-Length: 0');
          const answer = client.answer();
          await client.write('not HTTP');
          await client.write('either\r\n\r\n');
          setTimeout(goOn, 50);
          expect((await answer).body.toString()).toBe('1234567890');
          expect((await client.ended()).toString()).toBe('');
        },
      );
    },
  );

  it('a body whose chunks are broken ends the connection, and nothing is stored as whole', () =>
    onWire(
      () => undefined,
      async ({ store, open }) => {
        const client = await open();
        await client.head('PUT', PATH, 'Transfer-Encoding: chunked');
        await client.write('5\r\nhello\r\n');
        await eventually('the request', () => store.received.includes('hello'));
        await client.write('not a length\r\n');
        await client.ended();
        await store.connections[0]!.gone;
        expect(store.received).not.toContain('0\r\n\r\n');
      },
    ));

  it('a head that ends in its middle is refused', () =>
    onWire(OK, async ({ open }) => {
      const client = await open();
      await client.write('GET /');
      client.socket.end();
      const answer = await client.answer();
      expect([answer.status, values(answer, 'connection')]).toEqual([400, ['close']]);
    }));

  it('healthcheck keeps the connection', () =>
    onWire(OK, async ({ open }) => {
      const client = await open();
      for (let i = 0; i < 3; i++) {
        const answer = await client.ask('GET', '/healthcheck');
        expect([answer.body.toString(), values(answer, 'connection')]).toEqual([
          'OK',
          ['keep-alive'],
        ]);
      }
    }));
});

describeWithSwift('framing as the real Swift reads it', ({ plain }) => {
  const proxy = suiteProxy(plain);

  it.each([
    'Transfer_Encoding: chunked',
    'TRANSFER_ENCODING: chunked',
    'Transfer-Encoding_: chunked',
    'Connection: keep-alive, Transfer_Encoding\r\nTransfer_Encoding: chunked',
    'X-A: a\x85Transfer-Encoding: chunked',
    'Content_Length: 5',
    'Connection: Content-Length',
  ])('no second request can be hidden in a body: %s', async (line) => {
    const direct = await login(plain, 'tester');
    const token = direct.credentials.get('x-auth-token') ?? '';
    const container = await newContainer(direct);
    const path = `${direct.account}/${container}`;
    const hidden = `PUT ${path}/hidden HTTP/1.1\r\nHost: a\r\nX-Auth-Token: ${token}\r\nContent-Length: 0\r\n\r\n`;
    const body = `0\r\n\r\n${hidden}`;
    const client = await RawConnection.open(proxy.url);
    await client.head(
      'PUT',
      `${path}/o`,
      `X-Auth-Token: ${token}`,
      `Content-Length: ${body.length}`,
      line,
    );
    await client.write(body);
    expect((await client.answer()).status).toBe(201);
    expect((await client.ask('GET', `${path}/o`, `X-Auth-Token: ${token}`)).body.toString()).toBe(
      body,
    );
    await client.leave();
    expect(await direct.names(container)).toEqual(['o']);
  });

  it('chunked uploads, bodies of DELETE and GET, and a next request on the connection', async () => {
    const direct = await login(plain, 'tester');
    const auth = `X-Auth-Token: ${direct.credentials.get('x-auth-token') ?? ''}`;
    const path = `${direct.account}/${await newContainer(direct)}`;
    const client = await RawConnection.open(proxy.url);
    for (const [method, status] of [
      ['PUT', 201],
      ['GET', 200],
      ['DELETE', 204],
      ['PUT', 201],
    ] as const) {
      await client.head(method, `${path}/o`, auth, 'Transfer-Encoding: chunked');
      await client.write('5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n');
      expect([method, (await client.answer()).status]).toEqual([method, status]);
    }
    expect((await client.ask('GET', `${path}/o`, auth)).body.toString()).toBe('hello world');
    await client.leave();
  });

  it('no length on an object PUT is 411, as past the proxy', async () => {
    const direct = await login(plain, 'tester');
    const auth = `X-Auth-Token: ${direct.credentials.get('x-auth-token') ?? ''}`;
    const path = `${direct.account}/${await newContainer(direct)}/o`;
    for (const url of [plain, proxy.url]) {
      const client = await RawConnection.open(url);
      expect((await client.ask('PUT', path, auth)).status).toBe(411);
      await client.leave();
    }
    const through = new Client(proxy.url, direct.credentials);
    expect((await through.send('GET', path)).status).toBe(404);
  });

  it('a PUT and a GET of the same object sent without waiting are served in order', async () => {
    const direct = await login(plain, 'tester');
    const auth = `X-Auth-Token: ${direct.credentials.get('x-auth-token') ?? ''}`;
    const path = `${direct.account}/${await newContainer(direct)}/o`;
    const client = await RawConnection.open(proxy.url);
    const get = `GET ${path} HTTP/1.1\r\nHost: a\r\n${auth}\r\n\r\n`;
    const put = (body: string) =>
      `PUT ${path} HTTP/1.1\r\nHost: a\r\n${auth}\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
    await client.write([put('one'), get, put('two'), get].join(''));
    const bodies: string[] = [];
    for (let i = 0; i < 4; i++) bodies.push((await client.answer()).body.toString());
    expect([bodies[1], bodies[3]]).toEqual(['one', 'two']);
    await client.leave();
  });
});
