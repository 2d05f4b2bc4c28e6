import { newestNoteOf } from '../../../../src/versioning/object_versioning/execute_versions';
import type { Verdict } from '../../../../src/versioning/archive/execute';
import { StoreError } from '../../../../src/util/store_error';
import { id, IdsWorld, NOW, OBJECT } from '../../../support/stores/ids_world';

const refused = new StoreError('refused', 'not allowed', 403);
const unavailable = new StoreError('unavailable', 'no answer');
const notNow: [Verdict, object, readonly string[]][] = [
  ['stop', { result: 'stopped' }, []],
  ['pass', { result: 'forwarded' }, ['forward c/o']],
];

describe('a write', () => {
  it('of a missing object goes to a version, and a link to it', async () => {
    const world = new IdsWorld();
    const result = await world.versions.write(
      OBJECT,
      world.operation('one', { etag: 'one' }),
      true,
    );
    expect(result).toEqual({ result: 'forwarded', id: NOW });
    expect(world.asked()).toEqual([
      'look c/o',
      `begin linked.nothing..${NOW}..`,
      `forward ${NOW}`,
      `putLink c/o ${NOW} {"etag":"one"}`,
      'end',
    ]);
    expect(world.guarded).toEqual([undefined]);
  });

  it('over a link notes nothing, and keeps nothing', async () => {
    const world = await new IdsWorld().version(id(1), 'one').link(id(1));
    await world.versions.write(OBJECT, world.operation('two', { etag: 'two' }), true);
    expect(world.asked()).toEqual([
      'look c/o',
      `forward ${NOW}`,
      `putLink c/o ${NOW} {"etag":"two"}`,
    ]);
    expect(world.guarded).toEqual([expect.objectContaining({ etag: '' })]);
  });

  it('keeps what has no id, under its timestamp, beside the null versions that there are', async () => {
    const world = new IdsWorld().nulls([id(1), 'one']);
    const timestamp = await world.itself('two');
    const result = await world.versions.write(
      OBJECT,
      world.operation('three', { etag: 'three' }),
      true,
    );
    expect(result).toEqual({ result: 'forwarded', id: NOW });
    expect(world.changes()).toEqual([
      `begin linked.null_${timestamp}..${timestamp}_${NOW}..`,
      `putNote index application/x-null-versions;hindsight_nulls=${timestamp}_${id(1)}`,
      `copy c/o ${timestamp} {} text/plain;hindsight_null=${timestamp}`,
      `forward ${NOW}`,
      `putLink c/o ${NOW} {"etag":"three"}`,
      'end',
    ]);
  });

  it('asks for the content type of a large object that it keeps', async () => {
    const world = new IdsWorld();
    const timestamp = await world.itself('one');
    world.told.answer = (text, answer) => {
      if (text.startsWith('contentType')) return 'text/large';
      return text === 'stat c/o' ? { ...(answer as object), isLarge: true } : answer;
    };
    await world.versions.write(OBJECT, world.operation('two', { etag: 'two' }), true);
    expect(world.asked()).toContain(
      `copy c/o ${timestamp} {} text/large;hindsight_null=${timestamp}`,
    );
  });

  it('does not ask for that of another', async () => {
    const world = new IdsWorld();
    await world.itself('one');
    await world.versions.write(OBJECT, world.operation('two', { etag: 'two' }), true);
    expect(world.asked()).not.toContain('contentType c/o');
  });

  it('does not keep a large object that has gone meanwhile', async () => {
    const world = new IdsWorld();
    await world.itself('one');
    world.told.answer = (text, answer) => {
      if (text.startsWith('contentType')) return undefined;
      return text === 'stat c/o' ? { ...(answer as object), isLarge: true } : answer;
    };
    const operation = world.operation('two', { outcome: 'failed' });
    expect(await world.versions.write(OBJECT, operation, true)).toEqual({ result: 'forwarded' });
    expect(world.changes().map((each) => each.split(' ')[0])).toEqual([
      'begin',
      'putNote',
      'forward',
      'end',
    ]);
  });

  it('that cannot be sent elsewhere goes to the object, and has no id', async () => {
    const world = await new IdsWorld().version(id(1), 'one').link(id(1));
    const result = await world.versions.write(OBJECT, world.operation('two'), false);
    expect(result).toEqual({ result: 'forwarded' });
    expect(world.asked()).toEqual(['look c/o', 'forward c/o']);
  });

  it('that cannot be sent elsewhere keeps what has no id', async () => {
    const world = new IdsWorld().nulls([id(1), 'one']);
    const timestamp = await world.itself('two');
    await world.versions.write(OBJECT, world.operation('three'), false);
    expect(world.changes()).toEqual([
      `begin changed.null_${timestamp}..${timestamp}..`,
      `putNote index application/x-null-versions;hindsight_nulls=${timestamp}_${id(1)}`,
      `copy c/o ${timestamp} {} text/plain;hindsight_null=${timestamp}`,
      'forward c/o',
      'end',
    ]);
  });

  it.each(notNow)('keeps nothing if the guard says: %s', async (verdict, result, done) => {
    const world = new IdsWorld();
    await world.itself('one');
    expect(await world.versions.write(OBJECT, world.operation('two', {}, verdict), true)).toEqual(
      result,
    );
    expect(world.asked()).toEqual(['look c/o', ...done]);
  });

  it('that fails removes what it kept, and makes no link', async () => {
    const world = new IdsWorld();
    const timestamp = await world.itself('one');
    const operation = world.operation('two', { outcome: 'failed' });
    expect(await world.versions.write(OBJECT, operation, true)).toEqual({ result: 'forwarded' });
    expect(world.changes().slice(3)).toEqual([`forward ${NOW}`, `remove ${timestamp}`, 'end']);
    expect(world.map.linkAt(OBJECT)).toBeUndefined();
  });

  it('that fails removes nothing if nothing could be kept', async () => {
    const world = new IdsWorld();
    await world.itself('one');
    world.map.vanishing.add('o');
    await world.versions.write(OBJECT, world.operation('two', { outcome: 'failed' }), true);
    expect(world.changes().slice(-2)).toEqual([`forward ${NOW}`, 'end']);
  });

  it('that may have been done removes nothing, and makes no link', async () => {
    const world = new IdsWorld();
    const timestamp = await world.itself('one');
    const operation = world.operation('two', { outcome: 'unknown' });
    expect(await world.versions.write(OBJECT, operation, true)).toEqual({ result: 'forwarded' });
    expect(world.changes().at(-1)).toBe(`forward ${NOW}`);
    expect(world.ids()).toEqual([timestamp]);
  });

  it('of an object that is to expire makes a version that does not, and a link that does', async () => {
    const world = new IdsWorld();
    const attributes = { etag: 'one', expiry: { at: '5' }, mayExpire: true };
    await world.versions.write(OBJECT, world.operation('one', attributes), true);
    expect(world.changes()).toEqual([
      `begin linked.nothing..${NOW}..`,
      `forward ${NOW}`,
      `keepForever ${NOW}`,
      `putLink c/o ${NOW} {"etag":"one","expiry":{"at":"5"}}`,
      'end',
    ]);
  });

  it('looks at the version if it is not known what the store made of it', async () => {
    const world = new IdsWorld();
    await world.versions.write(OBJECT, world.operation('one'), true);
    expect(world.asked().slice(3)).toEqual([
      `stat ${NOW}`,
      `putLink c/o ${NOW} {"etag":"one"}`,
      'end',
    ]);
  });

  it('of a symlink makes a link that shows only the content type of the version', async () => {
    const world = new IdsWorld();
    const link = { ...OBJECT, object: 'other' };
    world.told.answer = (text, answer) =>
      text.startsWith('stat versions/') ? { ...(answer as object), link } : answer;
    await world.versions.write(OBJECT, world.operation('one'), true);
    expect(world.asked().at(-2)).toBe(`putLink c/o ${NOW} {"contentType":"text/plain"}`);
  });

  it('does not end well if the version has gone meanwhile', async () => {
    const world = new IdsWorld();
    world.told.before = (text) => {
      if (text.startsWith('stat versions/')) world.map.delete(IdsWorld.at(NOW));
    };
    const write = world.versions.write(OBJECT, world.operation('one'), true);
    await expect(write).rejects.toMatchObject({
      code: 'unavailable',
      message: 'a version that existed a moment ago is gone',
    });
  });

  it.each([
    ['certainly', refused, 1],
    ['perhaps', unavailable, 3],
    ['by a bug', new TypeError('a bug'), 3],
  ])(
    'that made no link keeps its version unless it is sure of that: %s',
    async (_, error, count) => {
      const world = new IdsWorld().version(id(1), 'one');
      const timestamp = await world.itself('two');
      world.told.fails.set('putLink', error);
      const write = world.versions.write(OBJECT, world.operation('three', { etag: 'three' }), true);
      await expect(write).rejects.toBe(error);
      expect(world.ids()).toHaveLength(count);
      const removed = [`remove ${NOW}`, `remove ${timestamp}`, 'end'];
      expect(world.changes().filter((each) => /^(remove|end)/.test(each))).toEqual(
        count === 1 ? removed : [],
      );
    },
  );

  it('does not happen if what has no id cannot be kept', async () => {
    const world = new IdsWorld();
    await world.itself('one');
    world.told.fails.set('copy', refused);
    await expect(world.versions.write(OBJECT, world.operation('two'), true)).rejects.toBe(refused);
    expect(world.changes().some((each) => each.startsWith('forward'))).toBe(false);
  });

  it('says so in the log if what it made stays', async () => {
    const world = new IdsWorld();
    await world.itself('one');
    world.told.fails.set('remove', unavailable);
    await world.versions.write(OBJECT, world.operation('two', { outcome: 'failed' }), true);
    expect(world.logged.map((line) => JSON.parse(line) as unknown)).toMatchObject([
      {
        err: 'no answer',
        msg: 'could not remove an obsolete version; it stays until the object is next written or deleted',
      },
    ]);
  });

  it('throws on a bug, even while undoing', async () => {
    const world = new IdsWorld();
    await world.itself('one');
    world.told.fails.set('remove', new TypeError('a bug'));
    const write = world.versions.write(OBJECT, world.operation('two', { outcome: 'failed' }), true);
    await expect(write).rejects.toThrow('a bug');
  });
});

describe('the id of a version', () => {
  const AHEAD = '2000000001.00000';

  it.each<[string, (world: IdsWorld) => Promise<unknown>, string]>([
    ['now if older ones are there', (world) => Promise.resolve(world.version(id(1), 'one')), NOW],
    [
      'the next after the newest that is listed',
      (world) => Promise.resolve(world.version(AHEAD, 'one').version(id(1), 'older')),
      '2000000001.00001',
    ],
    [
      'the next after the linked one',
      (world) => world.version(AHEAD, 'one').link(AHEAD),
      '2000000001.00001',
    ],
    [
      'the next after what a link to an older one notes',
      (world) =>
        world
          .version(id(1), 'one')
          .link(id(1), { contentType: 'text/plain;hindsight_newest=2000000001.00000' }),
      '2000000001.00001',
    ],
    [
      'the next after a listed one that is newer than what has no id',
      (world) => world.version(AHEAD, 'one').itself('two'),
      '2000000001.00001',
    ],
  ])('is %s', async (_, prepare, expected) => {
    const world = new IdsWorld();
    await prepare(world);
    const result = await world.versions.write(OBJECT, world.operation('x', { etag: 'x' }), true);
    expect(result).toEqual({ result: 'forwarded', id: expected });
  });

  it('is the next after what has no id, if that is newer than all that is listed', async () => {
    const world = new IdsWorld().version(id(1), 'one');
    await world.itself('two');
    world.told.answer = (text, answer) =>
      text === 'stat c/o' ? { ...(answer as object), timestamp: AHEAD } : answer;
    const result = await world.versions.write(OBJECT, world.operation('x', { etag: 'x' }), true);
    expect(result).toEqual({ result: 'forwarded', id: '2000000001.00001' });
  });
});

describe('a DELETE', () => {
  it('writes a marker, and goes on', async () => {
    const world = await new IdsWorld().version(id(1), 'one').link(id(1));
    const result = await world.versions.delete(OBJECT, world.operation(undefined));
    expect(result).toEqual({ result: 'forwarded', id: NOW });
    expect(world.asked()).toEqual(['look c/o', `putVersionMarker ${NOW}`, 'forward c/o']);
    expect(world.guarded).toHaveLength(1);
  });

  it('keeps what has no id', async () => {
    const world = new IdsWorld();
    const timestamp = await world.itself('one');
    await world.versions.delete(OBJECT, world.operation(undefined));
    expect(world.changes()).toEqual([
      `begin changed.null_${timestamp}..${timestamp}_${NOW}..`,
      `putNote index application/x-null-versions;hindsight_nulls=${timestamp}`,
      `copy c/o ${timestamp} {} text/plain;hindsight_null=${timestamp}`,
      `putVersionMarker ${NOW}`,
      'forward c/o',
      'end',
    ]);
  });

  it('writes its marker under the first id that is free', async () => {
    const world = await new IdsWorld().version(id(1), 'older').link(id(1));
    // not in the store's listings yet
    world.told.before = (text) => {
      if (text.startsWith('putVersionMarker') && world.ids().length === 1)
        world.version(NOW, 'one');
    };
    const result = await world.versions.delete(OBJECT, world.operation(undefined));
    expect(result).toEqual({ result: 'forwarded', id: '2000000000.00001' });
  });

  it.each(notNow)('marks nothing if the guard says: %s', async (verdict, result, done) => {
    const world = new IdsWorld();
    await world.itself('one');
    expect(await world.versions.delete(OBJECT, world.operation(undefined, {}, verdict))).toEqual(
      result,
    );
    expect(world.asked()).toEqual(['look c/o', ...done]);
  });

  it('that fails removes its marker, and then what it kept', async () => {
    const world = new IdsWorld();
    const timestamp = await world.itself('one');
    await world.versions.delete(OBJECT, world.operation(undefined, { outcome: 'failed' }));
    expect(world.changes().slice(-3)).toEqual([`remove ${NOW}`, `remove ${timestamp}`, 'end']);
  });

  it('that may have been done leaves its marker', async () => {
    const world = new IdsWorld();
    const result = await world.versions.delete(
      OBJECT,
      world.operation(undefined, { outcome: 'unknown' }),
    );
    expect(result).toEqual({ result: 'forwarded', id: NOW });
    expect(world.ids()).toEqual([NOW]);
  });
});

describe('the restoration of a version', () => {
  it('makes a link to it, which notes the newest', async () => {
    const world = await new IdsWorld().version(id(1), 'one').version(id(2), 'two').link(id(2));
    expect(await world.versions.restore(OBJECT, id(1))).toMatchObject({ etag: 'one' });
    expect(world.asked()).toEqual([
      'look c/o',
      `stat ${id(1)}`,
      `putLink c/o ${id(1)} {"etag":"one","contentType":"text/plain;hindsight_newest=${id(2)}"}`,
    ]);
  });

  it('of the newest makes a link without a note', async () => {
    const world = new IdsWorld().version(id(1), 'one').version(id(2), 'two');
    expect(await world.versions.restore(OBJECT, id(2))).toMatchObject({ etag: 'two' });
    expect(world.changes()).toEqual([`putLink c/o ${id(2)} {"etag":"two"}`]);
  });

  it('keeps what has no id', async () => {
    const world = new IdsWorld().version(id(1), 'one').nulls([id(2), 'two']);
    const timestamp = await world.itself('three');
    await world.versions.restore(OBJECT, id(1));
    expect(world.changes()).toEqual([
      `begin changed.null_${timestamp}..${timestamp}..`,
      `putNote index application/x-null-versions;hindsight_nulls=${timestamp}_${id(2)}`,
      `copy c/o ${timestamp} {} text/plain;hindsight_null=${timestamp}`,
      `putLink c/o ${id(1)} {"etag":"one","contentType":"text/plain;hindsight_newest=${timestamp}"}`,
      'end',
    ]);
  });

  it('asks for the content type of a large one', async () => {
    const world = await new IdsWorld().version(id(1), 'one').version(id(2), 'two').link(id(2));
    world.told.answer = (text, answer) => {
      if (text.startsWith('contentType')) return 'text/large';
      return text.startsWith('stat versions/') ? { ...(answer as object), isLarge: true } : answer;
    };
    await world.versions.restore(OBJECT, id(1));
    expect(world.changes()).toEqual([
      `putLink c/o ${id(1)} {"etag":"one","contentType":"text/large;hindsight_newest=${id(2)}"}`,
    ]);
  });

  it('notes the newest also if there is no content type any more', async () => {
    const world = await new IdsWorld().version(id(1), 'one').version(id(2), 'two').link(id(2));
    world.told.answer = (text, answer) => {
      if (text.startsWith('contentType')) return undefined;
      return text.startsWith('stat versions/') ? { ...(answer as object), isLarge: true } : answer;
    };
    await world.versions.restore(OBJECT, id(1));
    expect(world.changes()).toEqual([
      `putLink c/o ${id(1)} {"etag":"one","contentType":";hindsight_newest=${id(2)}"}`,
    ]);
  });

  it.each([
    ['is not there', id(3)],
    ['is a marker', id(2)],
  ])('is none of one that %s', async (_, asked) => {
    const world = new IdsWorld().version(id(1), 'one').version(id(2));
    await world.itself('three');
    expect(await world.versions.restore(OBJECT, asked)).toBeUndefined();
    expect(world.changes()).toEqual([]);
  });
});

describe('the removal of a version', () => {
  it('lets the link go first that leads to it', async () => {
    const world = await new IdsWorld().version(id(1), 'one').link(id(1));
    const removal = await world.versions.remove(OBJECT, id(1), world.operation(undefined));
    expect(removal).toEqual({ result: 'removed', current: undefined });
    expect(world.asked()).toEqual([
      'look c/o',
      `begin changed.link_${id(1)}....${id(1)}`,
      'forward c/o',
      `remove ${id(1)}`,
      'end',
    ]);
  });

  it('returns what stays current', async () => {
    const world = await new IdsWorld().version(id(1), 'one').version(id(2), 'two').link(id(2));
    const removal = await world.versions.remove(OBJECT, id(1), world.operation(undefined));
    expect(removal).toEqual({ result: 'removed', current: id(2) });
    expect(world.asked()).toEqual(['look c/o', `remove ${id(1)}`]);
  });

  it('reports that it was missing', async () => {
    const world = new IdsWorld();
    await world.itself('one');
    const removal = await world.versions.remove(OBJECT, id(1), world.operation(undefined));
    expect(removal).toEqual({ result: 'missing', current: undefined });
  });

  it.each([
    ['failed', ['end']],
    ['unknown', []],
  ] as const)('does not happen if the link stays: %s', async (outcome, then) => {
    const world = await new IdsWorld().version(id(1), 'one').link(id(1));
    const removal = await world.versions.remove(
      OBJECT,
      id(1),
      world.operation(undefined, { outcome }),
    );
    expect(removal).toEqual({ result: 'refused' });
    expect(world.asked().slice(2)).toEqual(['forward c/o', ...then]);
  });
});

describe('the note that a POST would take away', () => {
  const info = {
    timestamp: id(1),
    etag: '',
    isMarker: false,
    notes: {},
    contentType: `text/plain;hindsight_newest=${id(2)}`,
  };

  it('is that of a link', () => {
    expect(newestNoteOf({ ...info, link: IdsWorld.at(id(1)) })).toBe(id(2));
    expect(
      newestNoteOf({ ...info, contentType: 'text/plain', link: IdsWorld.at(id(1)) }),
    ).toBeUndefined();
  });

  it('is none if there is no link', () => {
    expect(newestNoteOf(info)).toBeUndefined();
    expect(newestNoteOf(undefined)).toBeUndefined();
  });
});
