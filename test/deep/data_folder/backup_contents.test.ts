import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readdirSync, unlinkSync } from 'node:fs';
import promises, {
  cp,
  lstat,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises';
import path from 'node:path';
import { open } from 'lmdb';
import {
  backup,
  type BackupOptions,
  type BackupResult,
} from '../../../src/stores/embedded/backup/backup';
import type { Finding } from '../../../src/stores/embedded/fsck/finding';
import { idKey } from '../../../src/stores/embedded/storage/keys';
import { openStorage } from '../../../src/stores/embedded/storage/lmdb_storage';
import { parseContentId, Place } from '../../../src/stores/embedded/storage/records';
import { Session } from '../../../src/stores/embedded/storage/sessions';
import type { ContentRef, Storage } from '../../../src/stores/embedded/storage/storage';
import { openTables, type Tables } from '../../../src/stores/embedded/storage/tables';
import {
  bytesOf,
  failToOpen,
  findings,
  namesOf,
  put,
  walkHere,
} from '../../support/stores/storage';
import { CLI } from '../../support/running/paths';
import { someOf } from '../../support/running/depth';
import { temporaryFolders } from '../../support/running/temporary_folders';

jest.mock('../../../src/stores/embedded/walk/walk_database', () => ({
  ...jest.requireActual<object>('../../../src/stores/embedded/walk/walk_database'),
  walkDatabase: (folder: string) => Promise.resolve(walkHere(folder)),
}));

const newFolder = temporaryFolders();

/** A third of the tests in the gate. */
const test = someOf(3);

/** Large enough for a file. */
const LARGE = 100_000;

let data: string;
let target: string;
beforeEach(async () => {
  const folder = await newFolder();
  [data, target] = [path.join(folder, 'data'), path.join(folder, 'target')];
});
afterEach(() => jest.restoreAllMocks());

/** Changes the objects of a folder. */
async function within(
  folder: string,
  change: (storage: Storage) => Promise<unknown>,
): Promise<void> {
  const storage = await openStorage(folder);
  try {
    await storage.putContainer('a', 'c', {});
    await change(storage);
  } finally {
    await storage.close();
  }
}

/** Makes three objects: one in the database, two in files. */
async function fill(): Promise<
  Record<'small' | 'large' | 'other', { content: ContentRef; bytes: Buffer }>
> {
  const bytes = {
    small: Buffer.from('small'),
    large: randomBytes(LARGE),
    other: randomBytes(LARGE),
  };
  const objects: [string, { content: ContentRef; bytes: Buffer }][] = [];
  await within(data, async (storage) => {
    for (const [name, each] of Object.entries(bytes))
      objects.push([name, { content: (await put(storage, name, each)).content, bytes: each }]);
  });
  return Object.fromEntries(objects) as Awaited<ReturnType<typeof fill>>;
}

async function backUp(options: BackupOptions = {}): Promise<BackupResult & { found: Finding[] }> {
  const found: Finding[] = [];
  const result = await backup(data, target, {
    onFinding: (finding) => found.push(finding),
    ...options,
  });
  return { ...result, found };
}

/** Returns every object of a folder by its name, as text. */
async function objectsOf(folder: string): Promise<Record<string, string>> {
  const all: Record<string, string> = {};
  await within(folder, async (storage) => {
    for (const name of namesOf(storage.listObjects('a', 'c', { limit: 1000 }))) {
      const bytes = await bytesOf(storage, storage.object('a', 'c', name)!.content);
      all[name] = bytes.toString('base64');
    }
  });
  return all;
}

/** Restores a copy of the target, which remains unchanged. */
async function restored(): Promise<string> {
  const folder = path.join(await newFolder(), 'restored');
  await cp(target, folder, { recursive: true });
  return folder;
}

function fileOf(folder: string, { id }: ContentRef): string {
  return path.join(folder, 'content', id.slice(-2), id);
}

async function changeTables(folder: string, change: (tables: Tables) => void): Promise<void> {
  const tables = openTables(folder);
  tables.root.transactionSync(() => change(tables));
  await tables.root.close();
}

const keyOf = ({ id }: ContentRef) => idKey(parseContentId(id));

test('copies everything, for its own user only, and restored it starts', async () => {
  await fill();
  const before = process.umask(0);
  try {
    expect(await backUp()).toMatchObject({
      copied: 2,
      bytes: 2 * LARGE,
      kept: 0,
      removed: 0,
      found: [],
    });
  } finally {
    process.umask(before);
  }
  const found = await readdir(target, { recursive: true, withFileTypes: true });
  for (const entry of found) {
    const { mode } = await lstat(path.join(entry.parentPath, entry.name));
    expect(mode & 0o777).toBe(entry.isDirectory() ? 0o700 : 0o600);
  }
  expect(await readdir(target)).toEqual(['content', 'data.mdb', 'sessions']);
  expect(await findings(target)).toEqual([]);
  expect(await objectsOf(await restored())).toEqual(await objectsOf(data));
  expect(await findings(data)).toEqual([]);
});

test('copies only what is new, and removes what is no longer needed', async () => {
  const { large, other } = await fill();
  await backUp();
  const [{ mtimeMs }] = [await lstat(fileOf(target, other.content))];
  await within(data, async (storage) => {
    await storage.deleteObject('a', 'c', 'large');
    await put(storage, 'new', randomBytes(LARGE));
  });
  expect(await backUp()).toMatchObject({ copied: 1, bytes: LARGE, kept: 1, removed: 1 });
  expect((await lstat(fileOf(target, other.content))).mtimeMs).toBe(mtimeMs);
  await expect(lstat(fileOf(target, large.content))).rejects.toMatchObject({ code: 'ENOENT' });
  expect(await findings(target)).toEqual([]);
  expect(await objectsOf(await restored())).toEqual(await objectsOf(data));
});

test('removes nothing from a target that is copied itself just now', async () => {
  await fill();
  await backUp();
  await within(data, (storage) => storage.deleteObject('a', 'c', 'large'));
  const tables = openTables(target);
  const reader = await Session.open(tables, target, 'reader');
  expect(await backUp()).toMatchObject({ removed: 0 });
  await reader.leave();
  await tables.root.close();
  expect(await backUp()).toMatchObject({ removed: 1 });
  expect(await findings(target)).toEqual([]);
});

describe('refuses, and changes nothing', () => {
  test.each([
    ['is the data folder', () => data],
    ['is within the data folder', () => path.join(data, 'x/y')],
    ['contains the data folder', () => path.dirname(data)],
  ])('a target that %s', async (how, to) => {
    await fill();
    const there = await readdir(data);
    await expect(backup(data, to())).rejects.toMatchObject({
      code: 'target',
      message: `${to()} ${how} ${data}`,
    });
    expect(await readdir(data)).toEqual(there);
  });

  test('a link to the data folder', async () => {
    await fill();
    await symlink(data, target);
    await expect(backUp()).rejects.toMatchObject({ code: 'target' });
    target = path.join(target, 'x');
    await expect(backUp()).rejects.toMatchObject({ code: 'target' });
  });

  test('a folder with something else in it', async () => {
    await fill();
    await mkdir(target);
    await writeFile(path.join(target, 'thesis.txt'), '');
    await expect(backUp()).rejects.toMatchObject({ code: 'target' });
    expect(await readdir(target)).toEqual(['thesis.txt']);
  });

  test('a file', async () => {
    await fill();
    await writeFile(target, 'mine');
    await expect(backUp()).rejects.toMatchObject({ code: 'failed' });
    expect(await readFile(target, 'utf8')).toBe('mine');
  });

  test.each(['content', 'unfinished', 'sessions', 'content/07'])(
    'a link in the place of %s',
    async (name) => {
      await fill();
      const elsewhere = await newFolder();
      await writeFile(path.join(elsewhere, 'mine'), '');
      await mkdir(path.dirname(path.join(target, name)), { recursive: true });
      await symlink(elsewhere, path.join(target, name));
      await expect(backUp()).rejects.toMatchObject({ code: 'target' });
      expect(await readdir(elsewhere)).toEqual(['mine']);
    },
  );

  test('a store', async () => {
    await fill();
    await within(target, (storage) => put(storage, 'mine', 'mine'));
    await expect(backUp()).rejects.toMatchObject({ code: 'target' });
    expect(Object.keys(await objectsOf(target))).toEqual(['mine']);
  });

  test('a backup that was served since', async () => {
    await fill();
    await backUp();
    await within(target, (storage) => put(storage, 'mine', 'mine'));
    await expect(backUp()).rejects.toMatchObject({ code: 'target' });
    expect(Object.keys(await objectsOf(target))).toContain('mine');
  });

  test('a backup of another folder', async () => {
    await fill();
    await backUp();
    data = path.join(await newFolder(), 'data');
    await fill();
    const before = await readFile(path.join(target, 'data.mdb'));
    await expect(backUp()).rejects.toMatchObject({ code: 'target' });
    expect(await readFile(path.join(target, 'data.mdb'))).toEqual(before);
  });

  test('a target that a server or another backup has open', async () => {
    await fill();
    await backUp();
    const tables = openTables(target);
    for (const role of ['backup', 'owner'] as const) {
      const session = await Session.open(tables, target, role);
      await expect(backUp()).rejects.toMatchObject({ code: 'locked' });
      await session.close();
    }
    await tables.root.close();
  });

  test('to let a server or another backup begin while it writes', async () => {
    await fill();
    for (let round = 0; round < 2; round++) {
      const refused: Promise<unknown>[] = [];
      const onProgress = () => {
        if (refused.length > 0) return;
        refused.push(expect(openStorage(target)).rejects.toHaveProperty('code'));
        // synchronous: this process waits meanwhile
        const { status, stderr } = spawnSync(process.execPath, [CLI, 'backup', data, target]);
        expect([status, stderr.toString()]).toEqual([
          1,
          expect.stringContaining('is in use by process'),
        ]);
      };
      await rm(path.join(target, 'content'), { recursive: true, force: true });
      expect(await backUp({ onProgress })).toMatchObject({ copied: 2 });
      await Promise.all(refused);
      expect(refused).toHaveLength(1);
    }
    expect(await findings(target)).toEqual([]);
  });

  test.each(['data', 'target'] as const)(
    'a damaged structure of the database in the %s',
    async (which) => {
      await fill();
      await backUp();
      const before = await readFile(path.join(target, 'data.mdb'));
      const at = { data, target }[which];
      const damaged = await readFile(path.join(at, 'data.mdb'));
      // all pages except the headers
      damaged.fill(0xff, 2 * 4096);
      await writeFile(path.join(at, 'data.mdb'), damaged);
      await expect(backUp()).rejects.toMatchObject({
        code: 'corrupt',
        message: expect.stringContaining(`the database in ${at} is damaged`) as string,
      });
      if (which === 'data') expect(await readFile(path.join(target, 'data.mdb'))).toEqual(before);
    },
  );

  test.each([
    ['unfinished/novel.txt'],
    ['sessions/minutes.txt'],
    ['content/ef/00000000000000ef'],
    ['data.mdb', 'another program’s, but no database'],
  ])('a folder of somebody else’s that has %s', async (name, text = 'precious') => {
    await fill();
    const file = path.join(target, name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, text);
    await expect(backUp()).rejects.toHaveProperty(
      'code',
      expect.stringMatching(/^(target|corrupt)$/),
    );
    expect(await readFile(file, 'utf8')).toBe(text);
  });

  test('another program’s database', async () => {
    await fill();
    const root = open({ path: target, noSubdir: false });
    await root.openDB('customers', {}).put('one', 'precious');
    await root.close();
    await expect(backUp()).rejects.toThrow('choose another folder for backups');
    const again = open({ path: target, noSubdir: false });
    expect(again.openDB('customers', {}).get('one')).toBe('precious');
    await again.close();
  });

  test.each(['accounts', 'containers', 'objects'] as const)(
    'to replace records that an earlier backup has whole: %s',
    async (name) => {
      await fill();
      await backUp();
      const tables = openTables(data);
      const raw = tables.root.openDB<Buffer, Buffer>(name, {
        keyEncoding: 'binary',
        encoding: 'binary',
      });
      const [record] = tables[name].raw();
      raw.putSync(record!.key, Buffer.from('damaged'));
      await tables.root.close();
      const found: Finding[] = [];
      await expect(backUp({ onFinding: (finding) => found.push(finding) })).rejects.toMatchObject({
        code: 'corrupt',
      });
      expect(found).toHaveLength(1);
      expect(await findings(target)).toEqual([]);
      target = path.join(await newFolder(), 'another');
      expect(await backUp()).toMatchObject({ copied: 2 });
    },
  );

  test('to take a limit of the process for damage', async () => {
    const { large } = await fill();
    await backUp();
    await rm(path.join(target, 'content'), { recursive: true });
    failToOpen(large.content, 'EMFILE');
    const found: Finding[] = [];
    const onFinding = (finding: Finding) => found.push(finding);
    await expect(backUp({ onFinding })).rejects.toMatchObject({ code: 'failed' });
    expect(found).toEqual([]);
  });

  test('a folder without a storage', async () => {
    await expect(backUp()).rejects.toMatchObject({ code: 'failed' });
  });

  test('another user than that of the data', async () => {
    await fill();
    jest.spyOn(process, 'geteuid').mockReturnValue(4711);
    await expect(backUp()).rejects.toMatchObject({ code: 'failed' });
  });

  test('a target with too little space, with figures', async () => {
    await fill();
    jest.spyOn(promises, 'statfs').mockResolvedValue({ bavail: 10, bsize: 4096 } as never);
    await expect(backUp()).rejects.toMatchObject({
      code: 'no-space',
      message: expect.stringMatching(/ needs 4\.\d MB in .*target, and 0 MB are free$/) as string,
    });
    expect((await readdir(target, { recursive: true })).filter((each) => each.length > 11)).toEqual(
      [],
    );
  });
});

describe('damage in the data folder is reported, and left out', () => {
  const damages: [
    string,
    string,
    (on: { file: string; content: ContentRef }) => Promise<unknown>,
  ][] = [
    [
      'another byte',
      'damaged-content',
      async ({ file }) => {
        const first = (await readFile(file)).readUInt8(0);
        await writeFile(file, Buffer.of(first ^ 1), { flag: 'r+' });
      },
    ],
    ['its end gone', 'damaged-content', ({ file }) => truncate(file, LARGE - 1)],
    ['no file', 'missing-content', ({ file }) => rm(file)],
    [
      'a link to the right bytes',
      'damaged-content',
      async ({ file }) => {
        await rename(file, `${data}/moved`);
        await symlink(`${data}/moved`, file);
      },
    ],
  ];
  test.each(damages)('%s', async (_, kind, damage) => {
    const { large } = await fill();
    await damage({ file: fileOf(data, large.content), content: large.content });
    const { found, ...result } = await backUp();
    expect(result).toMatchObject({ copied: 1, findings: 1 });
    const object = { account: 'a', container: 'c', object: 'large' };
    expect(found).toEqual([
      expect.objectContaining({ kind, object: expect.objectContaining(object) as unknown }),
    ]);
    await expect(lstat(fileOf(target, large.content))).rejects.toMatchObject({ code: 'ENOENT' });
    expect((await findings(target)).map((each) => each.kind)).toEqual(['missing-content']);
  });

  test.each(damages)(
    '%s, of which an earlier backup has a whole copy, that stays',
    async (_, __, damage) => {
      const { large } = await fill();
      await backUp();
      await damage({ file: fileOf(data, large.content), content: large.content });
      expect(await backUp()).toMatchObject({ kept: 2, findings: 0 });
      expect(await findings(target)).toEqual([]);
    },
  );

  test('bytes in the database, which are taken from an earlier backup if that has them', async () => {
    const { small } = await fill();
    const wrong = () =>
      changeTables(data, (on) => on.inline.putSync(keyOf(small.content), Buffer.from('smell')));
    await backUp();
    await wrong();
    expect((await backUp()).found.map(({ kind }) => kind)).toEqual(['damaged-content']);
    expect(await findings(target)).toEqual([]);
    await rm(target, { recursive: true });
    expect((await backUp()).found.map(({ kind }) => kind)).toEqual(['damaged-content']);
    expect((await findings(target)).map(({ kind }) => kind)).toEqual(['damaged-content']);
  });

  test('checksums of blocks, but the body is copied if its MD5 is right', async () => {
    const { large } = await fill();
    await changeTables(data, (tables) => tables.sums.clearSync());
    const { found, copied } = await backUp();
    expect(found.map(({ kind }) => kind)).toEqual(['checksums', 'checksums']);
    expect(copied).toBe(2);
    expect(await readFile(fileOf(target, large.content))).toEqual(large.bytes);
  });

  test.each([
    ['gone', 'references', (tables: Tables, key: Buffer) => tables.contents.removeSync(key)],
    [
      'damaged',
      'damaged-record,references',
      (tables: Tables, key: Buffer) =>
        tables.root
          .openDB('contents', { keyEncoding: 'binary', encoding: 'binary' })
          .putSync(key, Buffer.from([0xc1, 1])),
    ],
  ])(
    'a content’s record that is %s: its body is copied, and nothing removed',
    async (_, kinds, change) => {
      const { large, other } = await fill();
      await backUp();
      await within(data, (storage) => storage.deleteObject('a', 'c', 'other'));
      await changeTables(data, (tables) => change(tables, keyOf(large.content)));
      expect((await backUp()).found.map(({ kind }) => kind).join()).toBe(kinds);
      expect(await readFile(fileOf(target, large.content))).toEqual(large.bytes);
      expect(await readFile(fileOf(target, other.content))).toEqual(other.bytes);
      await rm(target, { recursive: true });
      expect((await backUp()).found.map(({ kind }) => kind).join()).toBe(kinds);
      expect(await readFile(fileOf(target, large.content))).toEqual(large.bytes);
    },
  );

  test('a content that is no object’s', async () => {
    await fill();
    await changeTables(data, ({ contents }) =>
      contents.putSync(idKey(999), [1, 5, 'x', Place.File, null]),
    );
    const { found } = await backUp();
    expect(found).toEqual([expect.objectContaining({ kind: 'missing-content' })]);
    expect(found[0]).not.toHaveProperty('object');
  });
});

describe('what is interrupted', () => {
  /** Ends the first backup once the first body has been written. */
  async function stopped(): Promise<void> {
    const stopping = new AbortController();
    const onProgress = () => stopping.abort();
    await expect(backUp({ signal: stopping.signal, onProgress })).rejects.toMatchObject({
      code: 'closed',
    });
  }

  test('is no store, and goes on with what was copied', async () => {
    await fill();
    await stopped();
    await expect(openStorage(target)).rejects.toMatchObject({ code: 'format' });
    await expect(findings(target)).rejects.toMatchObject({ code: 'format' });
    await expect(backup(target, path.join(await newFolder(), 'x'))).rejects.toMatchObject({
      code: 'format',
    });
    expect(await readdir(path.join(data, 'sessions'))).toEqual([]);
    expect(await readdir(path.join(target, 'sessions'))).toEqual([]);
    expect(await backUp()).toMatchObject({ findings: 0 });
    expect(await findings(target)).toEqual([]);
  });

  test('leaves the earlier backup as it was', async () => {
    await fill();
    await backUp();
    const before = await objectsOf(data);
    await within(data, async (storage) => {
      await storage.deleteObject('a', 'c', 'large');
      await put(storage, 'new', randomBytes(LARGE));
    });
    await stopped();
    expect(await objectsOf(await restored())).toEqual(before);
    expect(await backUp()).toMatchObject({ removed: 1 });
    expect(await objectsOf(await restored())).toEqual(await objectsOf(data));
  });

  test('is no more than it was if the disk is full', async () => {
    await fill();
    await backUp();
    const before = await objectsOf(data);
    await within(data, (storage) => put(storage, 'new', randomBytes(LARGE)));
    const open = promises.open.bind(promises);
    jest.spyOn(promises, 'open').mockImplementation(async (...at: Parameters<typeof open>) => {
      const handle = await open(...at);
      const full = Object.assign(new Error('ENOSPC: no space left on device, write'), {
        code: 'ENOSPC',
      });
      if (String(at[0]).includes('unfinished/0')) handle.write = () => Promise.reject(full);
      return handle;
    });
    await expect(backUp()).rejects.toMatchObject({ code: 'no-space' });
    jest.restoreAllMocks();
    expect(await readdir(target)).not.toContain('unfinished');
    expect(await objectsOf(await restored())).toEqual(before);
    expect(await backUp()).toMatchObject({ copied: 1 });
  });

  test('is read once more before it counts', async () => {
    const { large, other } = await fill();
    await stopped();
    for (const { content } of [large, other])
      await writeFile(fileOf(target, content), Buffer.alloc(LARGE));
    await mkdir(path.join(target, 'unfinished'), { recursive: true });
    await writeFile(path.join(target, 'unfinished/data.mdb'), 'half');
    expect(await backUp()).toMatchObject({ copied: 2 });
    await rm(fileOf(target, large.content));
    expect(await backUp()).toMatchObject({ copied: 1, kept: 1 });
    expect(await findings(target)).toEqual([]);
  });
});

describe('data that was restored and went on', () => {
  test('has backups of its own', async () => {
    await fill();
    await backUp();
    data = await restored();
    await within(data, (storage) => put(storage, 'new', randomBytes(LARGE)));
    await expect(backUp()).rejects.toMatchObject({ code: 'target' });
    target = path.join(await newFolder(), 'another');
    expect(await backUp()).toMatchObject({ copied: 3 });
    expect(await backUp()).toMatchObject({ copied: 0, kept: 3 });
    expect(await objectsOf(await restored())).toEqual(await objectsOf(data));
  });

  test('is refused if a number is another content’s, and nothing changes', async () => {
    await fill();
    await backUp();
    const old = path.join(await newFolder(), 'old');
    await cp(data, old, { recursive: true });
    await within(data, (storage) => put(storage, 'theirs', randomBytes(LARGE)));
    await backUp();
    const before = await objectsOf(await restored());
    data = old;
    await within(data, (storage) => put(storage, 'ours', randomBytes(LARGE)));
    await expect(backUp()).rejects.toMatchObject({ code: 'target' });
    expect(await objectsOf(await restored())).toEqual(before);
  });
});

test('a reader whose socket a starting server takes for a dead one’s shows itself again', async () => {
  await fill();
  const tables = openTables(data);
  const sessions = path.join(data, 'sessions');
  const inTransaction = tables.root.transactionSync.bind(tables.root);
  const spy = jest
    .spyOn(tables.root, 'transactionSync')
    .mockImplementationOnce((act: () => unknown) => {
      const done = inTransaction(act);
      for (const name of readdirSync(sessions)) unlinkSync(path.join(sessions, name));
      return done;
    });
  const session = await Session.open(tables, data, 'reader');
  expect(spy).toHaveBeenCalled();
  expect(await readdir(sessions)).toHaveLength(1);
  expect([...tables.sessions.getKeys()]).toEqual([idKey(session.id)]);
  expect([...tables.holds.getKeys()]).toEqual([idKey(session.id)]);
  await session.close();
  await tables.root.close();
});
