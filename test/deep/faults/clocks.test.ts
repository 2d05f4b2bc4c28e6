import { MODE_HEADER, MODES, mustBe } from '../../support/clients/containers';
import type { FaultyStore, Rule } from '../../support/stores/faulty_store';
import { KillableStore } from '../../support/servers/killable_store';
import { newContainerWithIds } from '../../support/clients/with_ids';
import { suiteBench, type SuiteBench } from './bench';
import { look, MARKER, prepare, type Scene } from './scenes';

const HOUR = 3_600_000;
const realNow = Date.now.bind(Date);

describe('clocks', () => {
  // a separate process, so that its clock is right while this one's is wrong
  let store: KillableStore | undefined;
  afterAll(() => store?.stop());
  const { bench }: SuiteBench = suiteBench(
    async () => (store ??= await KillableStore.embedded()).url,
    true,
    0,
    'allow_object_versioning = true',
  );
  afterEach(() => jest.restoreAllMocks());

  function setClock(ahead: number): void {
    jest.spyOn(Date, 'now').mockImplementation(() => realNow() + ahead);
  }

  const put = async ({ client, path }: Scene, body: string) =>
    mustBe(201, client.ask('PUT', path, {}, body));
  const remove = async ({ client, path }: Scene, status = 204) =>
    mustBe(status, client.ask('DELETE', path));

  it.each([
    ['behind', -HOUR],
    ['ahead', HOUR],
  ])('of a proxy that is an hour %s put delete markers where they belong', async (_, ahead) => {
    const { client, direct } = bench();
    const scene = await prepare(client, 'history', []);
    setClock(ahead);
    await put(scene, 'one');
    await remove(scene);
    await put(scene, 'two');
    await remove(scene);
    await put(scene, 'three');
    await put(scene, 'four');
    const archive = ['one', MARKER, 'two', MARKER, 'three'];
    expect(await look(direct, scene)).toEqual({ current: 'four', archive });
  });

  it('of a proxy that is an hour behind put the marker of nothing after what was there', async () => {
    const { client, direct } = bench();
    const scene = await prepare(client, 'history', []);
    setClock(-HOUR);
    await put(scene, 'one');
    await remove(scene);
    await remove(scene, 404);
    await put(scene, 'two');
    await put(scene, 'three');
    const archive = ['one', MARKER, MARKER, 'two'];
    expect(await look(direct, scene)).toEqual({ current: 'three', archive });
  });

  it('that step between a delete and what follows keep the order', async () => {
    const { client, direct } = bench();
    const scene = await prepare(client, 'history', []);
    for (const [i, ahead] of [HOUR, -HOUR, 5 * HOUR, 0, -24 * HOUR].entries()) {
      setClock(ahead);
      await put(scene, `body ${i}`);
      await remove(scene);
    }
    const archive = [0, 1, 2, 3, 4].flatMap((i) => [`body ${i}`, MARKER]);
    expect(await look(direct, scene)).toEqual({ current: undefined, archive });
    await mustBe(
      204,
      client.ask('POST', `/${scene.container}`, { [MODE_HEADER.stack]: scene.archive }),
    );
    for (const i of [4, 3]) {
      await remove(scene);
      expect((await look(direct, scene)).current).toBe(`body ${i}`);
      await mustBe(204, direct.ask('DELETE', scene.path));
    }
  });

  describe('of a Swift that drops writes as older than the existing object', () => {
    const dropping =
      (value: string, header: string): Rule =>
      ({ method, path, headers }) =>
        method === 'PUT' && path.endsWith(value) && headers.has(header)
          ? (exchange) => exchange.answer({ status: 202 })
          : undefined;

    it('take no version out of the archive that was not restored', async () => {
      const { client, direct, faulty } = bench();
      const scene = await prepare(client, 'stack', ['one', 'two']);
      const { end } = faulty.inject(scene.id, dropping(scene.path, 'x-copy-from'));
      await remove(scene, 503);
      end();
      expect(await look(direct, scene)).toEqual({ current: 'two', archive: ['one'] });
      await remove(scene);
      expect(await look(direct, scene)).toEqual({ current: 'one', archive: [] });
    });

    it('do not let clients take an older object for the current one', async () => {
      const { client, faulty } = bench();
      const container = await newContainerWithIds(client);
      const path = `/${container}/o`;
      const { headers } = await mustBe(201, client.ask('PUT', path, {}, 'one'));
      const { end } = faulty.inject(container, dropping(path, 'x-symlink-target'));
      await mustBe(503, client.ask('PUT', path, {}, 'two'));
      const id = headers.get('x-object-version-id') ?? '';
      await mustBe(503, client.ask('PUT', `${path}?version-id=${id}`));
      end();
      expect((await client.ask('GET', path)).body.toString()).toBe('one');
      await mustBe(201, client.ask('PUT', path, {}, 'three'));
      expect((await client.ask('GET', path)).body.toString()).toBe('three');
    });
  });

  describe('of whole seconds', () => {
    /** Acts as a store without X-Timestamp, with only Last-Modified for times. */
    async function withoutTimestamps(
      faulty: FaultyStore,
      scene: Scene,
      test: () => Promise<void>,
    ): Promise<void> {
      const { end } = faulty.inject(scene.id, ({ method }) =>
        method === 'HEAD' || method === 'GET'
          ? async (exchange) => {
              const passed = await exchange.pass();
              exchange.answer({ ...passed, headers: passed.headers.without('x-timestamp') });
            }
          : undefined,
      );
      await test().finally(end);
    }

    it.each(MODES)('let no version overwrite another (%s)', async (mode) => {
      const { client, direct, faulty } = bench();
      const scene = await prepare(client, mode, []);
      const bodies = Array.from({ length: 12 }, (_, i) => `body ${i}`);
      await withoutTimestamps(faulty, scene, async () => {
        for (const body of bodies) await put(scene, body);
      });
      expect(await look(direct, scene)).toEqual({
        current: 'body 11',
        archive: bodies.slice(0, -1),
      });
    });

    it('let none overwrite another if some are deleted (history)', async () => {
      const { client, direct, faulty } = bench();
      const scene = await prepare(client, 'history', []);
      await withoutTimestamps(faulty, scene, async () => {
        for (let i = 0; i < 4; i++) {
          await put(scene, `body ${i}`);
          await remove(scene);
        }
      });
      const { archive } = await look(direct, scene);
      expect(archive.filter((each) => each !== MARKER)).toEqual([
        'body 0',
        'body 1',
        'body 2',
        'body 3',
      ]);
    });

    it('restore one version after the other (stack)', async () => {
      const { client, direct, faulty } = bench();
      const scene = await prepare(client, 'stack', []);
      await withoutTimestamps(faulty, scene, async () => {
        for (let i = 0; i < 5; i++) await put(scene, `body ${i}`);
        for (let i = 3; i >= 0; i--) {
          await remove(scene);
          expect((await look(direct, scene)).current).toBe(`body ${i}`);
        }
        await remove(scene);
      });
      expect(await look(direct, scene)).toEqual({ current: undefined, archive: [] });
    });
  });
});
