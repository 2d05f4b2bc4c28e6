import { setImmediate } from 'node:timers/promises';
import { childName, idOf, keyBehind } from './keys';
import { nameText, type ObjectName } from './object_name';
import { formatTicks, type StoredObject } from './records';
import type { RawRecord, Table } from './table';
import type { Tables } from './tables';

/** Records that are read in one turn. */
const TURN = 1000;

interface FoundObject {
  readonly key: Buffer;
  readonly value: StoredObject;
}

/**
 * Finds the objects that have some contents, by the contents' numbers. Reads all objects once: only for
 * contents that are damaged.
 */
export async function namesOf(
  tables: Tables,
  ids: ReadonlySet<number>,
): Promise<ReadonlyMap<number, readonly ObjectName[]>> {
  const found: FoundObject[] = [];
  if (ids.size > 0)
    for await (const object of inTurns(tables, tables.objects))
      if (ids.has(object.value[2])) found.push(object);
  const containers = await containerNames(tables, new Set(found.map(({ key }) => idOf(key))));
  const names = new Map<number, ObjectName[]>();
  for (const { key, value } of found) {
    const [time, , id] = value;
    const name = { ...nameIn(containers, key), version: formatTicks(time) };
    names.set(id, [...(names.get(id) ?? []), name]);
  }
  return names;
}

/** The names of objects by their keys; their records have the versions. */
export async function namesOfKeys(
  tables: Tables,
  keys: readonly Buffer[],
): Promise<readonly ObjectName[]> {
  const containers = await containerNames(tables, new Set(keys.map(idOf)));
  return keys.map((key) => nameIn(containers, key));
}

type ContainerNames = ReadonlyMap<number, readonly [account: string, container: string]>;

function nameIn(containers: ContainerNames, key: Buffer): ObjectName {
  const [account, container] = containers.get(idOf(key)) ?? ['?', '?'];
  return { account, container, object: nameText(childName(key)) };
}

async function containerNames(tables: Tables, ids: ReadonlySet<number>): Promise<ContainerNames> {
  const names = new Map<number, readonly [string, string]>();
  if (ids.size === 0) return names;
  const accounts = new Map<number, string>();
  for await (const { key, value } of inTurns(tables, tables.accounts))
    accounts.set(value[0], nameText(key.toString('latin1')));
  for await (const { key, value } of inTurns(tables, tables.containers))
    if (ids.has(value[0]))
      names.set(value[0], [accounts.get(idOf(key)) ?? '?', nameText(childName(key))]);
  return names;
}

/** All records of a table that are not damaged, each as it is by then; others have their turns between. */
async function* inTurns<V>({ root }: Tables, table: Table<V>) {
  for (let start: Buffer | undefined = Buffer.alloc(1); start !== undefined;) {
    root.resetReadTxn();
    const batch: readonly RawRecord[] = [...table.raw({ start, limit: TURN })];
    for (const record of batch) {
      const value = table.decoded(record);
      if (value !== undefined) yield { key: record.key, value };
    }
    const last: Buffer | undefined = batch.at(-1)?.key;
    start = last && batch.length === TURN ? keyBehind(last) : undefined;
    await setImmediate();
  }
}

/** All records of a table that are not damaged. */
export function* readable<V>(
  table: Table<V>,
): Generator<{ readonly key: Buffer; readonly value: V }> {
  for (const record of table.raw()) {
    const value = table.decoded(record);
    if (value !== undefined) yield { key: record.key, value };
  }
}
