import { randomBytes } from 'node:crypto';
import { childKey, idKey } from '../../../../src/stores/embedded/storage/keys';
import { openStorage } from '../../../../src/stores/embedded/storage/lmdb_storage';
import { parseContentId } from '../../../../src/stores/embedded/storage/records';
import type { ContentRef, Damage, Storage } from '../../../../src/stores/embedded/storage/storage';
import { openTables } from '../../../../src/stores/embedded/storage/tables';
import { bytesOf, failToOpen, findings, put, walkHere } from '../../../support/stores/storage';
import { temporaryFolders } from '../../../support/running/temporary_folders';

jest.mock('../../../../src/stores/embedded/walk/walk_database', () => ({
  ...jest.requireActual<object>('../../../../src/stores/embedded/walk/walk_database'),
  walkDatabase: (folder: string) => Promise.resolve(walkHere(folder)),
}));

const newFolder = temporaryFolders();

const LARGE = 100_000;

/** The number of the container in a new storage. */
const CONTAINER = 3;

afterEach(() => jest.restoreAllMocks());

/** Makes a folder in which a record's value is damaged. */
async function withDamage(
  fill: (storage: Storage) => Promise<unknown>,
  table: 'contents' | 'objects' | 'sessions',
  keys: () => readonly Buffer[],
  now: () => number = Date.now,
): Promise<string> {
  const folder = await newFolder();
  const storage = await openStorage(folder, { now });
  await storage.putContainer('a', 'c', {});
  await fill(storage);
  await storage.close();
  const tables = openTables(folder);
  const raw = tables.root.openDB<Buffer, Buffer>(table, {
    keyEncoding: 'binary',
    encoding: 'binary',
  });
  for (const key of keys()) raw.putSync(key, Buffer.from('damaged'));
  await tables.root.close();
  return folder;
}

describe('damage costs no more than what it hit', () => {
  it('if it is the newest content’s record, new contents are taken', async () => {
    let last!: ContentRef;
    const folder = await withDamage(
      async (storage) => ({ content: last } = await put(storage, 'last', 'body')),
      'contents',
      () => [idKey(parseContentId(last.id))],
    );
    const storage = await openStorage(folder);
    for (const size of [10, LARGE]) {
      const { content } = await put(storage, 'new', randomBytes(size));
      expect(await bytesOf(storage, content)).toHaveLength(size);
      const incoming = storage.receive();
      await incoming.write(randomBytes(size));
      await incoming.finish();
      await incoming.discard();
    }
    await expect(storage.read(last)).rejects.toMatchObject({ code: 'corrupt' });
    await storage.close();
    expect((await findings(folder)).filter(({ kind }) => kind === 'orphan')).toEqual([]);
  });

  it('if it is a session’s record, the store opens, and no file is removed meanwhile', async () => {
    let content!: ContentRef;
    const folder = await withDamage(
      async (storage) => ({ content } = await put(storage, 'o', randomBytes(LARGE))),
      'sessions',
      () => [idKey(4711)],
    );
    const storage = await openStorage(folder);
    await storage.deleteObject('a', 'c', 'o');
    await storage.expire(10);
    await put(storage, 'other', randomBytes(LARGE));
    await storage.close();
    expect((await findings(folder)).map(({ kind }) => kind)).toContain('damaged-record');
    expect(content.size).toBe(LARGE);
  });

  it('if expired objects cannot be removed, those behind them are', async () => {
    let time = 1_800_000_000_000;
    const now = () => time;
    const names = ['1', '2', '3', '4', '5', '6'];
    const due = { deleteAt: 1_800_000_010 };
    const folder = await withDamage(
      (storage) => Promise.all(names.map((name) => put(storage, name, name, due))),
      'objects',
      () => names.slice(0, 5).map((name) => childKey(CONTAINER, name)),
      now,
    );
    time += 20_000;
    const storage = await openStorage(folder, { now });
    let removed = 0;
    for (let turn = 0; turn < 4; turn++) removed += await storage.expire(2);
    expect(removed).toBe(1);
    await storage.close();
  });

  it('if a body may not be read, the scrubber reports it, and goes on', async () => {
    const folder = await newFolder();
    const storage = await openStorage(folder);
    await storage.putContainer('a', 'c', {});
    const hidden = await put(storage, 'hidden', randomBytes(LARGE));
    await put(storage, 'other', randomBytes(LARGE));
    failToOpen(hidden.content, 'EACCES');
    const damages: Damage[] = [];
    const { signal } = new AbortController();
    const scrub = () =>
      storage.scrubber.pass({ rate: 0, signal, report: (damage) => void damages.push(damage) });
    await scrub();
    const object = { account: 'a', container: 'c', object: 'hidden', version: hidden.timestamp };
    expect(damages).toEqual([
      { text: expect.stringContaining('EACCES') as string, objects: [object] },
    ]);
    jest.restoreAllMocks();
    // if the process is at a limit, nothing is known about the body
    failToOpen(hidden.content, 'EMFILE');
    await expect(scrub()).rejects.toMatchObject({ code: 'failed' });
    await storage.close();
  });
});

it('an upload in progress is no finding', async () => {
  const folder = await newFolder();
  const storage = await openStorage(folder);
  await storage.putContainer('a', 'c', {});
  const incoming = storage.receive();
  await incoming.write(randomBytes(LARGE));
  expect(await findings(folder)).toEqual([]);
  await incoming.discard();
  await storage.close();
});
