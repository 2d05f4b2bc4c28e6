import { randomBytes } from 'node:crypto';
import { closeSync, openSync, readFileSync, statSync, writeSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { BodyCheck } from '../../../../src/stores/embedded/storage/body_check';
import { ContentFiles } from '../../../../src/stores/embedded/storage/content_files';
import { childKey, expiryKey, idKey } from '../../../../src/stores/embedded/storage/keys';
import { openStorage } from '../../../../src/stores/embedded/storage/lmdb_storage';
import { Quarantine } from '../../../../src/stores/embedded/fsck/quarantine';
import { parseContentId } from '../../../../src/stores/embedded/storage/records';
import { repair } from '../../../../src/stores/embedded/fsck/repair';
import type { ContentRef, Storage } from '../../../../src/stores/embedded/storage/storage';
import { metaKeys, openTables, type Tables } from '../../../../src/stores/embedded/storage/tables';
import { eventually } from '../../../support/running/eventually';
import { bytesOf, findings, namesOf, put, walkHere } from '../../../support/stores/storage';
import { temporaryFolders } from '../../../support/running/temporary_folders';

jest.mock('../../../../src/stores/embedded/walk/walk_database', () => ({
  ...jest.requireActual<object>('../../../../src/stores/embedded/walk/walk_database'),
  walkDatabase: (folder: string) => Promise.resolve(walkHere(folder)),
}));

const newFolder = temporaryFolders();

const LARGE = 1_000_000;

/** The numbers of the account and the container in a new storage. */
const [ACCOUNT, CONTAINER] = [2, 3];

/** Opens a new storage, changes it, and closes it. */
async function filled(
  fill: (storage: Storage) => Promise<unknown>,
  now?: () => number,
): Promise<string> {
  const folder = await newFolder();
  const storage = await openStorage(folder, now ? { now } : {});
  await storage.putContainer('a', 'c', {});
  await fill(storage);
  await storage.close();
  return folder;
}

async function changeTables(folder: string, change: (tables: Tables) => unknown): Promise<void> {
  const tables = openTables(folder);
  await change(tables);
  await tables.root.close();
}

/** Opens a table with raw keys and values. */
function raw({ root }: Tables, name: string) {
  return root.openDB<Buffer, Buffer>(name, { keyEncoding: 'binary', encoding: 'binary' });
}

/** Changes the key of a record, as a flipped bit does. */
function rename(tables: Tables, name: string, from: Buffer, to: Buffer): void {
  const table = raw(tables, name);
  const value = Buffer.from(table.get(from)!);
  table.removeSync(from);
  table.putSync(to, value);
}

const fileOf = (folder: string, { id }: ContentRef) =>
  path.join(folder, 'content', id.slice(-2), id);

/** Counts this process's open descriptors of a file. */
async function descriptorsOf(file: string): Promise<number> {
  const { ino } = statSync(file);
  let count = 0;
  for (const fd of await readdir('/proc/self/fd')) {
    const stats = statSync(`/proc/self/fd/${fd}`, { throwIfNoEntry: false });
    if (stats?.ino === ino) count++;
  }
  return count;
}

describe('a flipped bit', () => {
  it('in a key makes no object one that is not there', async () => {
    const names = Array.from({ length: 300 }, (_, i) => `object-${String(i).padStart(3, '0')}`);
    const folder = await filled((storage) =>
      Promise.all(names.map((name) => put(storage, name, name))),
    );
    const storage = await openStorage(folder);
    const file = path.join(folder, 'data.mdb');
    for (const name of names.filter((_, i) => i % 10 === 3)) {
      const key = childKey(CONTAINER, name);
      const bit = 1 << (names.indexOf(name) % 8);
      const at = (names.indexOf(name) * 7) % key.length;
      // in its place in the file, which the database has mapped
      const undo = flipAll(file, key, at, bit);
      expect(undo.length).toBeGreaterThan(0);
      expect(() => storage.object('a', 'c', name)).toThrow('is damaged');
      await expect(put(storage, name, 'other')).rejects.toMatchObject({ code: 'corrupt' });
      const list = () => namesOf(storage.listObjects('a', 'c', { limit: 1000 }));
      expect(list).toThrow('is damaged');
      const after = { limit: 1, marker: names[names.indexOf(name) - 1]! };
      expect(() => storage.listObjects('a', 'c', after)).toThrow('is damaged');
      for (const back of undo) back();
      expect(list()).toHaveLength(names.length);
    }
    await storage.close();
  });

  it('in the journal of what has gone removes no file of what has not', async () => {
    let content!: ContentRef;
    const folder = await filled(
      async (storage) => ({ content } = await put(storage, 'o', randomBytes(LARGE))),
    );
    const key = idKey(parseContentId(content.id));
    await changeTables(folder, (tables) => {
      tables.gone.putSync(idKey(77), true);
      rename(tables, 'gone', idKey(77), key);
      tables.arriving.putSync(idKey(78), 1);
      rename(tables, 'arriving', idKey(78), key);
    });
    const storage = await openStorage(folder);
    expect(await bytesOf(storage, content)).toHaveLength(LARGE);
    await storage.close();
  });

  it('in the index lets nothing expire before its time, nor keeps others from expiring', async () => {
    let time = 1_800_000_000_000;
    const now = () => time;
    const due = { deleteAt: 1_800_000_010 };
    const folder = await filled(async (storage) => {
      await put(storage, 'later', 'x', { deleteAt: 4e9 });
      for (const name of ['1', '2', '3', '4']) await put(storage, name, `body ${name}`, due);
    }, now);
    time += 20_000;
    await changeTables(folder, (tables) => {
      const key = (name: string) => childKey(CONTAINER, name);
      rename(tables, 'expiry', expiryKey(4e9, key('later')), expiryKey(1, key('later')));
      const objects = raw(tables, 'objects');
      const value = Buffer.from(objects.get(key('1'))!);
      value[value.length - 1]! ^= 1;
      objects.putSync(key('1'), value);
      const [, , content] = tables.objects.get(key('2'))!;
      raw(tables, 'contents').putSync(idKey(content), Buffer.from('damaged'));
    });
    const storage = await openStorage(folder, { now });
    expect(await storage.expire(1000)).toBe(2);
    expect(await storage.expire(1000)).toBe(0);
    expect(storage.object('a', 'c', 'later')).toBeDefined();
    await storage.close();
    await changeTables(folder, ({ objects }) => {
      expect(objects.has(childKey(CONTAINER, '2'))).toBe(true);
      expect(objects.has(childKey(CONTAINER, '3'))).toBe(false);
    });
  });

  it('in an object’s record is found by its name', async () => {
    const folder = await filled((storage) => put(storage, 'o', 'body'));
    await changeTables(folder, (tables) =>
      raw(tables, 'objects').putSync(childKey(CONTAINER, 'o'), Buffer.from('damaged')),
    );
    const object = { account: 'a', container: 'c', object: 'o' };
    expect(await findings(folder)).toContainEqual(
      expect.objectContaining({ kind: 'damaged-record', object }),
    );
    const storage = await openStorage(folder);
    const results: unknown[] = [];
    const { signal } = new AbortController();
    await storage.scrubber.pass({
      rate: 0,
      signal,
      report: ({ objects }) => results.push(...objects),
    });
    expect(results).toEqual([object]);
    await storage.close();
  });

  it.each(['owner', 'scrub_ended'])('in the record %s is repaired', async (name) => {
    const folder = await filled(async (storage) => {
      await put(storage, 'o', 'body');
      const { signal } = new AbortController();
      await storage.scrubber.pass({ rate: 0, signal, report: () => undefined });
    });
    await changeTables(folder, (tables) =>
      raw(tables, 'meta').putSync(Buffer.from(name), Buffer.from('x')),
    );
    for await (const each of repair(folder)) void each;
    expect(await findings(folder)).toEqual([]);
    const storage = await openStorage(folder);
    expect(namesOf(storage.listObjects('a', 'c', { limit: 10 }))).toEqual(['o']);
    await storage.close();
  });

  it('in the record of a session lets no other server in, and is repaired', async () => {
    const folder = await filled((storage) => put(storage, 'o', 'body'));
    const storage = await openStorage(folder);
    const damage = (tables: Tables) => {
      for (const { key } of tables.sessions.raw())
        raw(tables, 'sessions').putSync(key, Buffer.from('x'));
    };
    await changeTables(folder, damage);
    await expect(openStorage(folder)).rejects.toMatchObject({ code: 'locked' });
    await storage.close();
    await changeTables(folder, (tables) => {
      tables.sessions.putSync(idKey(tables.meta.get(metaKeys.owner)!), [1, 'x', 1]);
      damage(tables);
    });
    for await (const each of repair(folder)) void each;
    expect(await findings(folder)).toEqual([]);
    await (await openStorage(folder)).close();
  });

  it('in a counter lets no container be removed that has objects', async () => {
    const folder = await filled((storage) => put(storage, 'o', 'body'));
    await changeTables(folder, ({ tallies }) =>
      tallies.putSync(idKey(CONTAINER), [ACCOUNT, 0, 0, 0]),
    );
    const storage = await openStorage(folder);
    expect(await storage.deleteContainer('a', 'c')).toBe('not-empty');
    await storage.close();
  });
});

/** Flips a bit of a key wherever it occurs in a file; returns how to flip it back. */
function flipAll(file: string, key: Buffer, at: number, bit: number): (() => void)[] {
  const bytes = readFileSync(file);
  const undo: (() => void)[] = [];
  const write = (byte: number, place: number) => {
    const fd = openSync(file, 'r+');
    writeSync(fd, Buffer.from([byte]), 0, 1, place);
    closeSync(fd);
  };
  for (let index = bytes.indexOf(key); index >= 0; index = bytes.indexOf(key, index + 1)) {
    const place = index + at;
    const byte = bytes[place]!;
    write(byte ^ bit, place);
    undo.push(() => write(byte, place));
  }
  return undo;
}

describe('a body without checksums', () => {
  it('is not read, shared or copied whole if it is damaged', async () => {
    let content!: ContentRef;
    const folder = await filled(
      async (storage) => ({ content } = await put(storage, 'o', randomBytes(LARGE))),
    );
    await changeTables(folder, ({ contents, sums }) => {
      const [references, size, etag, place] = contents.get(idKey(parseContentId(content.id)))!;
      contents.putSync(idKey(parseContentId(content.id)), [references, size, etag, place, null]);
      sums.clearSync();
    });
    const file = fileOf(folder, content);
    const bytes = await readFile(file);
    bytes[LARGE - 1]! ^= 1;
    await writeFile(file, bytes);
    const storage = await openStorage(folder);
    await expect(bytesOf(storage, content)).rejects.toMatchObject({ code: 'corrupt' });
    await expect(storage.verify(content)).rejects.toMatchObject({ code: 'corrupt' });
    await expect(storage.verify(content, true)).rejects.toMatchObject({ code: 'corrupt' });
    expect(await bytesOf(storage, content, 0, 9)).toEqual(bytes.subarray(0, 10));
    await storage.close();
  });
});

describe('a stream of a body', () => {
  it.each([
    ['that is read to its end', async (stream: Readable) => void (await stream.toArray())],
    [
      'that is given up before anything is read',
      (stream: Readable) => Promise.resolve(stream.destroy()),
    ],
    [
      'that is given up while it is read',
      async (stream: Readable) => {
        for await (const chunk of stream) if ((chunk as Buffer).length > 0) break;
      },
    ],
    [
      'that is given up in a read',
      async (stream: Readable) => {
        stream.resume();
        await new Promise((resolve) => stream.once('data', resolve));
        stream.destroy();
      },
    ],
  ])('%s closes its file', async (_, use) => {
    let content!: ContentRef;
    const folder = await filled(
      async (storage) => ({ content } = await put(storage, 'o', randomBytes(LARGE))),
    );
    const storage = await openStorage(folder);
    const stream = (await storage.read(content)) as Readable;
    expect(await descriptorsOf(fileOf(folder, content))).toBe(1);
    await use(stream);
    await eventually('the end', () => stream.closed);
    expect(await descriptorsOf(fileOf(folder, content))).toBe(0);
    await storage.close();
  });

  it('closes its file if it is damaged, at its beginning or later', async () => {
    let content!: ContentRef;
    const folder = await filled(
      async (storage) => ({ content } = await put(storage, 'o', randomBytes(LARGE))),
    );
    const file = fileOf(folder, content);
    const right = await readFile(file);
    const storage = await openStorage(folder);
    for (const at of [0, LARGE - 1]) {
      const bytes = Buffer.from(right);
      bytes[at]! ^= 1;
      await writeFile(file, bytes);
      await expect(bytesOf(storage, content)).rejects.toMatchObject({ code: 'corrupt' });
      expect(await descriptorsOf(file)).toBe(0);
    }
    await storage.close();
  });
});

describe('what only seems to be damage', () => {
  it.each(['EMFILE', 'EACCES', 'ABORT_ERR'])('%s is not taken for it', async (code) => {
    let content!: ContentRef;
    const folder = await filled(
      async (storage) => ({ content } = await put(storage, 'o', randomBytes(LARGE))),
    );
    await changeTables(folder, async (tables) => {
      const id = parseContentId(content.id);
      const fails = () => Promise.reject(Object.assign(new Error('not now'), { code }));
      const check = new BodyCheck(tables, new ContentFiles(folder), undefined, fails);
      await expect(check.check(id, tables.contents.get(idKey(id))!)).rejects.toMatchObject({
        code,
      });
    });
  });
});

describe('damaged/', () => {
  it('keeps all of several files of one name', async () => {
    const folder = await newFolder();
    const quarantine = await Quarantine.open(folder);
    for (const text of ['one', 'other']) {
      await writeFile(path.join(folder, 'file'), text);
      await quarantine.move('file', quarantine.nameFor('file'));
    }
    await quarantine.close();
    const files = (await readdir(path.join(folder, 'damaged'))).filter(
      (name) => name !== 'list.jsonl',
    );
    const texts = files.map((name) => readFileSync(path.join(folder, 'damaged', name), 'utf8'));
    expect(texts.sort()).toEqual(['one', 'other']);
  });

  it.each([
    ['before', 'addToList'],
    ['after', 'addToList'],
    ['before', 'move'],
    ['after', 'move'],
    ['before', 'write'],
    ['after', 'write'],
    ['after', 'close'],
  ] as const)('gets everything in the end if repairs break off %s each %s', async (when, step) => {
    const folder = await filled(async (storage) => {
      await put(storage, 'small', 'small');
      const { content } = await put(storage, 'large', randomBytes(LARGE));
      await storage.putObject('a', 'c', 'copy', { content, contentType: 'x', attributes: {} });
      await put(storage, 'right', randomBytes(LARGE));
    });
    let files: string[] = [];
    await changeTables(folder, (tables) => {
      const inline = raw(tables, 'inline');
      for (const key of [...inline.getKeys()]) inline.putSync(key, Buffer.from('SMALL'));
      const [, , id] = tables.objects.get(childKey(CONTAINER, 'large'))!;
      files = [path.join(folder, new ContentFiles(folder).nameOf(id))];
    });
    const bytes = await readFile(files[0]!);
    bytes[0]! ^= 1;
    await writeFile(files[0]!, bytes);
    let isOver = false;
    for (let max = 0; !isOver; max++) {
      let calls = 0;
      const original = Reflect.get(Quarantine.prototype, step) as (
        ...all: unknown[]
      ) => Promise<void>;
      const spy = jest.spyOn(Quarantine.prototype, step);
      spy.mockImplementation(async function (this: Quarantine, ...args: unknown[]) {
        const isLast = calls++ >= max;
        if (!isLast || when === 'after') await original.apply(this, args);
        if (isLast) throw new Error('the power fails');
      });
      try {
        for await (const each of repair(folder)) void each;
        isOver = true;
      } catch (error) {
        expect(String(error)).toContain('the power fails');
      } finally {
        spy.mockRestore();
      }
    }
    expect(await findings(folder)).toEqual([]);
    const there = await readdir(path.join(folder, 'damaged'));
    const contents = there.map((name) => readFileSync(path.join(folder, 'damaged', name)));
    expect(contents.some((each) => each.equals(bytes))).toBe(true);
    expect(contents.some((each) => each.toString() === 'SMALL')).toBe(true);
    const storage = await openStorage(folder);
    expect(namesOf(storage.listObjects('a', 'c', { limit: 10 }))).toEqual(['right']);
    await storage.close();
  });
});
