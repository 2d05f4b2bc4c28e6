import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { idKey } from '../../../../src/stores/embedded/storage/keys';
import { openStorage } from '../../../../src/stores/embedded/storage/lmdb_storage';
import { plannedRepairs, repair, type Repaired } from '../../../../src/stores/embedded/fsck/repair';
import type { Storage } from '../../../../src/stores/embedded/storage/storage';
import { Session } from '../../../../src/stores/embedded/storage/sessions';
import {
  closeTables,
  openExclusively,
  openTables,
  type Tables,
} from '../../../../src/stores/embedded/storage/tables';
import { bytesOf, findings, put } from '../../../support/stores/storage';
import { temporaryFolders } from '../../../support/running/temporary_folders';

const newFolder = temporaryFolders();

const LARGE = 300_000;

/** Makes a folder with two small and two large objects, and a copy of a large one. */
async function newData(): Promise<{ readonly folder: string; readonly file: string }> {
  const folder = await newFolder();
  const storage = await openStorage(folder);
  await storage.putContainer('a', 'c', {});
  await put(storage, 'small', 'small', { deleteAt: 4e9 });
  const { content } = await put(storage, 'large', randomBytes(LARGE));
  await storage.putObject('a', 'c', 'copy', { content, contentType: 'x', attributes: {} });
  await put(storage, 'other small', 'other small');
  await put(storage, 'other large', randomBytes(LARGE));
  await storage.close();
  return { folder, file: path.join(folder, 'content', content.id.slice(-2), content.id) };
}

async function changeTables(folder: string, change: (tables: Tables) => unknown): Promise<void> {
  const tables = openTables(folder);
  await change(tables);
  await tables.root.close();
}

async function repaired(folder: string): Promise<Repaired[]> {
  const all: Repaired[] = [];
  for await (const each of repair(folder)) all.push(each);
  return all;
}

async function listOf(folder: string): Promise<Record<string, unknown>[]> {
  const list = await readFile(path.join(folder, 'damaged', 'list.jsonl'), 'utf8');
  return list
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

function namesIn(storage: Storage): string[] {
  const page = storage.listObjects('a', 'c', { limit: 100 });
  return page.map((entry) => ('name' in entry ? entry.name : entry.subdir));
}

describe('a repair', () => {
  it('takes out all objects of a damaged content, and keeps their records and the bytes', async () => {
    const { folder, file } = await newData();
    const bytes = await readFile(file);
    bytes[LARGE - 1]! ^= 1;
    await writeFile(file, bytes);
    const names = (await findings(folder)).map(({ kind, object }) => [kind, object?.object]);
    expect(names.sort()).toEqual([
      ['damaged-content', 'copy'],
      ['damaged-content', 'large'],
    ]);
    expect(await repaired(folder)).toHaveLength(2);
    expect(await findings(folder)).toEqual([]);
    const list = await listOf(folder);
    expect(list.map(({ object }) => object)).toEqual(['copy', 'large', undefined]);
    expect(list[0]).toMatchObject({ account: 'a', container: 'c', table: 'objects' });
    expect(await readFile(path.join(folder, 'damaged', String(list[2]?.file)))).toEqual(bytes);
    const storage = await openStorage(folder);
    expect(namesIn(storage)).toEqual(['other large', 'other small', 'small']);
    expect(storage.container('a', 'c')).toMatchObject({ objects: 3 });
    await storage.close();
  });

  it.each(['damaged', 'damaged/list.jsonl'])(
    'changes nothing if a symbolic link stands in the place of %s',
    async (name) => {
      const { folder, file } = await newData();
      const elsewhere = await newFolder();
      if (name !== 'damaged') await mkdir(path.join(folder, 'damaged'));
      await symlink(path.join(elsewhere, path.basename(name)), path.join(folder, name));
      await mkdir(path.join(elsewhere, 'damaged'));
      await truncate(file, LARGE - 1);
      await expect(repaired(folder)).rejects.toMatchObject({ code: 'failed' });
      expect(await readdir(elsewhere, { recursive: true })).toEqual(['damaged']);
      expect(await findings(folder)).not.toEqual([]);
    },
  );

  it('takes out an object whose small body is damaged, and keeps the bytes', async () => {
    const { folder } = await newData();
    await changeTables(folder, ({ inline, objects }) => {
      const small = [...objects.getRange()].find(({ key }) => key.toString().endsWith('small'))!;
      const key = idKey(small.value[2]);
      inline.putSync(key, Buffer.from('x'.repeat(inline.get(key)!.length)));
    });
    const [only, ...rest] = await repaired(folder);
    expect(rest).toEqual([]);
    expect(only).toMatchObject({
      kind: 'damaged-content',
      object: { account: 'a', container: 'c' },
    });
    expect(await findings(folder)).toEqual([]);
    const [, bytes] = await listOf(folder);
    const text = await readFile(path.join(folder, 'damaged', String(bytes?.file)), 'latin1');
    expect(text).toMatch(/^x+$/);
  });

  it.each([
    ['counters', ({ tallies }: Tables) => tallies.clearSync(), 5],
    ['the index of what expires', ({ expiry }: Tables) => expiry.clearSync(), 5],
    ['the checksums of files', ({ sums }: Tables) => sums.clearSync(), 5],
    ['the records of contents', ({ contents }: Tables) => contents.clearSync(), 5],
  ])('makes anew %s', async (_, damage, objects) => {
    const { folder } = await newData();
    await changeTables(folder, damage);
    expect((await findings(folder)).length).toBeGreaterThan(0);
    await repaired(folder);
    expect(await findings(folder)).toEqual([]);
    const storage = await openStorage(folder);
    expect(namesIn(storage)).toHaveLength(objects);
    expect(storage.account('a')).toMatchObject({ containers: 1, objects });
    const copy = storage.object('a', 'c', 'copy');
    expect(await bytesOf(storage, copy!.content)).toHaveLength(LARGE);
    await storage.close();
  });

  it('moves files of nobody, and folders', async () => {
    const { folder, file } = await newData();
    await writeFile(`${file}.txt`, 'mine');
    expect(await repaired(folder)).toHaveLength(1);
    const [{ file: kept } = {}] = await listOf(folder);
    expect(await readFile(path.join(folder, 'damaged', String(kept)), 'utf8')).toBe('mine');
    expect(await findings(folder)).toEqual([]);
  });

  it('leaves alone what it cannot help, and says so', async () => {
    const { folder } = await newData();
    await changeTables(folder, ({ root, containers }) => {
      const [{ key } = { key: Buffer.alloc(1) }] = [...containers.raw()];
      const stored = root.openDB<Buffer, Buffer>('containers', {
        keyEncoding: 'binary',
        encoding: 'binary',
      });
      const value = Buffer.from(stored.get(key)!);
      value[value.length - 1]! ^= 1;
      stored.putSync(key, value);
    });
    const done = await repaired(folder);
    expect(done[0]).toMatchObject({ kind: 'damaged-record' });
    expect(new Set(done.map((each) => each.done))).toEqual(new Set(['nothing']));
    expect(done.filter(({ object }) => object !== undefined)).toHaveLength(5);
    expect((await findings(folder)).length).toBe(done.length);
  });

  it('needs the folder for itself', async () => {
    const { folder } = await newData();
    const storage = await openStorage(folder);
    await expect(repaired(folder)).rejects.toMatchObject({ code: 'locked' });
    await storage.close();
    const { tables, session } = await openExclusively(folder, {}, async (tables) => {
      return { tables, session: await Session.open(tables, folder, 'reader') };
    });
    await expect(repaired(folder)).rejects.toMatchObject({ code: 'locked' });
    await session.close();
    await closeTables(tables);
    expect(await repaired(folder)).toEqual([]);
  });

  it('says beforehand what it would do, and does nothing', async () => {
    const { folder, file } = await newData();
    await rm(file);
    const plans: string[] = [];
    for await (const { plan } of plannedRepairs(folder)) plans.push(plan);
    expect(plans).toEqual(Array(2).fill('the object is moved to damaged/'));
    expect(await readdir(folder)).not.toContain('damaged');
    expect(await findings(folder)).toHaveLength(2);
  });

  it('plans nothing if one finding cannot be repaired', async () => {
    const { folder, file } = await newData();
    await rm(file);
    await changeTables(folder, ({ root, accounts }) => {
      const raw = root.openDB<Buffer, Buffer>('accounts', {
        keyEncoding: 'binary',
        encoding: 'binary',
      });
      for (const { key } of [...accounts.raw()]) raw.putSync(key, Buffer.from('damaged'));
    });
    const plans: string[] = [];
    for await (const { plan } of plannedRepairs(folder)) plans.push(plan);
    expect(new Set(plans)).toEqual(new Set(['nothing']));
    expect((await repaired(folder)).map(({ done }) => done)).toEqual(plans);
  });

  it.each(['identity', 'converted', 'unknown'])('does without the record %s', async (name) => {
    const { folder } = await newData();
    await changeTables(folder, ({ root }) => {
      const meta = root.openDB<Buffer, Buffer>('meta', {
        keyEncoding: 'binary',
        encoding: 'binary',
      });
      meta.putSync(Buffer.from(name), Buffer.from('damaged'));
    });
    expect((await repaired(folder)).map(({ kind }) => kind)).toEqual(['damaged-record']);
    expect(await findings(folder)).toEqual([]);
  });

  it('creates nothing if there is nothing to repair', async () => {
    const { folder } = await newData();
    expect(await repaired(folder)).toEqual([]);
    expect(await readdir(folder)).not.toContain('damaged');
  });
});
