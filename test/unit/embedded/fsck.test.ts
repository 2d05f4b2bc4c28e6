import { randomBytes } from 'node:crypto';
import { readdir, rm, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expiryKey, idKey } from '../../../src/stores/embedded/keys';
import { openStorage } from '../../../src/stores/embedded/lmdb_storage';
import { parseContentId, Place } from '../../../src/stores/embedded/records';
import type { ContentRef } from '../../../src/stores/embedded/storage';
import { openTables, type Tables } from '../../../src/stores/embedded/tables';
import { findings, put, temporaryFolders } from '../../support/storage';

const newFolder = temporaryFolders();

/** What a damage is done to: two objects, one with its bytes in the database, one in a file. */
interface Damaged {
  readonly folder: string;
  readonly tables: Tables;
  readonly small: Buffer;
  readonly large: Buffer;
  readonly file: string;
}

const damages: [string, string[], (on: Damaged) => Promise<unknown>][] = [
  [
    'a byte of a small content',
    ['damaged-content'],
    (on) => on.tables.inline.put(on.small, Buffer.from('dmall')),
  ],
  ['a small content gone', ['missing-content'], (on) => on.tables.inline.remove(on.small)],
  ['a byte of a file', ['damaged-content'], (on) => writeFile(on.file, randomBytes(1), { flag: 'r+' })],
  ['the end of a file gone', ['damaged-content'], (on) => truncate(on.file, 99_999)],
  ['a file gone', ['missing-content'], (on) => rm(on.file)],
  ['a file of nobody', ['orphan'], (on) => writeFile(on.file.replace(/.$/, 'x'), '')],
  ['a file in the wrong folder', ['orphan'], (on) => writeFile(on.file.replace(/..\/([^/]*)$/, 'ff/$1'), '')],
  ['a file half received', ['orphan'], (on) => writeFile(on.file + '.part', '')],
  ['a content’s record gone', ['missing-content', 'orphan'], (on) => on.tables.contents.remove(on.large)],
  ['a reference too many', ['references'], (on) => change(on.tables, on.small, 2)],
  [
    'a content of nobody',
    ['orphan', 'missing-content'],
    (on) => on.tables.contents.put(idKey(99_999), [0, 0, '', Place.File]),
  ],
  ['a counter', ['counter', 'counter'], (on) => on.tables.tallies.clearAsync()],
  ['an object that will not expire', ['index'], (on) => on.tables.expiry.clearAsync()],
  [
    'something not there that will',
    ['index'],
    (on) => on.tables.expiry.put(expiryKey(7, Buffer.from('12345678x')), true),
  ],
  ['a container gone', ['orphan', 'orphan', 'orphan', 'counter'], (on) => on.tables.containers.clearAsync()],
];

function change(tables: Tables, key: Buffer, references: number): Promise<boolean> {
  const [, size, etag, place] = tables.contents.get(key)!;
  return tables.contents.put(key, [references, size, etag, place]);
}

describe('fsck', () => {
  it.each(damages)('finds %s', async (_, kinds, damage) => {
    const folder = await newFolder();
    const storage = await openStorage(folder);
    await storage.putContainer('a', 'c', {});
    const { content: small } = await put(storage, 'small', 'small', { deleteAt: 4e9 });
    const { content: large } = await put(storage, 'large', randomBytes(100_000));
    await storage.close();
    expect(await findings(folder)).toEqual([]);
    const tables = openTables(folder);
    const key = (content: ContentRef) => idKey(parseContentId(content.id));
    const file = path.join(folder, 'content', large.id.slice(-2), large.id);
    await damage({ folder, tables, small: key(small), large: key(large), file });
    await tables.root.close();
    const found = (await findings(folder)).map((finding) => finding.kind);
    expect([...found].sort()).toEqual([...kinds].sort());
  });

  it('says that a folder is none', async () => {
    await expect(findings(await newFolder())).rejects.toMatchObject({ code: 'failed' });
  });

  it('changes nothing', async () => {
    const folder = await newFolder();
    await (await openStorage(folder)).close();
    const before = await readdir(folder);
    await findings(folder);
    expect(await readdir(folder)).toEqual(before);
  });
});
