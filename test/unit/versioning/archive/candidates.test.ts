import { Candidates } from '../../../../src/versioning/archive/candidates';
import { ArchiveEntries } from '../../../../src/versioning/archive/entries';
import { archiveOf, infoOf, type Archived } from '../../../support/stores/archive_store';

const OBJECT = { account: 'a', container: 'c', object: 'o' };
const time = (second: number) => `000000000${second}.00001`;
const named = (second: number) => `001o/${time(second)}`;

async function candidatesIn(archive: Readonly<Record<string, Archived>>, current?: Archived) {
  const { store, asked } = archiveOf(archive);
  const entries = new ArchiveEntries(store, OBJECT, 'archive');
  const listed = entries.list();
  const object = current && infoOf(time(9), current);
  const candidates = new Candidates(store, entries, object, await listed.next(), listed);
  const newest = async (count: number) => (await candidates.newest(count)).map(({ name }) => name);
  return { candidates, newest, asked };
}

const three = { [time(1)]: { body: 'one' }, [time(2)]: { body: 'two' }, [time(3)]: {} };

describe('what a DELETE may take back', () => {
  it('is read as far as it is needed, and only once', async () => {
    const { newest } = await candidatesIn(three);
    expect(await newest(1)).toEqual([named(3)]);
    expect(await newest(1)).toEqual([named(3)]);
    expect(await newest(2)).toEqual([named(3), named(2)]);
  });

  it('is as much as there is', async () => {
    const { newest } = await candidatesIn(three);
    expect(await newest(9)).toEqual([named(3), named(2), named(1)]);
    expect(await (await candidatesIn({})).newest(1)).toEqual([]);
  });

  it('is no leftover: those are reported once, the newest first', async () => {
    const leftovers = { [time(9)]: { body: 'nine' }, [time(8)]: { is: 'half made' as const } };
    const { candidates, newest } = await candidatesIn({ ...three, ...leftovers }, { body: 'nine' });
    expect(candidates.takeLeftovers()).toEqual([]);
    expect(await newest(1)).toEqual([named(3)]);
    expect(candidates.takeLeftovers()).toEqual([
      { name: named(9), isMarker: false, isUnfinished: false },
      { name: named(8), isMarker: true, isUnfinished: true },
    ]);
    expect(candidates.takeLeftovers()).toEqual([]);
  });

  it('is not what was dropped', async () => {
    const { candidates, newest } = await candidatesIn(three);
    await newest(2);
    candidates.remove(named(3));
    expect(await newest(1)).toEqual([named(2)]);
    expect(await newest(2)).toEqual([named(2), named(1)]);
  });

  it('stays if another is dropped', async () => {
    const { candidates, newest } = await candidatesIn(three);
    await newest(2);
    candidates.remove(named(1));
    expect(await newest(2)).toEqual([named(3), named(2)]);
  });
});

describe('the entry that an object notes as the one before', () => {
  const noting = (second: number): Archived => ({
    body: 'nine',
    notes: { previous: time(second) },
  });

  it('is found if it is not listed yet', async () => {
    const { candidates } = await candidatesIn(
      { ...three, [time(4)]: { body: 'four', is: 'unlisted' } },
      noting(4),
    );
    expect(await candidates.newest(1)).toEqual([
      { name: named(4), isMarker: false, isUnfinished: false },
      { name: named(3), isMarker: true, isUnfinished: false },
    ]);
  });

  it('is found if nothing is listed, also if it is a marker', async () => {
    const { candidates } = await candidatesIn({ [time(4)]: { is: 'unlisted' } }, noting(4));
    expect(await candidates.newest(1)).toEqual([
      { name: named(4), isMarker: true, isUnfinished: false },
    ]);
  });

  it('is found if another is a leftover', async () => {
    const { newest } = await candidatesIn(
      { ...three, [time(4)]: { body: 'four', is: 'unlisted' }, [time(9)]: { body: 'nine' } },
      noting(4),
    );
    expect(await newest(1)).toEqual([named(4), named(3)]);
  });

  it('is looked for once', async () => {
    const { candidates, newest, asked } = await candidatesIn(three, noting(4));
    expect(await newest(1)).toEqual([named(3)]);
    candidates.remove(named(3));
    expect(await newest(1)).toEqual([named(2)]);
    expect(asked).toEqual([named(4)]);
  });

  it.each([3, 2])('is not looked for if one as new is listed: %d', async (second) => {
    const { newest, asked } = await candidatesIn(three, noting(second));
    expect(await newest(1)).toEqual([named(3)]);
    expect(asked).toEqual([]);
  });

  it.each<[string, number, Archived, string[]]>([
    ['by its time', 9, { body: 'nine' }, []],
    // once, for whether it is ours
    ['since it is half made', 4, { is: 'half made' }, [named(4)]],
  ])('is not looked for if it is a leftover, %s', async (_, second, leftover, looked) => {
    const { newest, asked } = await candidatesIn(
      { ...three, [time(second)]: leftover },
      noting(second),
    );
    expect(await newest(1)).toEqual([named(3)]);
    expect(asked).toEqual(looked);
  });

  it('is not looked for if none is noted', async () => {
    const { newest, asked } = await candidatesIn({}, { body: 'nine' });
    expect(await newest(1)).toEqual([]);
    expect(asked).toEqual([]);
  });
});
