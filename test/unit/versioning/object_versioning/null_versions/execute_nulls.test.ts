import { findNull } from '../../../../../src/versioning/object_versioning/null_versions/execute_nulls';
import type { Verdict } from '../../../../../src/versioning/archive/execute';
import { StoreError } from '../../../../../src/util/store_error';
import { id, IdsWorld, NOW, OBJECT, VERSIONS } from '../../../../support/stores/ids_world';

const notNow: [Verdict, object, readonly string[]][] = [
  ['stop', { result: 'stopped' }, []],
  ['pass', { result: 'forwarded' }, ['forward c/o']],
];
const NULLS = 'application/x-null-versions;hindsight_nulls=';

describe('a write with versions switched off', () => {
  it('goes to the object, and drops the null version', async () => {
    const world = await new IdsWorld()
      .nulls([id(1), 'one'])
      .version(id(2), 'two')
      .link(id(2));
    const result = await world.versions.replace(OBJECT, world.operation('three'));
    expect(result).toEqual({ result: 'forwarded' });
    expect(world.asked()).toEqual([
      'look c/o',
      'stat index',
      `stat ${id(1)}`,
      `begin changed.link_${id(2)}....${id(1)}..${NOW}`,
      'forward c/o',
      `remove ${id(1)}`,
      'end',
    ]);
    expect(world.guarded).toEqual([expect.objectContaining({ link: IdsWorld.at(id(2)) })]);
  });

  it('looks for no other if the object is the null version', async () => {
    const world = new IdsWorld().nulls([id(1), 'one']);
    await world.itself('two');
    await world.versions.replace(OBJECT, world.operation('three'));
    expect(world.asked()).toEqual(['look c/o', 'forward c/o']);
  });

  it.each(['failed', 'unknown'] as const)(
    'drops nothing if it is not done: %s',
    async (outcome) => {
      const world = new IdsWorld().nulls([id(1), 'one']);
      await world.versions.replace(OBJECT, world.operation('two', { outcome }));
      expect(world.ids()).toEqual([id(1)]);
    },
  );

  it('is done also if the null version cannot be dropped', async () => {
    const world = new IdsWorld().nulls([id(1), 'one']);
    world.told.fails.set('remove', new StoreError('unavailable', 'no answer'));
    expect(await world.versions.replace(OBJECT, world.operation('two'))).toEqual({
      result: 'forwarded',
    });
    expect(world.logged).toHaveLength(1);
  });

  it.each(notNow)('changes nothing if the guard says: %s', async (verdict, result, done) => {
    const world = new IdsWorld().nulls([id(1), 'one']);
    expect(await world.versions.replace(OBJECT, world.operation('two', {}, verdict))).toEqual(
      result,
    );
    expect(world.asked()).toEqual(['look c/o', ...done]);
  });
});

describe('a DELETE with versions switched off', () => {
  it('writes a marker that is indexed first, and drops the null version', async () => {
    const world = await new IdsWorld()
      .nulls([id(1), 'one'])
      .version(id(2), 'two')
      .link(id(2));
    const result = await world.versions.deleteNull(OBJECT, world.operation(undefined));
    expect(result).toEqual({ result: 'forwarded', id: NOW, isNull: true });
    expect(world.changes()).toEqual([
      `begin changed.link_${id(2)}..${NOW}..${id(1)}`,
      `putNote index ${NULLS}${NOW}_${id(1)}`,
      expect.stringMatching(`^putVersionMarker ${NOW} .*;hindsight_null=${NOW}$`),
      'forward c/o',
      `remove ${id(1)}`,
      'end',
    ]);
    expect(world.guarded).toHaveLength(1);
  });

  it('indexes each id under which it tries to write its marker, even where it notes that', async () => {
    const world = await new IdsWorld()
      .nulls([id(1), 'one'])
      .version(id(2), 'two')
      .link(id(2));
    world.told.before = (text) => {
      if (text.startsWith('putVersionMarker') && world.ids().length === 2)
        world.version(NOW, 'one');
    };
    expect(await world.versions.deleteNull(OBJECT, world.operation(undefined))).toMatchObject({
      id: '2000000000.00001',
    });
    expect(await findNull(world.map, VERSIONS, OBJECT)).toMatchObject({
      found: { id: '2000000000.00001', isMarker: true },
    });
    expect(world.changes().filter((each) => each.startsWith('begin'))).toEqual([
      `begin changed.link_${id(2)}..${NOW}..${id(1)}`,
      `begin changed.link_${id(2)}..2000000000.00001..${id(1)}`,
    ]);
  });

  it('replaces a marker before', async () => {
    const world = new IdsWorld().nulls([id(1)]);
    await world.versions.deleteNull(OBJECT, world.operation(undefined));
    expect(world.ids()).toEqual([NOW]);
  });

  it.each(notNow)('changes nothing if the guard says: %s', async (verdict, result, done) => {
    const world = new IdsWorld().nulls([id(1), 'one']);
    expect(
      await world.versions.deleteNull(OBJECT, world.operation(undefined, {}, verdict)),
    ).toEqual(result);
    expect(world.asked()).toEqual(['look c/o', ...done]);
  });
});

describe('a DELETE with versions switched off, of a name that leaves no room for a marker', () => {
  const tooLong = new StoreError(
    'refused',
    'could not write it: the store answered 400 (Object name length of 1025 longer than 1024)',
    400,
  );
  /** The writes, of which the first one that is too long fails. */
  const WRITES = ['putVersionMarker', 'putNote versions/o', 'putNote'];

  it.each(WRITES)('deletes the object, and leaves nothing: %s', async (write) => {
    const world = new IdsWorld();
    await world.itself('one');
    world.told.fails.set(write, tooLong);
    const result = await world.versions.deleteNull(OBJECT, world.operation(undefined));
    expect(result).toEqual({ result: 'forwarded', isUnmarked: true });
    expect(world.map.dump()).toEqual([]);
    expect(world.guarded).toHaveLength(1);
  });

  it('deletes what is not there, too', async () => {
    const world = new IdsWorld();
    world.told.fails.set('putVersionMarker', tooLong);
    const result = await world.versions.deleteNull(OBJECT, world.operation(undefined));
    expect(result).toEqual({ result: 'forwarded', isUnmarked: true });
    expect(world.map.dump()).toEqual([]);
  });

  it('is refused if the object has versions: those of a store that once allowed more', async () => {
    const world = await new IdsWorld().version(id(2), 'two').link(id(2));
    world.told.fails.set('putVersionMarker', tooLong);
    await expect(world.versions.deleteNull(OBJECT, world.operation(undefined))).rejects.toBe(
      tooLong,
    );
    expect(world.map.body(IdsWorld.at(id(2)))).toBe('two');
  });

  it('is refused for any other reason', async () => {
    const world = new IdsWorld();
    await world.itself('one');
    const other = new StoreError('refused', 'could not write it: the store answered 400', 400);
    world.told.fails.set('putVersionMarker', other);
    await expect(world.versions.deleteNull(OBJECT, world.operation(undefined))).rejects.toBe(other);
    expect(world.map.body(OBJECT)).toBe('one');
  });

  it('keeps the object while versions are on, and leaves nothing', async () => {
    const world = new IdsWorld();
    await world.itself('one');
    world.told.fails.set('copy', tooLong);
    await expect(world.versions.delete(OBJECT, world.operation(undefined))).rejects.toBe(tooLong);
    expect(world.map.dump()).toHaveLength(1);
    expect(world.map.body(OBJECT)).toBe('one');
  });
});

describe('the place of a version', () => {
  it('is the object if that has no id, and the null version is requested', async () => {
    const world = new IdsWorld().nulls([id(1), 'one']);
    await world.itself('two');
    expect(await world.versions.locate(OBJECT, undefined)).toEqual(OBJECT);
    expect(world.asked()).toEqual(['look c/o']);
  });

  it('is the object if that is a link to it', async () => {
    const world = await new IdsWorld().nulls([id(1), 'one']).link(id(1));
    expect(await world.versions.locate(OBJECT, id(1))).toEqual(OBJECT);
    expect(await world.versions.locate(OBJECT, undefined)).toEqual(OBJECT);
  });

  it('is its own if the object is a link to another, or none', async () => {
    const world = await new IdsWorld()
      .nulls([id(1), 'one'])
      .version(id(2), 'two')
      .link(id(2));
    expect(await world.versions.locate(OBJECT, id(1))).toEqual(IdsWorld.at(id(1)));
    expect(await world.versions.locate(OBJECT, undefined)).toEqual(IdsWorld.at(id(1)));
    await world.itself('three');
    expect(await world.versions.locate(OBJECT, id(2))).toEqual(IdsWorld.at(id(2)));
  });

  it('is nowhere if there is no null version', async () => {
    const world = await new IdsWorld().version(id(2), 'two').link(id(2));
    expect(await world.versions.locate(OBJECT, undefined)).toBeUndefined();
  });
});

describe('the removal of a version', () => {
  const remove = (
    world: IdsWorld,
    asked: string | undefined,
    outcome: 'done' | 'failed' | 'unknown' = 'done',
  ) => world.versions.removeVersion(OBJECT, asked, world.operation(undefined, { outcome }));

  it('leaves the current version if that is another', async () => {
    const world = await new IdsWorld().version(id(1), 'one').version(id(2), 'two').link(id(2));
    expect(await remove(world, id(1))).toEqual({
      result: 'removed',
      isMarker: false,
      current: id(2),
    });
    expect(world.asked()).toEqual(['look c/o', `stat ${id(1)}`, `remove ${id(1)}`]);
  });

  it('leaves what has no id', async () => {
    const world = new IdsWorld().version(id(1));
    await world.itself('two');
    expect(await remove(world, id(1))).toEqual({ result: 'removed', isMarker: true });
    expect(world.asked()).toEqual(['look c/o', `stat ${id(1)}`, `remove ${id(1)}`]);
  });

  it('makes the one before current, and then removes it', async () => {
    const world = await new IdsWorld().version(id(1), 'one').version(id(2), 'two').link(id(2));
    expect(await remove(world, id(2))).toEqual({
      result: 'removed',
      isMarker: false,
      current: id(1),
    });
    expect(world.changes()).toEqual([
      `begin changed.link_${id(2)}....${id(2)}`,
      `putLink c/o ${id(1)} {"etag":"one","contentType":"text/plain;hindsight_newest=${id(2)}"}`,
      `remove ${id(2)}`,
      'end',
    ]);
  });

  it('of a marker makes the one before current', async () => {
    const world = new IdsWorld().version(id(1), 'one').version(id(2));
    expect(await remove(world, id(2))).toEqual({
      result: 'removed',
      isMarker: true,
      current: id(1),
    });
    expect(world.changes()).toEqual([
      `begin changed.nothing....${id(2)}`,
      `putLink c/o ${id(1)} {"etag":"one","contentType":"text/plain;hindsight_newest=${id(2)}"}`,
      `remove ${id(2)}`,
      'end',
    ]);
  });

  it('of a marker notes the newest that is listed', async () => {
    const world = new IdsWorld()
      .version(id(1), 'one')
      .version(id(2))
      .version(id(3), 'never current');
    await remove(world, id(2));
    expect(world.changes()[1]).toContain(`hindsight_newest=${id(3)}`);
  });

  it('of an older marker makes nothing current', async () => {
    const world = new IdsWorld().version(id(1), 'one').version(id(2)).version(id(3));
    expect(await remove(world, id(2))).toEqual({ result: 'removed', isMarker: true });
    expect(world.changes()).toEqual([`remove ${id(2)}`]);
  });

  it('does without one that is listed and has gone', async () => {
    const world = await new IdsWorld()
      .version(id(1), 'one')
      .version(id(2), 'two')
      .version(id(3), 'three')
      .link(id(3));
    world.told.before = (text) => {
      if (text.startsWith('stat versions/')) world.map.delete(IdsWorld.at(id(2)));
    };
    expect(await remove(world, id(3))).toMatchObject({ current: id(1) });
  });

  it('of the last lets the object go', async () => {
    const world = await new IdsWorld().version(id(1), 'one').link(id(1));
    expect(await remove(world, id(1))).toEqual({ result: 'removed', isMarker: false });
    expect(world.changes()).toEqual([
      `begin changed.link_${id(1)}....${id(1)}`,
      'forward c/o',
      `remove ${id(1)}`,
      'end',
    ]);
  });

  it('of a marker with nothing before it leaves nothing', async () => {
    const world = new IdsWorld().version(id(1));
    expect(await remove(world, id(1))).toEqual({ result: 'removed', isMarker: true });
    expect(world.changes()).toEqual([`remove ${id(1)}`]);
  });

  it.each([
    ['failed', ['end']],
    ['unknown', []],
  ] as const)('does not happen if the object stays: %s', async (outcome, then) => {
    const world = await new IdsWorld().version(id(1), 'one').link(id(1));
    expect(await remove(world, id(1), outcome)).toEqual({ result: 'refused' });
    expect(world.changes().slice(1)).toEqual(['forward c/o', ...then]);
  });

  it('is one of nothing if it is missing, and reports the current version', async () => {
    const world = await new IdsWorld().version(id(1), 'one').link(id(1));
    expect(await remove(world, id(2))).toEqual({ result: 'missing', current: id(1) });
    await world.itself('two');
    expect(await remove(world, id(2))).toEqual({ result: 'missing', current: undefined });
    expect(world.changes()).toEqual([]);
  });

  it('is one of nothing if it goes meanwhile', async () => {
    const world = await new IdsWorld().version(id(1), 'one').version(id(2), 'two').link(id(2));
    world.told.before = (text) => {
      if (text.startsWith('remove')) world.map.delete(IdsWorld.at(id(1)));
    };
    expect(await remove(world, id(1))).toEqual({
      result: 'missing',
      isMarker: false,
      current: id(2),
    });
  });

  it('looks at a hundred of the newest, and at no other object’s', async () => {
    const world = await new IdsWorld().version(id(1), 'one').link(id(1));
    await remove(world, id(1));
    expect(world.asked()).toContain(`firstEntries a ${VERSIONS} o\x01\x01 100`);
  });

  it('takes for a version only what has the name of one', async () => {
    const world = await new IdsWorld().version(id(1), 'one').version(id(2), 'two').link(id(2));
    world.map.put({ ...OBJECT, container: VERSIONS, object: 'o\x01\x01none' }, 'none');
    expect(await remove(world, id(1))).toMatchObject({ result: 'removed' });
    expect(await remove(world, id(2))).toEqual({ result: 'removed', isMarker: false });
  });
});

describe('the removal of the null version', () => {
  const remove = (world: IdsWorld, outcome: 'done' | 'failed' = 'done') =>
    world.versions.removeVersion(OBJECT, undefined, world.operation(undefined, { outcome }));

  it('of a link to it makes the one before current, and forgets that there was one', async () => {
    const world = await new IdsWorld()
      .version(id(1), 'one')
      .nulls([id(2), 'two'])
      .link(id(2));
    expect(await remove(world)).toEqual({ result: 'removed', isMarker: false, current: id(1) });
    expect(world.changes()).toEqual([
      `begin changed.link_${id(2)}....${id(2)}`,
      `putLink c/o ${id(1)} {"etag":"one","contentType":"text/plain;hindsight_newest=${id(2)}"}`,
      `remove ${id(2)}`,
      'end',
      'remove index',
    ]);
  });

  it('keeps the index of another', async () => {
    const world = await new IdsWorld()
      .nulls([id(2), 'two'], [id(1), 'one'])
      .version(id(3), 'three')
      .link(id(3));
    expect(await remove(world)).toEqual({ result: 'removed', isMarker: false, current: id(3) });
    expect(world.changes()).toEqual([`remove ${id(2)}`]);
  });

  it('is not that of a version by its id: its index stays', async () => {
    const world = await new IdsWorld()
      .nulls([id(1), 'one'])
      .version(id(2), 'two')
      .link(id(2));
    await world.versions.removeVersion(OBJECT, id(1), world.operation(undefined));
    expect(world.asked()).toEqual(['look c/o', `stat ${id(1)}`, `remove ${id(1)}`]);
  });

  it('is one of nothing if there is none', async () => {
    const world = await new IdsWorld().version(id(1), 'one').link(id(1));
    expect(await remove(world)).toEqual({ result: 'missing', current: id(1) });
    expect(world.changes()).toEqual([]);
  });

  it('that is the object itself makes the newest version current', async () => {
    const world = new IdsWorld().version(id(1), 'one').version(id(2), 'two');
    const timestamp = await world.itself('three');
    expect(await remove(world)).toEqual({ result: 'removed', current: id(2) });
    expect(world.changes()).toEqual([
      `putLink c/o ${id(2)} {"etag":"two","contentType":"text/plain;hindsight_newest=${timestamp}"}`,
    ]);
  });

  it('that is the object itself removes what is left over of others, after it', async () => {
    const world = new IdsWorld().version(id(1), 'one').nulls([id(3)], [id(2), 'two']);
    const timestamp = await world.itself('three');
    expect(await remove(world)).toEqual({ result: 'removed', current: id(2) });
    expect(world.changes()).toEqual([
      `begin changed.null_${timestamp}....${id(3)}`,
      `putLink c/o ${id(2)} {"etag":"two","contentType":"text/plain;hindsight_null=${id(2)};hindsight_newest=${timestamp}"}`,
      `remove ${id(3)}`,
      'end',
    ]);
  });

  it('that is the object itself lets it go if nothing takes its place', async () => {
    const world = new IdsWorld().version(id(1));
    await world.itself('two');
    expect(await remove(world)).toEqual({ result: 'removed' });
    expect(world.changes()).toEqual(['forward c/o']);
  });

  it('that is the object itself does not happen if it stays', async () => {
    const world = new IdsWorld().nulls([id(1)]);
    await world.itself('two');
    expect(await remove(world, 'failed')).toEqual({ result: 'refused' });
    expect(world.changes().slice(1)).toEqual(['forward c/o', 'end']);
  });
});

describe('who looks for the null version without the lock', () => {
  it('finds the object itself by one request', async () => {
    const world = new IdsWorld().nulls([id(1), 'one']);
    await world.itself('two');
    expect(await findNull(world.told.store, VERSIONS, OBJECT)).toEqual({
      found: 'itself',
      mayHaveMoved: false,
    });
    expect(world.asked()).toEqual(['stat c/o']);
  });

  it.each([
    [
      'a version that is told of',
      [[id(1), 'one']],
      { found: { id: id(1), isMarker: false }, mayHaveMoved: false },
    ],
    ['a marker', [[id(1)]], { found: { id: id(1), isMarker: true }, mayHaveMoved: false }],
    ['none if nothing is told', [], { found: undefined, mayHaveMoved: false }],
  ] as const)('finds %s', async (_, kept, found) => {
    const world = new IdsWorld().nulls(...kept);
    expect(await findNull(world.map, VERSIONS, OBJECT)).toEqual(found);
  });

  it('is to look again if what is told is not there', async () => {
    const world = new IdsWorld().index(id(1));
    expect(await findNull(world.map, VERSIONS, OBJECT)).toEqual({
      found: undefined,
      mayHaveMoved: true,
    });
  });
});
