import { NullIndex } from '../../../../../src/versioning/object_versioning/null_versions/null_index';
import { withNullNote } from '../../../../../src/versioning/object_versioning/null_versions/null_note';
import { id, IdsWorld, OBJECT, VERSIONS } from '../../../../support/stores/ids_world';

function indexed(...ids: readonly string[]) {
  const world = new IdsWorld();
  if (ids.length > 0) world.index(...ids);
  return { world, index: new NullIndex(world.told.store, VERSIONS) };
}

describe('the null versions that are kept', () => {
  it('are the indexed ones, newest first, with their kind', async () => {
    const { world, index } = indexed();
    world.nulls([id(2)], [id(3), 'three'], [id(1), 'one']);
    expect(await index.readIds(OBJECT)).toEqual([id(2), id(3), id(1)]);
    expect(await index.list(OBJECT)).toEqual([
      { id: id(3), isMarker: false },
      { id: id(2), isMarker: true },
      { id: id(1), isMarker: false },
    ]);
  });

  it('are none if none is indexed', async () => {
    const { world, index } = indexed();
    world.version(id(1), 'one', withNullNote('text/plain', id(1)));
    expect(await index.readIds(OBJECT)).toEqual([]);
    expect(await index.list(OBJECT)).toEqual([]);
  });

  it('exclude indexed ones that are missing, not null versions, or copies of another', async () => {
    const { world, index } = indexed(id(1), id(2), id(3), id(4));
    world
      .version(id(2), 'two')
      .version(id(3), 'three', withNullNote('text/plain', id(1)))
      .version(id(4), 'four', withNullNote('text/plain', id(4)));
    expect(await index.list(OBJECT)).toEqual([{ id: id(4), isMarker: false }]);
  });

  it.each([
    ['is asked for the content type that it has itself', withNullNote('text/large', id(1)), 1],
    ['is none if that does not say so', 'text/large', 0],
    ['is none if it has gone meanwhile', undefined, 0],
  ])('a large one %s', async (_, contentType, count) => {
    const { world, index } = indexed(id(1));
    world.version(id(1), 'one', withNullNote('text/plain', id(1)));
    world.told.answer = (text, answer) => {
      if (text.startsWith('contentType')) return contentType;
      return { ...(answer as object), isLarge: true };
    };
    expect(await index.readVersions(OBJECT, [id(1)])).toHaveLength(count);
  });

  it('of one that is not large the type is known', async () => {
    const { world, index } = indexed();
    world.nulls([id(1), 'one']);
    await index.list(OBJECT);
    expect(world.asked()).toEqual(['stat index', `stat ${id(1)}`]);
  });
});

describe('the index of null versions', () => {
  it('lists one that is to be written, and those beside it, each once', async () => {
    const { index } = indexed();
    const records = [id(2), id(1)].map((each) => ({ id: each, isMarker: false }));
    await index.add(OBJECT, id(2), records);
    expect(await index.readIds(OBJECT)).toEqual([id(2), id(1)]);
    await index.add(OBJECT, id(3), records);
    expect(await index.readIds(OBJECT)).toEqual([id(3), id(2), id(1)]);
  });

  it('does not list one once it is removed', async () => {
    const { world, index } = indexed(id(1));
    await index.remove(OBJECT);
    expect(await index.readIds(OBJECT)).toEqual([]);
    expect(world.map.dump()).toEqual([]);
  });
});
