import {
  unfinishedName,
  unfinishedType,
} from '../../../../src/versioning/object_versioning/unfinished_note';
import { Headers } from '../../../../src/http/headers';
import { StoreError } from '../../../../src/util/store_error';
import type { TypedEntry } from '../../../../src/versioning/store/store';
import { id, IdsWorld, NOW, OBJECT } from '../../../support/stores/ids_world';

/** A version that nothing links to: its process was killed just after writing it. */
async function withUnlinked(): Promise<IdsWorld> {
  const world = await new IdsWorld().version(id(1), 'one').version(id(2), 'two').link(id(1));
  world.told.asked.splice(0);
  return world;
}

/** The listing of the object's container, restricted to the object. */
const LISTING = 'firstEntries a c o 1';

describe('a version that is newer than what the object was ever', () => {
  it('is dropped by the next write', async () => {
    const world = await withUnlinked();
    await world.versions.write(OBJECT, world.operation('three', { etag: 'three' }), true);
    expect(world.map.body(IdsWorld.at(id(2)))).toBeUndefined();
    expect(world.map.body(IdsWorld.at(NOW))).toBe('three');
    expect(world.asked()).toContain(LISTING);
  });

  it.each([
    ['the listing knows of a newer state', (time: number) => time + 1],
    ['the listing does not say when', () => undefined],
  ])('stays if %s, since a replica may have missed it', async (_, change) => {
    const world = await withUnlinked();
    world.told.answer = (text, answer) => {
      if (text !== LISTING) return answer;
      const entries = answer as TypedEntry[];
      return entries.map((entry) => ({ ...entry, time: change(entry.time ?? 0) }));
    };
    await world.versions.write(OBJECT, world.operation('three', { etag: 'three' }), true);
    expect(world.map.body(IdsWorld.at(id(2)))).toBe('two');
    expect(world.map.body(IdsWorld.at(NOW))).toBe('three');
  });

  it('stays if the object is not to be found, but listed', async () => {
    const world = await withUnlinked();
    world.told.answer = (text, answer) => (text === 'stat c/o' ? undefined : answer);
    await world.versions.write(OBJECT, world.operation('three', { etag: 'three' }), true);
    expect(world.map.body(IdsWorld.at(id(2)))).toBe('two');
  });

  it('stays for a client that may not list', async () => {
    const world = await withUnlinked();
    world.told.fails.set(LISTING, new StoreError('refused', 'not allowed', 403));
    await world.versions.write(OBJECT, world.operation('three', { etag: 'three' }), true);
    expect(world.map.body(IdsWorld.at(id(2)))).toBe('two');
  });

  it('asks for no listing of the object’s container if there is none', async () => {
    const world = await new IdsWorld().version(id(1), 'one').link(id(1));
    await world.versions.write(OBJECT, world.operation('two', { etag: 'two' }), true);
    expect(world.asked()).not.toContain(LISTING);
  });
});

describe('the null version that a write was to replace', () => {
  /** The write is noted, and then its process is killed. */
  async function withNoted(): Promise<IdsWorld> {
    const world = await new IdsWorld()
      .nulls([id(1), 'one'])
      .version(id(2), 'two')
      .link(id(2));
    const unfinished = {
      happens: 'changed',
      over: `link_${id(2)}`,
      adds: [],
      drops: [id(1)],
      by: id(7),
    } as const;
    const type = Headers.of({ 'Content-Type': unfinishedType(unfinished) });
    world.map.put({ ...IdsWorld.at(id(1)), object: unfinishedName('o') }, '', type);
    return world;
  }

  it.each([
    ['goes if that write has made the object', { operation: id(7) }, undefined],
    ['stays if another write has made it', { operation: id(8) }, 'one'],
    ['stays if a server of 0.1.0 has made it', {}, 'one'],
  ])('%s', async (_, notes, body) => {
    const world = await withNoted();
    world.map.put(OBJECT, 'three', Headers.none, notes);
    await world.versions.settle(OBJECT);
    expect(world.map.body(IdsWorld.at(id(1)))).toBe(body);
    expect(world.asked()).toContain('end');
  });

  it.each([
    ['stays if nothing has made it', async (world: IdsWorld) => void (await world.link(id(2)))],
    ['stays if the object was removed', (world: IdsWorld) => void world.map.delete(OBJECT)],
  ])('%s', async (_, change) => {
    const world = await withNoted();
    await change(world);
    await world.versions.settle(OBJECT);
    expect(world.map.body(IdsWorld.at(id(1)))).toBe('one');
  });
});

describe('a delete marker that is noted as begun', () => {
  it('stays if it is there, also behind versions of a server that does not see the note', async () => {
    const world = new IdsWorld();
    const noted = { happens: 'written', over: 'nothing', adds: [id(1)], drops: [] } as const;
    const type = Headers.of({ 'Content-Type': unfinishedType(noted) });
    world.map.put({ ...IdsWorld.at(id(1)), object: unfinishedName('o') }, '', type);
    world.version(id(1));
    for (const n of [2, 3, 4, 5]) world.version(id(n), `body ${n}`);
    await world.link(id(5));
    await world.versions.write(OBJECT, world.operation('six', { etag: 'six' }), true);
    expect(world.ids()).toContain(id(1));
  });
});
