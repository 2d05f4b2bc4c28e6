import { randomBytes } from 'node:crypto';
import promises, {
  chmod,
  lstat,
  mkdir,
  readdir,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import path from 'node:path';
import { createLog, type Log } from '../../../../src/util/log';
import { embedded } from '../../../../src/stores/embedded/app';
import { openStorage } from '../../../../src/stores/embedded/storage/lmdb_storage';
import { put } from '../../../support/stores/storage';
import { temporaryFolders } from '../../../support/running/temporary_folders';

const newFolder = temporaryFolders();

/** Returns everything in and below a folder that others may access, with its mode. */
async function openToOthers(folder: string): Promise<string[]> {
  const entries: string[] = [];
  for (const name of ['', ...(await readdir(folder, { recursive: true }))]) {
    const { mode } = await lstat(path.join(folder, name));
    if ((mode & 0o077) !== 0) entries.push(`${name} ${(mode & 0o7777).toString(8)}`);
  }
  return entries;
}

/** A log that records its warnings. */
function recording(): { readonly log: Pick<Log, 'warn'>; readonly warned: unknown[] } {
  const warned: unknown[] = [];
  const warn = (...args: unknown[]) => warned.push(args[0]);
  return { log: { warn }, warned };
}

/** Opens a storage, writes a small and a large object, and closes it. */
async function used(folder: string, log?: Pick<Log, 'warn'>): Promise<string> {
  const storage = await openStorage(folder, log ? { log } : {});
  await storage.putContainer('a', 'c', {});
  await put(storage, 'small', 'small');
  const { content } = await put(storage, 'large', randomBytes(100_000));
  await storage.close();
  return path.join(folder, 'content', content.id.slice(-2), content.id);
}

it('everything created is for its own user only, whatever the umask', async () => {
  const folder = path.join(await newFolder(), 'data');
  const before = process.umask(0);
  try {
    await used(folder);
    const storage = await openStorage(folder);
    // a socket in sessions/ marks the storage as open
    const entries = await openToOthers(folder);
    await storage.close();
    expect(entries.filter((each) => !each.startsWith('sessions/'))).toEqual([]);
    expect(entries.every((each) => each.startsWith('sessions/'))).toBe(true);
  } finally {
    process.umask(before);
  }
});

describe('a folder that was open to others', () => {
  let folder: string;
  let file: string;
  beforeEach(async () => {
    folder = path.join(await newFolder(), 'data');
    file = await used(folder);
  });

  it.each(['755', '711', '750', '703'])('is reported, and left as it is: %s', async (mode) => {
    await chmod(folder, mode);
    const { log, warned } = recording();
    await used(folder, log);
    expect(warned).toEqual([{ path: folder, mode: `0${mode}` }]);
    expect(await openToOthers(folder)).toEqual([` ${mode}`]);
  });

  it.each([
    ['the only process', (log: Log) => embedded.create(options(), log, 'alone')],
    ['the first of several', (log: Log) => embedded.startPrimary?.(options(), log)],
  ])('is reported in the log of a server by %s', async (_, start) => {
    await chmod(folder, 0o755);
    const lines: string[] = [];
    const app = await start(createLog('info', { write: (line: string) => lines.push(line) }));
    await app?.close();
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ level: 'warn', path: folder, mode: '0755' });
  });

  const options = () => embedded.options.parse({ data: folder });

  it('has its files and folders closed before the database is opened', async () => {
    const wrong = { 'data.mdb': 0o644, 'lock.mdb': 0o664, sessions: 0o755, content: 0o755 };
    for (const [name, mode] of Object.entries(wrong)) await chmod(path.join(folder, name), mode);
    await chmod(path.dirname(file), 0o755);
    await chmod(file, 0o644);
    expect(await openToOthers(folder)).toHaveLength(6);
    const { log, warned } = recording();
    await (await openStorage(folder, { log })).close();
    expect(await openToOthers(folder)).toEqual([]);
    const modes = await Promise.all(
      ['data.mdb', 'lock.mdb', 'sessions', 'content'].map((name) => lstat(path.join(folder, name))),
    );
    expect(modes.map(({ mode }) => mode & 0o777)).toEqual([0o600, 0o600, 0o700, 0o700]);
    expect(warned).toEqual([]);
  });

  it.each([
    [
      'may not be closed',
      () => Promise.reject(Object.assign(new Error('not ours'), { code: 'EPERM' })),
    ],
    ['cannot be closed, since files have no modes there', () => Promise.resolve()],
  ])('is served all the same if what is in it %s, and that is reported', async (_, change) => {
    for (const name of ['data.mdb', 'lock.mdb']) await chmod(path.join(folder, name), 0o640);
    const { log, warned } = recording();
    const spy = jest.spyOn(promises, 'chmod').mockImplementation(change);
    try {
      await used(folder, log);
    } finally {
      spy.mockRestore();
    }
    expect(warned).toEqual([{ path: path.join(folder, 'data.mdb'), mode: '0640', count: 2 }]);
  });
});

it('a folder that somebody made for the data is reported, and everything created in it is private', async () => {
  const folder = path.join(await newFolder(), 'data');
  await mkdir(folder);
  await chmod(folder, 0o755);
  const { log, warned } = recording();
  await used(folder, log);
  expect(warned).toEqual([{ path: folder, mode: '0755' }]);
  expect(await openToOthers(folder)).toEqual([' 755']);
});

it('nothing is closed to which a link in the data leads', async () => {
  const folder = path.join(await newFolder(), 'data');
  await (await openStorage(folder)).close();
  const victim = await newFolder();
  await chmod(victim, 0o755);
  await writeFile(path.join(victim, 'file'), '');
  await chmod(path.join(victim, 'file'), 0o644);
  await rm(path.join(folder, 'content/f0'), { recursive: true });
  await symlink(victim, path.join(folder, 'content/f0'));
  await openStorage(folder).then((storage) => storage.close());
  for (const [name, mode] of [
    ['.', 0o755],
    ['file', 0o644],
  ] as const)
    expect((await stat(path.join(victim, name))).mode & 0o777).toBe(mode);
});
