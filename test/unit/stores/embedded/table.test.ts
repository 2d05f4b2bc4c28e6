import { open, type RootDatabase } from 'lmdb';
import { openStorage } from '../../../../src/stores/embedded/storage/lmdb_storage';
import { Table } from '../../../../src/stores/embedded/storage/table';
import { openTables } from '../../../../src/stores/embedded/storage/tables';
import { put } from '../../../support/stores/storage';
import { temporaryFolders } from '../../../support/running/temporary_folders';

const newFolder = temporaryFolders();

/** A value with everything that records consist of. */
const VALUE = [1.7e14, 'text/plain', 7, null, true, ['x-object-meta-ä', ''], Buffer.from('bytes')];

const corrupt = expect.objectContaining({ code: 'corrupt' }) as Error;

interface Opened {
  readonly root: RootDatabase;
  readonly table: Table<unknown>;
  /** Changes raw values, past the table. */
  readonly raw: (
    key: string,
    change: (value: Buffer) => Buffer | undefined,
    newKey?: string,
  ) => void;
}

async function opened(): Promise<Opened> {
  const root = open({ path: await newFolder(), noSubdir: false, maxDbs: 2 });
  const database = root.openDB<Buffer, Buffer>('t', { keyEncoding: 'binary', encoding: 'binary' });
  const raw: Opened['raw'] = (key, change, newKey = key) => {
    const value = change(Buffer.from(database.get(Buffer.from(key))!));
    database.removeSync(Buffer.from(key));
    if (value !== undefined) database.putSync(Buffer.from(newKey), value);
  };
  return { root, table: new Table<unknown>('t', database), raw };
}

describe('a table', () => {
  it('returns what was put, and keeps it', async () => {
    const { root, table } = await opened();
    table.putSync(Buffer.from('a'), VALUE);
    table.putSync(Buffer.from('b'), ['x'.repeat(20_000)]);
    const a = table.get(Buffer.from('a'));
    expect(table.get(Buffer.from('b'))).toEqual(['x'.repeat(20_000)]);
    expect(a).toEqual(VALUE);
    expect([...table.getRange()].map(({ key }) => key.toString())).toEqual(['a', 'b']);
    await root.close();
  });

  it('refuses a record in which any bit is another', async () => {
    const { root, table, raw } = await opened();
    const key = Buffer.from('key');
    table.putSync(key, VALUE);
    const { length } = table.rawValue(key)!;
    // in one transaction, which syncs once
    root.transactionSync(() => {
      for (let bit = 0; bit < length * 8; bit++) {
        const flip = (value: Buffer) => {
          value[bit >> 3]! ^= 1 << (bit & 7);
          return value;
        };
        raw('key', flip);
        expect(() => table.get(key)).toThrow(corrupt);
        expect(() => [...table.getRange()]).toThrow(corrupt);
        expect(table.peek(key)).toBeUndefined();
        raw('key', flip);
      }
    });
    expect(table.get(key)).toEqual(VALUE);
    await root.close();
  });

  it('refuses a value that is too short, or belongs to another key or table', async () => {
    const { root, table, raw } = await opened();
    const key = Buffer.from('key');
    for (const length of [0, 1, 4, 5, 6]) {
      table.putSync(key, VALUE);
      raw('key', (value) => value.subarray(0, length));
      expect(() => table.get(key)).toThrow(corrupt);
    }
    table.putSync(key, VALUE);
    raw('key', (value) => value, 'other');
    expect(() => table.get(Buffer.from('other'))).toThrow(corrupt);
    const database = root.openDB<Buffer, Buffer>('t', {
      keyEncoding: 'binary',
      encoding: 'binary',
    });
    table.putSync(key, VALUE);
    expect(() => new Table('u', database).get(key)).toThrow(corrupt);
    await root.close();
  });

  it('does not take a key for missing beside one that is damaged', async () => {
    const { root, table, raw } = await opened();
    for (const key of ['a1', 'b1', 'c1', 'd1', 'e1']) table.putSync(Buffer.from(key), VALUE);
    raw('c1', (value) => value, 'c3');
    expect(() => table.get(Buffer.from('c1'))).toThrow(corrupt);
    expect(() => table.get(Buffer.from('c9'))).toThrow(corrupt);
    expect(table.get(Buffer.from('a0'))).toBeUndefined();
    expect(table.get(Buffer.from('e9'))).toBeUndefined();
    expect(table.get(Buffer.from('b1'))).toEqual(VALUE);
    await root.close();
  });
});

describe('a storage with a damaged record', () => {
  it('refuses the object, and serves the others', async () => {
    const folder = await newFolder();
    let storage = await openStorage(folder);
    await storage.putContainer('a', 'c', {});
    for (const name of ['one', 'three', 'two']) await put(storage, name, name);
    await storage.close();
    const tables = openTables(folder);
    const database = tables.root.openDB<Buffer, Buffer>('objects', {
      keyEncoding: 'binary',
      encoding: 'binary',
    });
    for (const { key, value } of [...database.getRange()]) {
      if (!key.toString('latin1').endsWith('three')) continue;
      value[value.length - 3]! ^= 1;
      database.putSync(key, value);
    }
    await tables.root.close();
    storage = await openStorage(folder);
    expect(storage.object('a', 'c', 'one')?.content.size).toBe(3);
    expect(() => storage.object('a', 'c', 'three')).toThrow(corrupt);
    expect(() => storage.listObjects('a', 'c', { limit: 10 })).toThrow(corrupt);
    await expect(put(storage, 'three', 'new')).rejects.toEqual(corrupt);
    await expect(storage.deleteObject('a', 'c', 'three')).rejects.toEqual(corrupt);
    await put(storage, 'two', 'new');
    await storage.close();
  });
});
