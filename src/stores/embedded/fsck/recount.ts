import { expiryKey, idKey, idOf } from '../storage/keys';
import { readableRecords } from '../storage/object_names';
import { countedBytes, type StoredContent, type StoredTally } from '../storage/records';
import type { Tables } from '../storage/tables';

/**
 * Within a transaction: recomputes what follows from the records of accounts, containers
 * and objects: the counters, the references of contents and the expiry index. Writes only
 * differences.
 *
 * @returns the contents that no object refers to
 */
export function recount(tables: Tables): number[] {
  const { accounts, containers, objects } = tables;
  const tallies = new Map<number, StoredTally>();
  const references = new Map<number, number>();
  const expiries = new Map<string, Buffer>();
  for (const { value } of readableRecords(accounts)) tallies.set(value[0], [0, 0, 0, 0]);
  for (const { key, value } of readableRecords(containers)) {
    tallies.set(value[0], [idOf(key), 0, 0, 0]);
    add(tallies, idOf(key), [1, 0, 0]);
  }
  for (const { key, value } of readableRecords(objects)) {
    const parent = tallies.get(idOf(key))?.[0];
    for (const id of [idOf(key), parent])
      if (id !== undefined) add(tallies, id, [0, 1, countedBytes(value)]);
    references.set(value[2], (references.get(value[2]) ?? 0) + 1);
    const deleteAt = value[6];
    if (deleteAt === null) continue;
    const indexKey = expiryKey(deleteAt, key);
    expiries.set(indexKey.toString('latin1'), indexKey);
  }
  putTallies(tables, tallies);
  putExpiries(tables, expiries);
  return putReferences(tables, references);
}

function add(
  tallies: Map<number, StoredTally>,
  id: number,
  [containers, objects, bytes]: readonly [number, number, number],
): void {
  const tally = tallies.get(id);
  if (tally === undefined) return;
  tally[1] += containers;
  tally[2] += objects;
  tally[3] += bytes;
}

function putTallies({ tallies: table }: Tables, tallies: ReadonlyMap<number, StoredTally>): void {
  for (const key of [...table.getKeys()]) if (!tallies.has(idOf(key))) table.removeSync(key);
  for (const [id, tally] of tallies) {
    const key = idKey(id);
    if (table.peek(key)?.join() !== tally.join()) table.putSync(key, tally);
  }
}

function putExpiries({ expiry: table }: Tables, expiries: ReadonlyMap<string, Buffer>): void {
  for (const key of [...table.getKeys()])
    if (!expiries.has(key.toString('latin1'))) table.removeSync(key);
  for (const key of expiries.values()) if (table.peek(key) === undefined) table.putSync(key, true);
}

function putReferences(tables: Tables, references: ReadonlyMap<number, number>): number[] {
  const unused: number[] = [];
  for (const { key, value } of [...readableRecords(tables.contents)]) {
    const count = references.get(idOf(key)) ?? 0;
    const [oldCount, ...rest] = value;
    if (count === 0) unused.push(idOf(key));
    else if (oldCount !== count)
      tables.contents.putSync(key, [count, ...rest] satisfies StoredContent);
  }
  return unused;
}
