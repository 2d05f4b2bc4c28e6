import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { idKey } from '../../../../src/stores/embedded/storage/keys';
import { openStorage } from '../../../../src/stores/embedded/storage/lmdb_storage';
import { parseContentId } from '../../../../src/stores/embedded/storage/records';
import type { Damage, Storage } from '../../../../src/stores/embedded/storage/storage';
import { metaKeys, openTables, type Tables } from '../../../../src/stores/embedded/storage/tables';
import { bytesOf, findings, put, walkHere } from '../../../support/stores/storage';
import { temporaryFolders } from '../../../support/running/temporary_folders';

jest.mock('../../../../src/stores/embedded/walk/walk_database', () => ({
  ...jest.requireActual<object>('../../../../src/stores/embedded/walk/walk_database'),
  walkDatabase: (folder: string) => Promise.resolve(walkHere(folder)),
}));

const newFolder = temporaryFolders();

const LARGE = 300_000;

async function changeTables(folder: string, change: (tables: Tables) => unknown): Promise<void> {
  const tables = openTables(folder);
  await change(tables);
  await tables.root.close();
}

async function pass(storage: Storage, rate = 0): Promise<Damage[]> {
  const damages: Damage[] = [];
  const { signal } = new AbortController();
  await storage.scrubber.pass({ rate, signal, report: (damage) => void damages.push(damage) });
  return damages;
}

describe('the scrubber', () => {
  it('names each object whose bytes are damaged, in the database and in files', async () => {
    const folder = await newFolder();
    let storage = await openStorage(folder);
    await storage.putContainer('a', 'c', {});
    const small = await put(storage, 'small', 'small');
    const large = await put(storage, 'large', randomBytes(LARGE));
    await put(storage, 'right', randomBytes(LARGE));
    expect(await pass(storage)).toEqual([]);
    await storage.close();
    await changeTables(folder, ({ inline }) =>
      inline.putSync(idKey(parseContentId(small.content.id)), Buffer.from('dmall')),
    );
    const { id } = large.content;
    const file = path.join(folder, 'content', id.slice(-2), id);
    const bytes = await readFile(file);
    bytes[70_000]! ^= 1;
    await writeFile(file, bytes);
    storage = await openStorage(folder);
    const damages = await pass(storage);
    expect(damages.map(({ objects }) => objects)).toEqual([
      [{ account: 'a', container: 'c', object: 'small', version: small.timestamp }],
      [{ account: 'a', container: 'c', object: 'large', version: large.timestamp }],
    ]);
    expect(storage.scrubber.lastEnd()).toBeCloseTo(Date.now(), -5);
    await storage.close();
  });

  it('gives bodies without checksums theirs, if their MD5 is right', async () => {
    const folder = await newFolder();
    let storage = await openStorage(folder);
    await storage.putContainer('a', 'c', {});
    const ids: string[] = [];
    for (const name of ['small', 'large', 'wrong'])
      ids.push((await put(storage, name, name === 'small' ? name : randomBytes(LARGE))).content.id);
    await storage.close();
    await changeTables(folder, ({ contents, sums }) => {
      for (const { key, value } of [...contents.getRange()])
        contents.putSync(key, [value[0], value[1], value[2], value[3], null]);
      sums.clearSync();
    });
    const wrong = path.join(folder, 'content', ids[2]!.slice(-2), ids[2]!);
    await writeFile(wrong, randomBytes(LARGE));
    storage = await openStorage(folder);
    expect(await pass(storage)).toHaveLength(1);
    await storage.close();
    await changeTables(folder, ({ contents, sums }) => {
      const checks = ids.map((id) => contents.get(idKey(parseContentId(id)))?.[4]);
      expect(checks).toEqual([expect.any(Number), 65_536, null]);
      expect([...sums.getKeys()]).toHaveLength(1);
    });
    expect(await findings(folder)).toHaveLength(1);
  });

  it('continues where it was interrupted', async () => {
    const folder = await newFolder();
    let storage = await openStorage(folder);
    await storage.putContainer('a', 'c', {});
    const first = await put(storage, 'first', 'first');
    await put(storage, 'second', 'second');
    await storage.close();
    await changeTables(folder, ({ meta, inline }) => {
      meta.putSync(metaKeys.scrubbed, parseContentId(first.content.id));
      for (const key of [...inline.getKeys()]) inline.putSync(key, Buffer.from('xxxxx'));
    });
    storage = await openStorage(folder);
    const damages = await pass(storage);
    expect(damages.flatMap(({ objects }) => objects.map(({ object }) => object))).toEqual([
      'second',
    ]);
    expect(await pass(storage)).toHaveLength(2);
    await storage.close();
  });

  it('is interrupted at once', async () => {
    const storage = await openStorage(await newFolder());
    await storage.putContainer('a', 'c', {});
    await put(storage, 'large', randomBytes(LARGE));
    const end = new AbortController();
    const passing = storage.scrubber.pass({ rate: 1, signal: end.signal, report: () => undefined });
    setImmediate(() => end.abort());
    await expect(passing).rejects.toMatchObject({ name: 'AbortError' });
    expect(storage.scrubber.lastEnd()).toBeUndefined();
    await storage.close();
  });
});

describe('a read', () => {
  it.each([
    ['the first block', 10, 0, LARGE - 1],
    ['a later block, of the whole', 280_000, 0, LARGE - 1],
    ['a block of which no byte is wanted but one', 140_000, 131_072, 131_072],
  ])('does not return damage in %s', async (_, at, from, to) => {
    const folder = await newFolder();
    const storage = await openStorage(folder);
    await storage.putContainer('a', 'c', {});
    const bytes = randomBytes(LARGE);
    const { content } = await put(storage, 'o', bytes);
    const file = path.join(folder, 'content', content.id.slice(-2), content.id);
    const wrong = Buffer.from(bytes);
    wrong[at]! ^= 0x10;
    await writeFile(file, wrong);
    await expect(bytesOf(storage, content, from, to)).rejects.toMatchObject({ code: 'corrupt' });
    await expect(storage.verify(content)).rejects.toMatchObject({ code: 'corrupt' });
    const elsewhere = await bytesOf(storage, content, 65_536 * 3, 65_536 * 3 + 9);
    if (at < 65_536 * 3 || at >= 65_536 * 4)
      expect(elsewhere.equals(bytes.subarray(65_536 * 3, 65_536 * 3 + 10))).toBe(true);
    await storage.close();
  });

  it('reports damage to the structure of a database that is in use', async () => {
    const folder = await newFolder();
    let elapsed = 0;
    const storage = await openStorage(folder, { now: () => Date.now() + elapsed });
    await storage.putContainer('a', 'c', {});
    const file = path.join(folder, 'data.mdb');
    const bytes = await readFile(file);
    // the header that the next commit overwrites: nothing reads it meanwhile
    const [first, second] = [0, 4096].map((at) => bytes.readBigUInt64LE(at + 152));
    bytes[(first! < second! ? 0 : 4096) + 24]! ^= 0xff;
    await writeFile(file, bytes, { flag: 'r+' });
    // a server walks the database before it opens it
    expect(await pass(storage)).toEqual([]);
    elapsed = 3_600_000;
    const damages = await pass(storage);
    expect(damages).toEqual([
      { text: expect.stringContaining('the header') as string, objects: [] },
    ]);
    await storage.close();
  });
});
