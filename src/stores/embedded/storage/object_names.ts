import { setImmediate } from 'node:timers/promises';
import { childName, idOf, keyAfter } from './keys';
import { nameText, type ObjectName } from './object_name';
import { formatTicks, type StoredObject } from './records';
import type { RawRecord, Table } from './table';
import type { Tables } from './tables';

/** Records per batch. */
const BATCH = 1000;

interface ObjectEntry {
  readonly key: Buffer;
  readonly value: StoredObject;
}

/**
 * Finds the objects that refer to given contents, by content number. Scans all objects,
 * so use it only for damaged contents.
 */
export async function findObjectNames(
  tables: Tables,
  ids: ReadonlySet<number>,
): Promise<ReadonlyMap<number, readonly ObjectName[]>> {
  const objects: ObjectEntry[] = [];
  if (ids.size > 0)
    for await (const object of readInBatches(tables, tables.objects))
      if (ids.has(object.value[2])) objects.push(object);
  const containers = await containerNames(tables, new Set(objects.map(({ key }) => idOf(key))));
  const names = new Map<number, ObjectName[]>();
  for (const { key, value } of objects) {
    const [time, , id] = value;
    const name = { ...nameOfKey(containers, key), version: formatTicks(time) };
    names.set(id, [...(names.get(id) ?? []), name]);
  }
  return names;
}

/**
 * Returns the names of objects by their keys, without versions, which are in the records.
 */
export async function objectNamesOfKeys(
  tables: Tables,
  keys: readonly Buffer[],
): Promise<readonly ObjectName[]> {
  const containers = await containerNames(tables, new Set(keys.map(idOf)));
  return keys.map((key) => nameOfKey(containers, key));
}

type ContainerNames = ReadonlyMap<number, readonly [account: string, container: string]>;

function nameOfKey(containers: ContainerNames, key: Buffer): ObjectName {
  const [account, container] = containers.get(idOf(key)) ?? ['?', '?'];
  return { account, container, object: nameText(childName(key)) };
}

async function containerNames(tables: Tables, ids: ReadonlySet<number>): Promise<ContainerNames> {
  const names = new Map<number, readonly [string, string]>();
  if (ids.size === 0) return names;
  const accounts = new Map<number, string>();
  for await (const { key, value } of readInBatches(tables, tables.accounts))
    accounts.set(value[0], nameText(key.toString('latin1')));
  for await (const { key, value } of readInBatches(tables, tables.containers))
    if (ids.has(value[0]))
      names.set(value[0], [accounts.get(idOf(key)) ?? '?', nameText(childName(key))]);
  return names;
}

/**
 * Yields the undamaged records of a table, in batches that each see the latest state and
 * let other work run in between.
 */
async function* readInBatches<V>({ root }: Tables, table: Table<V>) {
  for (let start: Buffer | undefined = Buffer.alloc(1); start !== undefined;) {
    root.resetReadTxn();
    const batch: readonly RawRecord[] = [...table.raw({ start, limit: BATCH })];
    for (const record of batch) {
      const value = table.tryDecode(record);
      if (value !== undefined) yield { key: record.key, value };
    }
    const last: Buffer | undefined = batch.at(-1)?.key;
    start = last && batch.length === BATCH ? keyAfter(last) : undefined;
    await setImmediate();
  }
}

/** Yields the undamaged records of a table. */
export function* readableRecords<V>(
  table: Table<V>,
): Generator<{ readonly key: Buffer; readonly value: V }> {
  for (const record of table.raw()) {
    const value = table.tryDecode(record);
    if (value !== undefined) yield { key: record.key, value };
  }
}
