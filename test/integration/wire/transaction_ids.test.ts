import { startProxy } from '../../support/servers/proxy';
import { FakeStore, OK } from '../../support/stores/fake_store';
import { freePorts } from '../../support/servers/ports';
import { RawConnection, values, type RawAnswer } from '../../support/clients/raw_connection';

const OWN = /^tx[0-9a-f]{21}-[0-9a-f]{10}$/;
const NAMES = ['x-trans-id', 'x-openstack-request-id'];

const idsIn = (answer: RawAnswer) => NAMES.map((name) => values(answer, name));

/** Sends bytes to a server over a store, and reads the response. */
async function ask(upstream: string, bytes: string): Promise<RawAnswer> {
  const proxy = await startProxy(upstream, { service: false, filters: 's3api cosapi qsapi' });
  try {
    const client = await RawConnection.open(proxy.url);
    await client.write(bytes);
    const answer = await client.answer();
    await client.leave();
    return answer;
  } finally {
    await proxy.close();
  }
}

const head = (first: string, ...lines: string[]): string =>
  [`${first} HTTP/1.1`, 'Host: proxy.test', ...lines, '', ''].join('\r\n');

describe('X-Trans-Id and X-Openstack-Request-Id are one id, as from Swift', () => {
  it.each([
    ['the store cannot be reached', 503, head('GET /v1/AUTH_test/c/o')],
    ['the store cannot be reached past the pipeline', 503, head('GET /auth/v1.0')],
    ['a path that is not passed on', 404, head('GET /nowhere')],
    ['a path with two readings', 400, head('GET /a/../v1/AUTH_test/c')],
    ['a filter answers', 200, head('GET /healthcheck')],
    [
      'an API of another vendor refuses',
      401,
      head('GET /b', 'Authorization: QS nobody:x', 'Date: x'),
    ],
    [
      'a transfer coding that is not known',
      501,
      head('PUT /v1/AUTH_test/c/o', 'Transfer-Encoding: gzip, chunked'),
    ],
    ['two hosts', 400, head('GET /v1/AUTH_test/c/o', 'Host: other')],
    ['what is not HTTP', 405, 'nonsense\r\n\r\n'],
    ['no host', 400, 'GET /v1/AUTH_test/c/o HTTP/1.1\r\n\r\n'],
    ['an expectation that is not known', 417, head('GET /v1/AUTH_test/c/o', 'Expect: x')],
    [
      'a host in the target, beside one that a filter answers',
      404,
      head('GET http://other/admin').replace('proxy.test', 'b.pek3a.qingstor.com'),
    ],
    [
      'two readings of a path, beside a host that a filter answers',
      400,
      head('PUT http://other/a/../v1/AUTH_t/c/o').replace('proxy.test', 'b.pek3a.qingstor.com'),
    ],
  ])('where %s: %i', async (_, status, bytes) => {
    const [port] = await freePorts(1);
    const answer = await ask(`http://127.0.0.1:${port}`, bytes);
    const [[id]] = idsIn(answer) as [[string], unknown];
    expect([answer.status, id, idsIn(answer)]).toEqual([
      status,
      expect.stringMatching(OWN),
      [[id], [id]],
    ]);
  });

  it.each([
    ['GET /v1/AUTH_test/c/o', 'a request of the pipeline'],
    ['GET /auth/v1.0', 'one past it'],
  ])("%s, %s: the store's own id, once", async (line) => {
    const ids = 'X-Trans-Id: tx1\r\nX-Openstack-Request-Id: tx1\r\n';
    const store = await FakeStore.answering(OK.replace('\r\n', `\r\n${ids}`));
    try {
      expect(idsIn(await ask(store.url, head(line)))).toEqual([['tx1'], ['tx1']]);
    } finally {
      await store.close();
    }
  });

  it.each(['X-Trans-Id', 'X-Openstack-Request-Id'])(
    'the store may have it as %s alone',
    async (name) => {
      const store = await FakeStore.answering(OK.replace('\r\n', `\r\n${name}: own\r\n`));
      try {
        for (const line of ['GET /v1/AUTH_test/c/o', 'GET /auth/v1.0'])
          expect(idsIn(await ask(store.url, head(line)))).toEqual([['own'], ['own']]);
      } finally {
        await store.close();
      }
    },
  );

  it.each(['GET /v1/AUTH_test/c/o', 'GET /auth/v1.0'])(
    '%s: an id of ours if the store has none',
    async (line) => {
      const store = await FakeStore.answering(OK);
      try {
        const ids = idsIn(await ask(store.url, head(line)));
        expect(ids).toEqual([[expect.stringMatching(OWN)], ids[0]]);
      } finally {
        await store.close();
      }
    },
  );
});
