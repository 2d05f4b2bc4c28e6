import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { openTables } from '../../../../src/stores/embedded/storage/tables';
import { MAX_FLAWS } from '../../../../src/stores/embedded/walk/flaw';
import { PageFile } from '../../../../src/stores/embedded/walk/page_file';
import { PageSet } from '../../../../src/stores/embedded/walk/page_set';
import { walk, type WalkResult } from '../../../../src/stores/embedded/walk/walk';
import { TABLES } from '../../../../src/stores/embedded/walk/walk_database';
import {
  Crafted,
  type CraftedNode,
  type CraftedTree,
  tree,
  words,
} from '../../../support/stores/rot/crafted';
import '../../../support/running/runs';

const folder = mkdtempSync(path.join(tmpdir(), 'hindsight-walk-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** The database to damage: the contents of its pages. */
const MAIN: CraftedTree = { root: 2, depth: 1, leaves: 1, entries: 2 };
const META: CraftedTree = { root: 3, depth: 1, leaves: 1, entries: 1 };
const OBJECTS: CraftedTree = { root: 4, depth: 2, branches: 1, leaves: 2, overflow: 2, entries: 4 };
const FREE: CraftedTree = { root: 9, depth: 1, leaves: 1, entries: 2 };
const LAST = 13;
const NEWEST = { transaction: 5, main: MAIN, freeList: FREE, lastPage: LAST };
const OLDER = { transaction: 4, main: { ...MAIN, root: 13 }, freeList: {}, lastPage: LAST };
const BIG = words(7, 4, 2);

function intact(): Crafted {
  const db = new Crafted(LAST + 1);
  db.meta(0, OLDER);
  db.meta(1, NEWEST);
  tables(db, META, OBJECTS);
  db.leaf(3, 2, [['format', Buffer.from([1])]]);
  db.branch(4, 5, [
    ['', 5],
    ['m', 6],
  ]);
  db.leaf(5, 4, [
    ['a', BIG, 1, 5000],
    ['c', Buffer.from('value')],
  ]);
  db.leaf(6, 5, [
    ['m', Buffer.from('odd')],
    ['z', Buffer.alloc(0)],
  ]);
  db.overflow(7, 4, 2);
  db.leaf(9, 5, [
    [words(4), words(3, 10, -2, 11)],
    [words(5), words(1, 13)],
  ]);
  db.leaf(13, 4, []);
  return db;
}

function tables(
  db: Crafted,
  meta: CraftedTree,
  objects: CraftedTree,
  names = ['meta', 'objects'],
): void {
  db.leaf(2, 5, [
    [`${names[0]}\0`, tree(meta), 2],
    [`${names[1]}\0`, tree(objects), 2],
  ]);
}

function walked(bytes: Buffer, names: readonly string[] = ['meta', 'objects']): WalkResult {
  const name = path.join(folder, 'data.mdb');
  writeFileSync(name, bytes);
  const file = PageFile.open(name);
  try {
    return walk(file, names);
  } finally {
    file.close();
  }
}

/** Sets a byte of a page. */
const byte = (page: number, at: number, value: number) => (db: Crafted) =>
  void (db.bytes[page * 4096 + at] = value);

const leaf =
  (nodes: Parameters<Crafted['leaf']>[2], page = 5) =>
  (db: Crafted) =>
    db.leaf(page, 4, nodes);
const free =
  (...record: number[]) =>
  (db: Crafted) =>
    db.leaf(9, 5, [[words(4), words(...record)]]);
const entry = (key: string): CraftedNode => [key, Buffer.from('value')];
const [a, c, z] = [entry('a'), entry('c'), entry('z')];

const DAMAGES: [string, string, (db: Crafted) => void][] = [
  ['the stamp', 'header', byte(0, 24, 0)],
  ['the version', 'header', byte(1, 28, 1)],
  ['the size of pages', 'header', byte(0, 49, 0)],
  ['the kind of a header', 'header', byte(1, 18, 0)],
  ['the number of a header', 'header', byte(1, 0, 0)],
  ['the flags of a header', 'header', byte(0, 52, 9)],
  ['the map', 'header', byte(1, 45, 0)],
  ['a map that is too large', 'header', byte(1, 47, 1)],
  ['the last page', 'header', byte(1, 149, 1)],
  ['the transaction, a commit too late', 'header', byte(1, 152, 7)],
  ['the transaction, a commit too early', 'header', byte(1, 152, 3)],
  ['the transaction, 0', 'header', byte(1, 152, 0)],
  ['the transaction, of the other header', 'header', byte(0, 152, 5)],
  ['the root, of the older header', 'header', byte(0, 136, 3)],
  ['the root, at another page', 'header', byte(1, 136, 3)],
  ['the root, outside', 'place', byte(1, 136, 14)],
  ['the depth', 'page', byte(1, 102, 2)],
  ['the depth, much', 'count', byte(1, 102, 200)],
  ['the depth, none', 'count', byte(1, 102, 0)],
  ['the number of entries', 'count', byte(1, 128, 9)],
  ['the record of a table', 'place', (db) => tables(db, { ...META, root: 6 }, OBJECTS)],
  ['two tables in one place', 'place', (db) => tables(db, OBJECTS, OBJECTS)],
  ['a table of another kind', 'table', (db) => tables(db, { ...META, flags: 2 }, OBJECTS)],
  ['the name of a table', 'table', (db) => tables(db, META, OBJECTS, ['meta', 'objectt'])],
  ['tables out of order', 'order', (db) => tables(db, META, OBJECTS, ['objects', 'meta'])],
  ['an entry that is no table', 'page', leaf([a], 2)],
  ['the count of branches', 'count', (db) => tables(db, META, { ...OBJECTS, branches: 2 })],
  ['the count of leaves', 'count', (db) => tables(db, META, { ...OBJECTS, leaves: 1 })],
  ['the count of overflow pages', 'count', (db) => tables(db, META, { ...OBJECTS, overflow: 1 })],
  ['the count of entries', 'count', (db) => tables(db, META, { ...OBJECTS, entries: 3 })],
  ['the number of a page', 'page', byte(5, 0, 6)],
  ['the kind of a page', 'page', byte(5, 18, 1)],
  ['a page that is too young', 'page', byte(5, 8, 6)],
  ['a page of no transaction', 'page', byte(5, 8, 0)],
  ['free space, odd', 'page', byte(5, 20, 3)],
  ['free space, less', 'page', byte(5, 20, 6)],
  ['free space, upside down', 'page', byte(5, 23, 0)],
  ['free space, beyond the page', 'page', byte(5, 23, 0xff)],
  ['an offset', 'page', byte(5, 24, 2)],
  ['an offset before the nodes', 'page', byte(5, 25, 0)],
  ['an offset beyond the page', 'page', byte(5, 25, 0xff)],
  [
    'two nodes in one place',
    'page',
    (db) => db.bytes.copyWithin(5 * 4096 + 24, 5 * 4096 + 26, 5 * 4096 + 28),
  ],
  ['the size of a key', 'page', byte(3, 4096 - 10, 9)],
  ['the size of data', 'page', byte(3, 4096 - 16, 9)],
  ['keys out of order', 'order', leaf([c, a])],
  ['a key twice', 'order', leaf([a, a])],
  ['a key of another page', 'order', leaf([a, z])],
  ['a key before its page', 'order', leaf([a, z], 6)],
  ['a key without anything', 'page', leaf([['', Buffer.alloc(2)], c])],
  [
    'a key of a branch',
    'order',
    (db) =>
      db.branch(4, 5, [
        ['', 5],
        ['n', 6],
      ]),
  ],
  ['a branch with one page', 'page', (db) => db.branch(4, 5, [['', 5]])],
  [
    'a page below itself',
    'place',
    (db) =>
      db.branch(4, 5, [
        ['', 5],
        ['m', 4],
      ]),
  ],
  [
    'a page twice',
    'place',
    (db) =>
      db.branch(4, 5, [
        ['', 5],
        ['m', 5],
      ]),
  ],
  [
    'a page outside',
    'place',
    (db) =>
      db.branch(4, 5, [
        ['', 5],
        ['m', 2 ** 40],
      ]),
  ],
  [
    'a header for a page',
    'place',
    (db) =>
      db.branch(4, 5, [
        ['', 5],
        ['m', 1],
      ]),
  ],
  ['a table in a table', 'page', leaf([['a', tree(META), 2], c])],
  ['duplicates in a table', 'page', leaf([['a', Buffer.alloc(4), 4], c])],
  ['overflow pages outside', 'place', leaf([['a', words(2 ** 40, 4, 2), 1, 5000], c])],
  ['too many overflow pages', 'page', leaf([['a', words(7, 4, 2 ** 40), 1, 5000], c])],
  ['too few overflow pages', 'page', leaf([['a', words(7, 4, 1), 1, 5000], c])],
  ['overflow pages in use', 'place', leaf([['a', words(3, 4, 2), 1, 5000], c])],
  ['overflow pages of another transaction', 'page', leaf([['a', words(7, 3, 2), 1, 5000], c])],
  ['the number of an overflow page', 'page', byte(7, 0, 8)],
  ['the kind of an overflow page', 'page', byte(7, 18, 2)],
  ['the length of an overflow page', 'page', byte(7, 20, 3)],
  ['the end of the file', 'page', (db) => (db.bytes = db.bytes.subarray(0, 8 * 4096 + 100))],
  ['a free page in use', 'free', free(1, 5)],
  ['a free overflow page in use', 'free', free(1, 8)],
  ['a free page twice', 'free', free(2, 10, 10)],
  ['free pages twice', 'free', free(3, 10, -3, 9)],
  ['free pages outside', 'free', free(2, -5, 10)],
  ['very many free pages', 'free', free(2, -(2 ** 52), 10)],
  ['a free header', 'free', free(1, 1)],
  ['a count that is too large', 'free', free(4, 10)],
  ['a count below 0', 'free', free(-1, 10)],
  ['a record that breaks off', 'free', free(1, -2)],
  ['a record without anything', 'free', (db) => db.leaf(9, 5, [[words(4), Buffer.alloc(0)]])],
  ['a record of a later transaction', 'free', (db) => db.leaf(9, 5, [[words(6), words(1, 10)]])],
  ['a key that is no number', 'page', (db) => db.leaf(9, 5, [['x', words(1, 10)]])],
  [
    'numbers out of order',
    'order',
    (db) =>
      db.leaf(9, 5, [
        [words(300), words(0)],
        [words(4), words(0)],
      ]),
  ],
];

describe('walk', () => {
  it('finds nothing in an intact database', () => {
    expect(walked(intact().bytes)).toEqual({
      flaws: [],
      tables: ['meta', 'objects'],
      pages: 7,
      transaction: 5,
    });
  });

  it('finds nothing in a database that nobody has written to, and in a compacted copy', () => {
    const db = new Crafted(2);
    for (const page of [0, 1] as const)
      db.meta(page, { transaction: 0, main: {}, freeList: {}, lastPage: 1 });
    expect(walked(db.bytes).flaws).toEqual([]);
    const copy = intact();
    copy.meta(0, { transaction: 0, main: {}, freeList: {}, lastPage: 1 });
    copy.bytes[2 * 4096 + 8] = 1;
    copy.leaf(3, 1, [['format', Buffer.from([1])]]);
    copy.meta(1, { ...NEWEST, main: { ...MAIN, entries: 1 } });
    copy.leaf(2, 1, [['meta\0', tree(META), 2]]);
    expect(walked(copy.bytes).flaws).toEqual([]);
  });

  it.each(DAMAGES)('finds %s', (_, flaw, damage) => {
    const db = intact();
    damage(db);
    const { flaws } = walked(db.bytes);
    expect(flaws.map((each) => each.flaw)).toContain(flaw);
    for (const { text } of flaws) expect(text).toMatch(/^[\x20-\x7e]+$/);
  });

  it('finds a number that is not a table of this version, if one of its own is not there', () => {
    expect(walked(intact().bytes, ['meta', 'objects', 'later']).flaws).toEqual([]);
    expect(walked(intact().bytes, ['meta']).flaws).toEqual([]);
    expect(walked(intact().bytes, ['meta', 'objets']).flaws).toMatchObject([{ flaw: 'table' }]);
  });

  it('knows the tables that are made', async () => {
    const opened = openTables(folder);
    const names = [...opened.withChecksums.map(({ name }) => name), 'inline'];
    await opened.root.close();
    expect(names.sort()).toEqual([...TABLES].sort());
  });

  it('never throws, and ends, whatever bytes there are', () => {
    const pages = intact().bytes.length;
    const change = fc.tuple(fc.nat(LAST), fc.oneof(fc.nat(40), fc.nat(4095)), fc.nat(255));
    fc.assert(
      fc.property(fc.array(change, { maxLength: 30 }), (changes) => {
        const db = intact();
        for (const [page, at, value] of changes) db.bytes[page * 4096 + at] = value;
        const { flaws, pages: read } = walked(db.bytes);
        return flaws.length <= MAX_FLAWS && read <= pages;
      }),
    );
  });
});

describe('PageSet', () => {
  it('has what was added', () => {
    const range = fc.tuple(fc.nat(200_000), fc.integer({ min: 1, max: 100_000 }));
    fc.assert(
      fc.property(fc.array(range, { maxLength: 8 }), range, (ranges, [first, count]) => {
        const set = new PageSet();
        for (const [from, length] of ranges)
          if (set.findFirst(from, length) === undefined) set.add(from, length);
        const taken: [number, number][] = [];
        for (const [from, length] of ranges)
          if (taken.every(([f, l]) => from + length <= f || f + l <= from))
            taken.push([from, length]);
        const overlaps = taken
          .filter(([from, length]) => from < first + count && first < from + length)
          .map(([from]) => Math.max(from, first));
        return (
          set.findFirst(first, count) === (overlaps.length ? Math.min(...overlaps) : undefined)
        );
      }),
    );
  });
});
