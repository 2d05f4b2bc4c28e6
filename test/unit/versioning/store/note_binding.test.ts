import { Headers } from '../../../../src/http/headers';
import { NoteBinding, type NoteRules } from '../../../../src/versioning/store/note_binding';
import {
  NO_NOTES,
  NOTE_HEADERS,
  type RecoveryNotes,
} from '../../../../src/versioning/store/recovery_notes';

const AT = { account: 'AUTH_a', container: 'c', object: 'o' };
const NOW = 1_700_000_000_000;
const TIMESTAMP = '1700000000.00001';
const [ONE, TWO] = ['1600000000.00001', '1600000000.00002'];
const KEY = 'k3y-of-the-first-server';
const OTHER = 'k3y-of-another-server';

const binding = (rules: Partial<NoteRules> = {}, archive = 'archive') =>
  new NoteBinding({ keys: [], unbound: 'accept', ...rules }, archive);

const NOTES: readonly (readonly [string, RecoveryNotes])[] = [
  ['previous', { previous: ONE }],
  ['restored', { restored: [ONE, TWO] }],
  ['deletes', { deletes: ONE }],
  ['unfinished', { unfinished: true }],
  ['all', { previous: ONE, restored: [TWO], deletes: ONE, unfinished: true }],
];
const KEYS: readonly (readonly [string, readonly string[]])[] = [
  ['a plain hash', []],
  ['a key', [KEY]],
];

describe.each(KEYS)('notes bound by %s', (_, keys) => {
  const own = binding({ keys });

  it.each(NOTES)('are read in the place where they were written: %s', (_, notes) => {
    expect(own.readNotes(own.noteHeaders(notes, AT, NOW), AT, TIMESTAMP)).toEqual(notes);
  });

  it.each(NOTES)('count for nothing elsewhere: %s', (_, notes) => {
    const headers = own.noteHeaders(notes, AT, NOW);
    for (const other of [
      { ...AT, account: 'AUTH_b' },
      { ...AT, container: 'd' },
      { ...AT, object: 'p' },
      { account: 'AUTH_a', container: 'c","o', object: '' },
    ])
      expect(own.readNotes(headers, other, TIMESTAMP)).toEqual({});
    expect(own.forArchive('another archive').readNotes(headers, AT, TIMESTAMP)).toEqual({});
  });

  it.each(NOTES)('count for nothing if a word, the tag or the kind is another: %s', (_, notes) => {
    const headers = own.noteHeaders(notes, AT, NOW);
    const changed = (change: (value: string) => string) =>
      Headers.of(
        Object.fromEntries([...headers.entries()].map(([name, value]) => [name, change(value)])),
      );
    const swapped = (value: string) =>
      value.replace(/~(.)/, (_, c: string) => (c === 'A' ? '~B' : '~A'));
    const longer = (value: string) => `${TIMESTAMP} ${value}`;
    const other = (value: string) => value.replace(/[^~]{22}$/, 'A'.repeat(22));
    for (const change of [swapped, longer, other, (value: string) => `${value}A`, () => '~'])
      expect(own.readNotes(changed(change), AT, TIMESTAMP)).toEqual({});
    const renamed = Headers.of({ [NOTE_HEADERS.restored]: headers.get(NOTE_HEADERS.previous) });
    expect(own.readNotes(renamed, AT, TIMESTAMP)).toEqual({});
  });

  it('name restored entries for an object of that hour only', () => {
    const headers = own.noteHeaders({ previous: ONE, restored: [TWO] }, AT, NOW);
    for (const near of ['1699996400.00000', '1700003600.00000'])
      expect(own.readNotes(headers, AT, near)).toEqual({ previous: ONE, restored: [TWO] });
    for (const far of ['1699996399.99999', '1700003600.00001', 'no time'])
      expect(own.readNotes(headers, AT, far)).toEqual({ previous: ONE });
  });

  it('are within what Swift takes for a value, and are passed over by 0.1.0', () => {
    const headers = own.noteHeaders({ restored: [ONE, TWO] }, AT, NOW);
    const value = headers.get(NOTE_HEADERS.restored) ?? '';
    expect(value.length).toBeLessThan(100);
    expect(value.split(' ').filter((each) => /^\d+\.\d+$/.test(each))).toEqual([ONE, TWO]);
  });

  it('have nothing that is no timestamp', () => {
    const headers = own.noteHeaders({ previous: '~', restored: ['a', ONE], deletes: '' }, AT, NOW);
    expect([...headers.entries()].map(([name]) => name)).toEqual([
      NOTE_HEADERS.restored.toLowerCase(),
    ]);
    expect(own.readNotes(headers, AT, TIMESTAMP)).toEqual({ restored: [ONE] });
  });
});

describe('unbound notes', () => {
  const headers = Headers.of({
    [NOTE_HEADERS.previous]: ONE,
    [NOTE_HEADERS.restored]: `${ONE} ${TWO}`,
    [NOTE_HEADERS.deletes]: ONE,
    [NOTE_HEADERS.unfinished]: '',
  });

  it.each(KEYS)(
    'count as such if they are accepted, but for those that only remove markers: %s',
    (_, keys) => {
      expect(binding({ keys }).readNotes(headers, AT, TIMESTAMP)).toEqual({
        previous: ONE,
        restored: [ONE, TWO],
        unbound: ['previous', 'restored'],
      });
    },
  );

  it.each(KEYS)('count for nothing if they are ignored: %s', (_, keys) => {
    expect(binding({ keys, unbound: 'ignore' }).readNotes(headers, AT, TIMESTAMP)).toEqual({});
  });

  it('are none if they name nothing, as what replaces them on copies', () => {
    expect(binding().readNotes(NO_NOTES, AT, TIMESTAMP)).toEqual({});
  });

  it('stay so if they are written again', () => {
    const again = binding({ keys: [KEY] }).noteHeaders(
      { previous: ONE, unbound: ['previous'] },
      AT,
      NOW,
    );
    expect(again.get(NOTE_HEADERS.previous)).toBe(ONE);
  });
});

describe('keys', () => {
  const notes = { restored: [ONE] };

  it('of a list all count, and the first signs', () => {
    const first = binding({ keys: [KEY] });
    const second = binding({ keys: [OTHER] });
    const both = binding({ keys: [KEY, OTHER] });
    expect(both.readNotes(first.noteHeaders(notes, AT, NOW), AT, TIMESTAMP)).toEqual(notes);
    expect(both.readNotes(second.noteHeaders(notes, AT, NOW), AT, TIMESTAMP)).toEqual(notes);
    expect(first.readNotes(both.noteHeaders(notes, AT, NOW), AT, TIMESTAMP)).toEqual(notes);
    expect(second.readNotes(both.noteHeaders(notes, AT, NOW), AT, TIMESTAMP)).toEqual({});
  });

  it('make of a plain hash no more than an unbound note', () => {
    const hashed = binding().noteHeaders({ ...notes, deletes: ONE }, AT, NOW);
    expect(binding({ keys: [KEY] }).readNotes(hashed, AT, TIMESTAMP)).toEqual({
      ...notes,
      unbound: ['restored'],
    });
    expect(binding({ keys: [KEY], unbound: 'ignore' }).readNotes(hashed, AT, TIMESTAMP)).toEqual(
      {},
    );
    const elsewhere = { ...AT, object: 'p' };
    expect(binding({ keys: [KEY] }).readNotes(hashed, elsewhere, TIMESTAMP)).toEqual({});
  });

  it('sign what a server without them does not know', () => {
    const signed = binding({ keys: [KEY] }).noteHeaders(notes, AT, NOW);
    expect(binding().readNotes(signed, AT, TIMESTAMP)).toEqual({});
  });
});
