import { Client } from '../../support/clients/client';
import { Headers } from '../../../src/http/headers';
import {
  bodies,
  current,
  everything,
  MODES,
  mustBe,
  newContainer,
  newPair,
  pathOf,
  put,
  type Mode,
} from '../../support/clients/containers';
import { suiteProxy } from '../../support/servers/suite_proxy';
import { describeWithSwift, login } from '../../support/servers/swift';
import { partOf } from '../../support/running/depth';

const OBJECT = 'object';
const TESTER3 = 'test:tester3';

/** The ways in which a client can overwrite or delete an object. */
const WRITES: readonly (readonly [
  what: string,
  write: (
    client: Client,
    path: string,
    source: string,
  ) => Promise<{ status: number; body: Buffer }>,
])[] = [
  ['PUT', (client, path) => client.ask('PUT', path, {}, 'after')],
  ['an empty PUT', (client, path) => client.ask('PUT', path)],
  ['a long PUT', (client, path) => client.ask('PUT', path, {}, 'x'.repeat(300_000))],
  ['DELETE', (client, path) => client.ask('DELETE', path)],
  ['COPY', (client, path, source) => client.ask('COPY', source, { Destination: path })],
  ['X-Copy-From', (client, path, source) => client.ask('PUT', path, { 'X-Copy-From': source })],
];

describeWithSwift('who may write', ({ plain }) => {
  const withServiceUser = suiteProxy(plain);
  const withClientsToken = suiteProxy(plain, { service: false });
  type Proxy = typeof withServiceUser;

  /**
   * Makes tester's container with two versions, ACLs, and a source that tester3 may read.
   */
  async function begin(proxy: Proxy, mode: Mode, rights: Record<string, string>) {
    const owner = await proxy.login('tester');
    const pair = await newPair(owner, mode, rights);
    const sources = await newContainer(owner, 'sources', { 'X-Container-Read': TESTER3 });
    await put(owner, sources, 'source', 'copied');
    await put(owner, pair.container, OBJECT, 'oldest');
    await put(owner, pair.container, OBJECT, 'before');
    return {
      owner,
      ...pair,
      path: pathOf(pair.container, OBJECT),
      source: pathOf(sources, 'source'),
    };
  }
  type Scene = Awaited<ReturnType<typeof begin>>;

  async function expectUntouched({ owner, container, archive }: Scene): Promise<void> {
    expect(await current(owner, container, OBJECT)).toBe('before');
    expect(await everything(owner, archive)).toEqual([
      { name: expect.any(String) as string, body: 'oldest', isMarker: false },
    ]);
  }

  describe.each(MODES)('%s mode', (mode) => {
    it('with a service user, one that may only write keeps versions by writing and deleting', async () => {
      const scene = await begin(withServiceUser, mode, { 'X-Container-Write': TESTER3 });
      const { owner, container, archive, path, source } = scene;
      const writer = await withServiceUser.login('tester3');
      expect((await writer.ask('GET', path)).status).toBe(403);
      expect((await writer.ask('GET', `/${archive}`)).status).toBe(403);

      expect((await writer.ask('PUT', path, {}, 'after')).status).toBe(201);
      expect((await writer.ask('COPY', source, { Destination: path })).status).toBe(201);
      expect((await writer.ask('PUT', path, { 'X-Copy-From': source })).status).toBe(201);
      expect(await bodies(owner, archive)).toEqual(['oldest', 'before', 'after', 'copied']);
      expect((await writer.ask('DELETE', path)).status).toBe(204);
      if (mode === 'stack') {
        expect(await current(owner, container, OBJECT)).toBe('copied');
        expect(await bodies(owner, archive)).toEqual(['oldest', 'before', 'after']);
      } else {
        expect(await current(owner, container, OBJECT)).toBe(404);
        const entries = await everything(owner, archive);
        expect(entries.map(({ body, isMarker }) => (isMarker ? 'marker' : body))).toEqual([
          'oldest',
          'before',
          'after',
          'copied',
          'copied',
          'marker',
        ]);
      }
    });

    const clients: readonly (readonly [
      who: string,
      status: number,
      rights: Record<string, string>,
      client: (proxy: Proxy, owner: Client) => Client | Promise<Client>,
    ])[] = [
      [
        'one that may only read',
        403,
        { 'X-Container-Read': TESTER3 },
        (proxy) => proxy.login('tester3'),
      ],
      ['one without any right', 403, {}, (proxy) => proxy.login('tester3')],
      [
        'the owner of another account',
        403,
        {},
        async (proxy, owner) =>
          new Client(proxy.url, (await proxy.login('tester2')).credentials, owner.account),
      ],
      [
        'an anonymous one',
        401,
        {},
        (proxy, owner) => new Client(proxy.url, Headers.none, owner.account),
      ],
      [
        'an anonymous one that may read',
        401,
        { 'X-Container-Read': '.r:*,.rlistings' },
        (proxy, owner) => new Client(proxy.url, Headers.none, owner.account),
      ],
      [
        'one with a token that is none',
        401,
        {},
        (proxy, owner) =>
          new Client(proxy.url, Headers.of({ 'X-Auth-Token': 'AUTH_tkforged' }), owner.account),
      ],
      [
        'one with an empty token',
        401,
        {},
        (proxy, owner) => new Client(proxy.url, Headers.of({ 'X-Auth-Token': '' }), owner.account),
      ],
    ];

    describe.each(
      partOf(
        [
          ['the service user', withServiceUser],
          ["the client's token", withClientsToken],
        ],
        { oneOf: 2 },
      ),
    )('archiving with %s', (_, proxy) => {
      describe.each(partOf(clients, { oneOf: 14, from: MODES.indexOf(mode) }))(
        '%s is answered %i',
        (_who, status, rights, clientOf) => {
          it('and changes nothing, whatever it tries', async () => {
            const scene = await begin(proxy, mode, rights);
            const client = await clientOf(proxy, scene.owner);
            for (const [what, write] of WRITES) {
              // COPY reads first, and only tester3 may read the source of this one
              const answer = await write(client, scene.path, scene.source);
              expect([what, answer.status]).toEqual([what, status]);
              await expectUntouched(scene);
            }
          });

          it('and leaves no marker by deleting a missing object', async () => {
            const scene = await begin(proxy, mode, rights);
            const client = await clientOf(proxy, scene.owner);
            const none = pathOf(scene.container, 'none');
            expect((await client.ask('DELETE', none)).status).toBe(status);
            await expectUntouched(scene);
          });
        },
      );
    });

    describe("archiving with the client's token", () => {
      it('the owner keeps versions', async () => {
        const { owner, container, archive, path } = await begin(withClientsToken, mode, {});
        expect((await owner.ask('PUT', path, {}, 'after')).status).toBe(201);
        expect(await bodies(owner, archive)).toEqual(['oldest', 'before']);
        expect((await owner.ask('DELETE', path)).status).toBe(204);
        expect(await current(owner, container, OBJECT)).toBe(mode === 'stack' ? 'before' : 404);
      });

      it.each(WRITES)(
        'one that may only write is refused with a reason: %s',
        async (_what, write) => {
          const scene = await begin(withClientsToken, mode, { 'X-Container-Write': TESTER3 });
          const writer = await withClientsToken.login('tester3');
          const { status, body } = await write(writer, scene.path, scene.source);
          expect(status).toBe(403);
          expect(body.toString()).not.toBe('');
          await expectUntouched(scene);
        },
      );

      it('one that may read and write here and in the archive keeps versions', async () => {
        const rights = { 'X-Container-Read': TESTER3, 'X-Container-Write': TESTER3 };
        const { owner, container, archive, path } = await begin(withClientsToken, mode, rights);
        await mustBe(204, owner.ask('POST', `/${archive}`, rights));
        const writer = await withClientsToken.login('tester3');
        const { status, body } = await writer.ask('PUT', path, {}, 'after');
        // the setting is on the container, whose headers TempAuth shows fully to admins
        // only
        expect([status, body.toString()]).toEqual([201, '']);
        expect(await bodies(owner, archive)).toEqual(['oldest', 'before']);
        expect((await writer.ask('DELETE', path)).status).toBe(204);
        expect(await current(owner, container, OBJECT)).toBe(mode === 'stack' ? 'before' : 404);
      });
    });
  });

  describe('a right that is withdrawn at the store', () => {
    /** Revokes a right past the proxy that the writer has just used. */
    async function withdrawn(mode: Mode) {
      const scene = await begin(withServiceUser, mode, { 'X-Container-Write': TESTER3 });
      const writer = await withServiceUser.login('tester3');
      await mustBe(201, writer.ask('PUT', scene.path, {}, 'remembered'));
      await mustBe(201, scene.owner.ask('PUT', scene.path, {}, 'before'));
      const direct = await login(plain, 'tester');
      await mustBe(
        204,
        direct.ask('POST', `/${scene.container}`, { 'X-Remove-Container-Write': 'x' }),
      );
      return { ...scene, writer };
    }

    describe.each(MODES)('%s mode', (mode) => {
      const writes = partOf(WRITES, { oneOf: 4, from: MODES.indexOf(mode) });
      it.each(writes)('is none from then on, though it is remembered: %s', async (_what, write) => {
        const { owner, container, archive, path, source, writer } = await withdrawn(mode);
        for (let i = 0; i < 2; i++) {
          expect((await write(writer, path, source)).status).toBe(403);
          expect(await current(owner, container, OBJECT)).toBe('before');
          expect((await everything(owner, archive)).map(({ body }) => body)).toEqual([
            'oldest',
            'before',
            'remembered',
          ]);
        }
      });

      it('writes no marker for a missing object', async () => {
        const { owner, container, archive, writer } = await withdrawn(mode);
        expect((await writer.ask('DELETE', pathOf(container, 'none'))).status).toBe(403);
        expect((await everything(owner, archive)).filter(({ isMarker }) => isMarker)).toEqual([]);
      });
    });
  });

  it.each([
    ['with a service user', withServiceUser],
    ["with the client's token", withClientsToken],
  ])(
    "%s, a client that may not change a container's setting is answered by the store",
    async (_, proxy) => {
      const { owner, container } = await begin(proxy, 'history', {});
      const { credentials } = await proxy.login('tester3');
      const [past, through] = [plain, proxy.url].map(
        (url) => new Client(url, credentials, owner.account),
      );
      const nobody = new Client(proxy.url, Headers.none, owner.account);
      for (const change of [
        { 'X-Versions-Location': 'elsewhere' },
        { 'X-Remove-History-Location': 'x' },
      ]) {
        for (const method of ['PUT', 'POST']) {
          const expected = await past!.ask(method, `/${container}`, { 'X-Container-Meta-A': 'b' });
          const answer = await through!.ask(method, `/${container}`, change);
          expect([answer.status, answer.body.toString()]).toEqual([403, expected.body.toString()]);
          const unknown = await nobody.ask(method, `/${container}`, change);
          expect(unknown.status).toBe(401);
          expect(unknown.headers.has('www-authenticate')).toBe(true);
        }
      }
      const { headers } = await owner.ask('HEAD', `/${container}`);
      expect(headers.has('x-history-location')).toBe(true);
    },
  );

  it('the service user is not used for reads: nobody reads through it', async () => {
    const { owner, archive } = await begin(withServiceUser, 'history', {
      'X-Container-Write': TESTER3,
    });
    const [name = ''] = await owner.names(archive);
    const writer = await withServiceUser.login('tester3');
    expect((await writer.ask('GET', pathOf(archive, name))).status).toBe(403);
    expect((await writer.ask('DELETE', pathOf(archive, name))).status).toBe(403);
  });

  it('the service user writes only where the client may, in any account', async () => {
    const owner = await withServiceUser.login('tester');
    const scene = await begin(withServiceUser, 'history', {});
    const stranger = await withServiceUser.login('tester2');
    const ownContainer = await newContainer(stranger);
    await put(stranger, ownContainer, 'source', 'copied');
    const copied = await stranger.ask('COPY', pathOf(ownContainer, 'source'), {
      Destination: scene.path,
      'Destination-Account': owner.account.replace('/v1/', ''),
    });
    expect(copied.status).toBe(403);
    await expectUntouched(scene);
  });
});
