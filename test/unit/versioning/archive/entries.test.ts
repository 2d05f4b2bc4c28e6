import { ArchiveEntries } from '../../../../src/versioning/archive/entries';
import type { ListingEntry } from '../../../../src/versioning/store/store';
import { MAX_CLOCK_DIFFERENCE } from '../../../../src/versioning/store/store_clock';
import { archiveOf, infoOf, type Archived } from '../../../support/stores/archive_store';

const OBJECT = { account: 'a', container: 'c', object: 'o' };
const named = (timestamp: string) => `001o/${timestamp}`;
/** Exact timestamps; `whole` ones are in whole seconds. */
const exact = (second: number) => `000000000${second}.00001`;
const whole = (second: number) => `000000000${second}.00000`;

function entriesIn(archive: Readonly<Record<string, Archived>>) {
  const { store, asked } = archiveOf(archive);
  return { entries: new ArchiveEntries(store, OBJECT, 'archive'), asked };
}

describe('an entry', () => {
  const { entries } = entriesIn({});

  it('is in the archive of the object’s account, under its length, its name and its time', () => {
    expect(entries.at(entries.entryName(exact(5)))).toEqual({
      account: 'a',
      container: 'archive',
      object: '001o/0000000005.00001',
    });
    expect(entries.timestampOf(named(exact(5)))).toBe(exact(5));
  });

  it('is never of 1970', () => {
    expect(entries.absentEntry()).toEqual({
      account: 'a',
      container: 'archive',
      object: '001o/0000000000.00000',
    });
  });
});

describe('the entries of an object', () => {
  it('are listed, the newest first', async () => {
    const { entries } = entriesIn({ [exact(4)]: { body: 'four' }, [exact(5)]: {} });
    const listed: ListingEntry[] = [];
    for await (const each of entries.list()) listed.push(each);
    expect(listed).toEqual([
      { name: named(exact(5)), isMarker: true, isUnfinished: false },
      { name: named(exact(4)), isMarker: false, isUnfinished: false },
    ]);
  });

  it('are those without half made markers that somebody else has written', async () => {
    const { entries, asked } = entriesIn({
      [exact(5)]: { body: 'five' },
      [exact(6)]: { is: 'half made', notes: {} },
      [exact(7)]: { is: 'half made', body: 'content', notes: { deletes: exact(5) } },
      [exact(8)]: { is: 'half made' },
    });
    const listed: string[] = [];
    for await (const { name } of entries.list()) listed.push(name);
    expect(listed).toEqual([exact(8), exact(5)].map(named));
    expect(asked).toEqual([exact(8), exact(7), exact(6)].map(named));
  });

  it('are those without a half made marker that is listed and gone', async () => {
    const { store } = archiveOf({ [exact(5)]: { body: 'five' }, [exact(6)]: { is: 'half made' } });
    const entries = new ArchiveEntries(
      { ...store, stat: () => Promise.resolve(undefined) },
      OBJECT,
      'archive',
    );
    const listed: string[] = [];
    for await (const { name } of entries.list()) listed.push(name);
    expect(listed).toEqual([named(exact(5))]);
  });
});

describe('the entry for a state of an object', () => {
  it('is that with its timestamp, and nothing is asked', async () => {
    const { entries, asked } = entriesIn({
      [exact(5)]: { body: 'other' },
      [exact(6)]: { body: 'newer' },
    });
    expect(await entries.entryNameFor(infoOf(exact(5), { body: 'five' }))).toBe(named(exact(5)));
    expect(asked).toEqual([]);
  });

  it.each<[string, Record<string, Archived>, string]>([
    ['that with its timestamp if nothing is there', {}, whole(5)],
    ['that if only older ones are there', { [whole(4)]: { body: 'four' } }, whole(5)],
    ['that if it is there already', { [whole(5)]: { body: 'five' } }, whole(5)],
    ['the next if another state is there', { [whole(5)]: { body: 'other' } }, '0000000005.00001'],
    ['the next if a marker is there', { [whole(5)]: {} }, '0000000005.00001'],
    [
      'the next after all of the same second',
      { [whole(5)]: { body: 'other' }, ['0000000005.00003']: { body: 'third' } },
      '0000000005.00004',
    ],
    [
      'the newest if that is it',
      { [whole(5)]: { body: 'other' }, ['0000000005.00003']: { body: 'five' } },
      '0000000005.00003',
    ],
    [
      'the next that is free if one is not listed yet',
      { [whole(5)]: { body: 'other' }, ['0000000005.00001']: { body: 'more', is: 'unlisted' } },
      '0000000005.00002',
    ],
    [
      'the newest if that has gone',
      { ['0000000005.00003']: { body: 'more', is: 'gone' } },
      '0000000005.00003',
    ],
  ])('is, of whole seconds, %s', async (_, archive, timestamp) => {
    const { entries } = entriesIn(archive);
    expect(await entries.entryNameFor(infoOf(whole(5), { body: 'five' }))).toBe(named(timestamp));
  });

  it('is not an empty one if it is a marker', async () => {
    const { entries } = entriesIn({ [whole(5)]: { body: '' } });
    expect(await entries.entryNameFor(infoOf(whole(5), {}))).toBe(named('0000000005.00001'));
  });
});

describe('a leftover', () => {
  const five: Archived = { body: 'five' };
  const restored = (...times: string[]): Archived => ({ ...five, notes: { restored: times } });
  const unbound = (...times: string[]): Archived => ({
    ...five,
    notes: { restored: times, unbound: ['restored'] },
  });
  const deleting = (timestamp: string): Archived => ({ notes: { deletes: timestamp } });

  it.each<[string, boolean, string, Archived, string, Archived | undefined]>([
    ['a marker that is half made', true, exact(6), { is: 'half made' }, exact(5), five],
    ['the same of nothing', false, exact(6), { is: 'half made' }, exact(5), undefined],
    ['an entry of nothing', false, exact(5), five, exact(5), undefined],
    ['a marker of nothing', false, exact(6), deleting(exact(5)), exact(5), undefined],
    ['what has the object’s timestamp', true, exact(5), { body: 'other' }, exact(5), five],
    ['an older entry with the same content', false, exact(4), five, exact(5), five],
    ['a newer entry with the same content', false, exact(6), five, exact(5), five],

    ['the same content of the same second', true, whole(5), five, whole(5), five],
    ['another state of the same second', false, whole(5), { body: 'other' }, whole(5), five],
    ['a marker of the same second', false, whole(5), deleting(whole(5)), whole(5), five],
    ['what has gone, of the same second', false, whole(5), { ...five, is: 'gone' }, whole(5), five],

    ['what was restored', true, exact(4), five, exact(5), restored(exact(4))],
    ['the second that was restored', true, exact(4), five, exact(5), restored(exact(3), exact(4))],
    [
      'an object other than the restored one',
      false,
      exact(4),
      { body: 'other' },
      exact(5),
      restored(exact(4)),
    ],
    ['a marker that was taken back', true, exact(4), {}, exact(5), restored(exact(3), exact(4))],
    [
      'what was restored and has gone',
      true,
      exact(4),
      { ...five, is: 'gone' },
      exact(5),
      restored(exact(4)),
    ],
    [
      'what an unbound note names, if its content is the object’s',
      true,
      exact(4),
      five,
      exact(5),
      unbound(exact(4)),
    ],
    [
      'other content that it names',
      false,
      exact(4),
      { body: 'other' },
      exact(5),
      unbound(exact(4)),
    ],
    ['a marker that it names', false, exact(4), {}, exact(5), unbound(exact(4))],
    ['a newer marker that it names', false, exact(6), {}, exact(5), unbound(exact(6))],
    [
      'what it names and has gone',
      false,
      exact(4),
      { ...five, is: 'gone' },
      exact(5),
      unbound(exact(4)),
    ],
    [
      'what is restored, beside an unbound note of the one before',
      true,
      exact(4),
      {},
      exact(5),
      { ...five, notes: { previous: exact(1), restored: [exact(4)], unbound: ['previous'] } },
    ],
    ['what was not restored', false, exact(3), five, exact(5), restored(exact(4))],

    ['a marker that notes the object', true, exact(6), deleting(exact(5)), exact(5), five],
    ['a marker that notes another', false, exact(6), deleting(exact(4)), exact(5), five],
    ['a marker that notes nothing', false, exact(6), {}, exact(5), five],
    ['an older marker', false, exact(4), deleting(exact(5)), exact(5), five],
    [
      'a marker that has gone',
      false,
      exact(6),
      { ...deleting(exact(5)), is: 'gone' },
      exact(5),
      five,
    ],
    ['a marker that notes a whole second', false, exact(6), deleting(whole(5)), whole(5), five],
  ])('may be %s: %s', async (_, is, at, there, timestamp, current) => {
    const { entries } = entriesIn({ [at]: there });
    const listed = await entries.list().next();
    const object = current && infoOf(timestamp, current);
    expect(await entries.isLeftover(listed.value as ListingEntry, object)).toBe(is);
  });

  it.each<[string, string, Archived]>([
    ['has the object’s timestamp', exact(5), { body: 'five' }],
    ['is an older version', exact(4), { body: 'four' }],
    ['is an older marker', exact(4), {}],
    ['is a newer version', exact(6), { body: 'six' }],
  ])('is told by the listing alone if it %s', async (_, at, there) => {
    const { entries, asked } = entriesIn({ [at]: there });
    const listed = await entries.list().next();
    await entries.isLeftover(listed.value as ListingEntry, infoOf(exact(5), { body: 'five' }));
    expect(asked).toEqual([]);
  });
});

describe('the name of a marker', () => {
  const now = 5000;
  const { entries } = entriesIn({});
  const ahead = (milliseconds: number) =>
    `000000000${(now + milliseconds) / 1000}`.slice(-10) + '.00000';

  it.each<[string, string | undefined, string | undefined, string]>([
    ['the time of the delete', undefined, undefined, '0000000005.00000'],
    ['that if all that is there is older', whole(4), whole(3), '0000000005.00000'],
    ['the next after the object', exact(5), undefined, '0000000005.00002'],
    ['the next after the object of the same time', whole(5), undefined, '0000000005.00001'],
    ['the next after the newest entry', undefined, exact(6), '0000000006.00002'],
    ['the next after the newest entry of the same time', undefined, whole(5), '0000000005.00001'],
    [
      'the next after the object, which is newer than the newest entry',
      exact(7),
      exact(6),
      '0000000007.00002',
    ],
    [
      'the next after the newest entry, which is newer than the object',
      exact(6),
      exact(7),
      '0000000007.00002',
    ],
    [
      'the time of the delete if an entry is too far ahead',
      undefined,
      ahead(MAX_CLOCK_DIFFERENCE),
      '0000000005.00000',
    ],
    ['the time of the delete if the newest has none', undefined, '0000000006', '0000000005.00000'],
  ])('is %s', (_, own, newest, timestamp) => {
    const name = (each: string | undefined) => (each === undefined ? undefined : named(each));
    expect(entries.markerName(now, name(own), name(newest))).toBe(named(timestamp));
  });

  it('is the next after an entry that is as far ahead as clocks are', () => {
    const newest = '0000000010.99999';
    expect(entries.markerName(now, undefined, named(newest))).toBe(named('0000000011.00000'));
  });
});

describe('a survey', () => {
  const deletes = { notes: { deletes: exact(5) } };

  it.each<
    [string, Record<string, Archived>, Archived | undefined, string[], string[], string | undefined]
  >([
    ['nothing in an empty archive', {}, { body: 'five' }, [], [], undefined],
    [
      'nothing older than the object',
      { [exact(4)]: { body: 'four' }, [exact(3)]: {} },
      { body: 'five' },
      [],
      [],
      undefined,
    ],
    [
      'the object’s own entry',
      { [exact(5)]: { body: 'five' } },
      { body: 'five' },
      [exact(5)],
      [],
      undefined,
    ],
    [
      'all leftovers, and the newest entry besides',
      {
        [exact(5)]: { body: 'five' },
        [exact(6)]: deletes,
        [exact(7)]: { body: 'seven' },
        [exact(8)]: { body: 'eight' },
        [exact(9)]: { is: 'half made' },
      },
      { body: 'five' },
      [exact(6), exact(5)],
      [exact(9)],
      exact(8),
    ],
    [
      'what was restored, behind what is listed, once',
      { [exact(3)]: { body: 'five' }, [exact(4)]: { body: 'five' }, [exact(7)]: {} },
      { body: 'five', notes: { restored: [exact(3), exact(7)] } },
      [exact(7), exact(3)],
      [],
      undefined,
    ],
    [
      'of a missing object an incomplete one that is newer than all others',
      {
        [exact(6)]: { is: 'half made' },
        [exact(7)]: { body: 'seven' },
        [exact(8)]: { is: 'half made' },
      },
      undefined,
      [],
      [exact(8)],
      exact(8),
    ],
    [
      'of nothing all that are half made, down to the newest version',
      {
        [exact(6)]: { body: 'six' },
        [exact(7)]: { is: 'half made' },
        [exact(8)]: { is: 'half made' },
      },
      undefined,
      [],
      [exact(8), exact(7)],
      exact(8),
    ],
    [
      'of nothing the newest entry',
      { [exact(6)]: {}, [exact(7)]: {} },
      undefined,
      [],
      [],
      exact(7),
    ],
    ['of nothing nothing', {}, undefined, [], [], undefined],
  ])('finds %s', async (_, archive, current, leftovers, unfinished, newest) => {
    const { entries } = entriesIn(archive);
    expect(await entries.survey(current && infoOf(exact(5), current))).toEqual({
      leftovers: leftovers.map(named),
      unfinished: unfinished.map(named),
      newest: newest && named(newest),
    });
  });
});

describe('what was restored to an object', () => {
  const current = infoOf(exact(5), {
    body: 'five',
    notes: { restored: [exact(1), exact(2), exact(3), exact(4)] },
  });

  it('is left over if it is there: the same content, or a marker', async () => {
    const { entries } = entriesIn({
      [exact(1)]: { body: 'five' },
      [exact(2)]: { body: 'other' },
      [exact(3)]: {},
    });
    expect(await entries.restoredLeftovers(current)).toEqual([exact(1), exact(3)].map(named));
  });

  it('is no marker if the note is not bound to the object', async () => {
    const { entries } = entriesIn({
      [exact(1)]: { body: 'five' },
      [exact(2)]: { body: 'other' },
      [exact(3)]: {},
    });
    const unbound = { ...current, notes: { ...current.notes, unbound: ['restored' as const] } };
    expect(await entries.restoredLeftovers(unbound)).toEqual([named(exact(1))]);
  });

  it('is nothing if nothing is noted', async () => {
    const { entries } = entriesIn({ [exact(1)]: { body: 'five' } });
    expect(await entries.restoredLeftovers(infoOf(exact(5), { body: 'five' }))).toEqual([]);
  });
});
