import { NullIndex } from '../../../src/versioning/object_versioning/null_versions/null_index';
import { withNull } from '../../../src/versioning/object_versioning/null_versions/null_note';
import { id, IdsWorld, OBJECT, VERSIONS } from '../../support/ids_world';

function indexed(...ids: readonly string[]) {
  const world = new IdsWorld();
  if (ids.length > 0) world.index(...ids);
  return { world, index: new NullIndex(world.told.store, VERSIONS) };
}

describe('the null versions that are kept', () => {
  it('are those that are told of, the newest first, with what they are', async () => {
    const { world, index } = indexed();
    world.nulls([id(2)], [id(3), 'three'], [id(1), 'one']);
    expect(await index.told(OBJECT)).toEqual([id(2), id(3), id(1)]);
    expect(await index.kept(OBJECT)).toEqual([
      { id: id(3), isMarker: false },
      { id: id(2), isMarker: true },
      { id: id(1), isMarker: false },
    ]);
  });

  it('are none if nothing tells of any', async () => {
    const { world, index } = indexed();
    world.version(id(1), 'one', withNull('text/plain', id(1)));
    expect(await index.told(OBJECT)).toEqual([]);
    expect(await index.kept(OBJECT)).toEqual([]);
  });

  it('are not what is told of, and is not there, or is no null version, or a copy of another', async () => {
    const { world, index } = indexed(id(1), id(2), id(3), id(4));
    world
      .version(id(2), 'two')
      .version(id(3), 'three', withNull('text/plain', id(1)))
      .version(id(4), 'four', withNull('text/plain', id(4)));
    expect(await index.kept(OBJECT)).toEqual([{ id: id(4), isMarker: false }]);
  });

  it.each([
    ['is asked for the content type that it has itself', withNull('text/large', id(1)), 1],
    ['is none if that does not say so', 'text/large', 0],
    ['is none if it has gone meanwhile', undefined, 0],
  ])('a large one %s', async (_, contentType, count) => {
    const { world, index } = indexed(id(1));
    world.version(id(1), 'one', withNull('text/plain', id(1)));
    world.told.answer = (text, answer) => {
      if (text.startsWith('contentType')) return contentType;
      return { ...(answer as object), isLarge: true };
    };
    expect(await index.among(OBJECT, [id(1)])).toHaveLength(count);
  });

  it('of one that is not large the type is known', async () => {
    const { world, index } = indexed();
    world.nulls([id(1), 'one']);
    await index.kept(OBJECT);
    expect(world.asked()).toEqual(['stat index', `stat ${id(1)}`]);
  });
});

describe('what tells of null versions', () => {
  it('tells of one that is to be written, and of those beside it, each once', async () => {
    const { index } = indexed();
    const kept = [id(2), id(1)].map((each) => ({ id: each, isMarker: false }));
    await index.note(OBJECT, id(2), kept);
    expect(await index.told(OBJECT)).toEqual([id(2), id(1)]);
    await index.note(OBJECT, id(3), kept);
    expect(await index.told(OBJECT)).toEqual([id(3), id(2), id(1)]);
  });

  it('tells of none once it is removed', async () => {
    const { world, index } = indexed(id(1));
    await index.remove(OBJECT);
    expect(await index.told(OBJECT)).toEqual([]);
    expect(world.map.dump()).toEqual([]);
  });
});
