import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rename, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expiryKey, idKey } from '../../../../src/stores/embedded/storage/keys';
import { openStorage } from '../../../../src/stores/embedded/storage/lmdb_storage';
import { parseContentId, Place } from '../../../../src/stores/embedded/storage/records';
import type { ContentRef } from '../../../../src/stores/embedded/storage/storage';
import { openTables, type Tables } from '../../../../src/stores/embedded/storage/tables';
import { findings, put } from '../../../support/stores/storage';
import { temporaryFolders } from '../../../support/running/temporary_folders';

const newFolder = temporaryFolders();

/** What is damaged: two objects, one with its bytes in the database, one in a file. */
interface Damaged {
  readonly folder: string;
  readonly tables: Tables;
  readonly small: Buffer;
  readonly large: Buffer;
  readonly file: string;
}

const damages: [string, string[], (on: Damaged) => unknown][] = [
  [
    'a byte of a small content',
    ['damaged-content'],
    (on) => on.tables.inline.put(on.small, Buffer.from('dmall')),
  ],
  ['a small content gone', ['missing-content'], (on) => on.tables.inline.remove(on.small)],
  [
    'a byte of a file',
    ['damaged-content'],
    (on) => writeFile(on.file, randomBytes(1), { flag: 'r+' }),
  ],
  ['the end of a file gone', ['damaged-content'], (on) => truncate(on.file, 99_999)],
  ['a file gone', ['missing-content'], (on) => rm(on.file)],
  [
    'the folder of contents gone',
    ['missing-content'],
    (on) => rm(`${on.folder}/content`, { recursive: true }),
  ],
  ['a file of nobody', ['orphan'], (on) => writeFile(on.file.replace(/.$/, 'x'), '')],
  [
    'a file in the wrong folder',
    ['orphan'],
    (on) => writeFile(on.file.replace(/..\/([^/]*)$/, 'ff/$1'), ''),
  ],
  ['a file half received', ['orphan'], (on) => writeFile(on.file + '.part', '')],
  ['a pipe for a file', ['damaged-content'], (on) => replaced(on.file, makePipe)],
  ['a folder for a file', ['damaged-content'], (on) => replaced(on.file, mkdir)],
  [
    'a link to nothing for a file',
    ['damaged-content'],
    (on) => replaced(on.file, (at) => symlink('x', at)),
  ],
  [
    'a link to the right bytes for a file',
    ['damaged-content'],
    async (on) => {
      await rename(on.file, `${on.folder}/moved`);
      await symlink(`${on.folder}/moved`, on.file);
    },
  ],
  ['a pipe of nobody', ['orphan'], (on) => makePipe(on.file + '.part')],
  ['a link of nobody that leads nowhere', ['orphan'], (on) => symlink('x', on.file + '.part')],
  ['a folder of nobody', ['orphan'], (on) => mkdir(on.file + '.part')],
  ['a pipe in the place of a folder', ['orphan'], (on) => makePipe(`${on.folder}/content/pipe`)],
  [
    'a link in the place of a folder',
    ['orphan'],
    (on) => symlink('/', `${on.folder}/content/link`),
  ],
  [
    'a file in the place of a folder',
    ['orphan'],
    (on) => writeFile(`${on.folder}/content/file`, ''),
  ],
  ['a content’s record gone', ['references'], (on) => on.tables.contents.removeSync(on.large)],
  [
    'a small content’s record gone',
    ['references'],
    (on) => on.tables.contents.removeSync(on.small),
  ],
  ['the checksums of a file gone', ['checksums'], (on) => on.tables.sums.clearSync()],
  [
    'a content’s record and its file gone',
    ['missing-content'],
    async (on) => {
      on.tables.contents.removeSync(on.large);
      await rm(on.file);
    },
  ],
  ['a reference too many', ['references'], (on) => change(on.tables, on.small, 2)],
  [
    'a content of nobody',
    ['orphan', 'missing-content'],
    (on) => on.tables.contents.putSync(idKey(99_999), [0, 0, '', Place.File, null]),
  ],
  ['a counter', ['counter', 'counter'], (on) => on.tables.tallies.clearSync()],
  ['an object that will not expire', ['index'], (on) => on.tables.expiry.clearSync()],
  [
    'something not there that will',
    ['index'],
    (on) => on.tables.expiry.putSync(expiryKey(7, Buffer.from('12345678x')), true),
  ],
  [
    'a container gone',
    ['orphan', 'orphan', 'orphan', 'counter'],
    (on) => on.tables.containers.clearSync(),
  ],
];

/** Makes a pipe: opening it for reading would block until somebody writes. */
function makePipe(at: string): Promise<void> {
  execFileSync('mkfifo', [at]);
  return Promise.resolve();
}

async function replaced(file: string, make: (at: string) => Promise<unknown>): Promise<void> {
  await rm(file);
  await make(file);
}

function change(tables: Tables, key: Buffer, references: number): void {
  const [, ...rest] = tables.contents.get(key)!;
  tables.contents.putSync(key, [references, ...rest]);
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
    const actual = (await findings(folder)).map((finding) => finding.kind);
    expect([...actual].sort()).toEqual([...kinds].sort());
  });

  it('says that a folder is none', async () => {
    await expect(findings(await newFolder())).rejects.toMatchObject({ code: 'failed' });
  });

  it.each(['data.mdb', 'lock.mdb'])('opens no %s that is a pipe or a link', async (name) => {
    const folder = await newFolder();
    await (await openStorage(folder)).close();
    const file = path.join(folder, name);
    await rename(file, `${file}.moved`);
    for (const make of [makePipe, (at: string) => symlink(`${at}.moved`, at)]) {
      await make(file);
      await expect(findings(folder)).rejects.toMatchObject({
        code: 'corrupt',
        message: `${file} is not a regular file`,
      });
      await rm(file);
    }
  });

  it('changes nothing', async () => {
    const folder = await newFolder();
    await (await openStorage(folder)).close();
    const before = await readdir(folder);
    await findings(folder);
    expect(await readdir(folder)).toEqual(before);
  });
});
