import { childName, idOf } from './keys';
import { nameText, type ObjectName } from './object_name';
import { formatTicks } from './records';
import type { Table } from './table';
import type { Tables } from './tables';

/** Finds the objects that have a content, by reading all of them: only for contents that are damaged. */
export function namesOf(tables: Tables, content: number): ObjectName[] {
  const found: ObjectName[] = [];
  for (const { key, value } of readable(tables.objects)) {
    const [time, , id] = value;
    if (id !== content) continue;
    found.push({ ...nameOf(tables, key), version: formatTicks(time) });
  }
  return found;
}

/** The name of an object by its key; its record has the version. */
export function nameOf(tables: Tables, key: Buffer): ObjectName {
  const [account, container] = containerNames(tables, idOf(key));
  return { account, container, object: nameText(childName(key)) };
}

function containerNames(tables: Tables, container: number): readonly [string, string] {
  for (const { key, value } of readable(tables.containers)) {
    if (value[0] !== container) continue;
    for (const account of readable(tables.accounts)) {
      if (account.value[0] === idOf(key))
        return [nameText(account.key.toString('latin1')), nameText(childName(key))];
    }
  }
  return ['?', '?'];
}

/** All records of a table that are not damaged. */
export function* readable<V>(table: Table<V>): Generator<{ readonly key: Buffer; readonly value: V }> {
  for (const record of table.raw()) {
    const value = table.decoded(record);
    if (value !== undefined) yield { key: record.key, value };
  }
}
