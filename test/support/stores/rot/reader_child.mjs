// Reads databases with LMDB, which may crash this process: `node reader_child.mjs
// INTACT`, then one line of JSON for each database: {"folder", "writes"}. Answers with
// the differences of its records from the intact ones; if `writes`, after writing to it.
import { createInterface } from 'node:readline';
import lmdb from 'lmdb';

const TABLES =
  'meta accounts containers objects tallies contents inline expiry arriving gone sessions'.split(
    ' ',
  );
const binary = { keyEncoding: 'binary', encoding: 'binary' };

function openAt(folder, readOnly) {
  const options = {
    path: folder,
    noSubdir: false,
    overlappingSync: false,
    eventTurnBatching: false,
  };
  return lmdb.open({ ...options, readOnly, mapSize: 2 ** 40, maxDbs: 16, maxReaders: 1024 });
}

/**
 * The differences of all records from the intact ones: as listed, and as found by their
 * keys.
 */
function compareAll(root) {
  const listed = { missing: [], added: [], changed: [] };
  const found = { missing: [], added: [], changed: [] };
  for (const [name, records] of intact) {
    const table = root.openDB(name, binary);
    const left = new Set(records.keys());
    for (const { key, value } of table?.getRange({}) ?? []) {
      const text = key.toString('latin1');
      if (!left.delete(text)) listed.added.push(`${name} ${text}`);
      else if (!records.get(text).value.equals(value)) listed.changed.push(`${name} ${text}`);
    }
    for (const text of left) listed.missing.push(`${name} ${text}`);
    for (const [text, { key, value }] of records) {
      const now = table?.get(key);
      if (now === undefined) found.missing.push(`${name} ${text}`);
      else if (!value.equals(now)) found.changed.push(`${name} ${text}`);
    }
  }
  return { listed, found };
}

/**
 * Puts, overwrites and removes its own keys, in transactions that need pages from the
 * free list.
 */
function write(folder) {
  const root = openAt(folder, false);
  const table = root.openDB('gone', binary);
  const key = (i) => Buffer.from(`written ${i}`);
  for (let round = 0; round < 4; round++)
    root.transactionSync(() => {
      for (let i = 0; i < 40; i++)
        table.putSync(key(i), Buffer.alloc((i * 997 * (round + 1)) % 9000, i));
    });
  root.transactionSync(() => {
    for (let i = 0; i < 40; i++) table.removeSync(key(i));
  });
  return root.close();
}

/** By table, and by key as latin1. */
const intact = new Map();
const root = openAt(process.argv[2], true);
for (const name of TABLES) {
  const entries = [...root.openDB(name, binary).getRange({})];
  intact.set(name, new Map(entries.map((entry) => [entry.key.toString('latin1'), entry])));
}
await root.close();

async function compare({ folder, writes }) {
  if (writes) await write(folder);
  const opened = openAt(folder, true);
  try {
    return compareAll(opened);
  } finally {
    await opened.close();
  }
}

console.log('ready');
for await (const line of createInterface({ input: process.stdin })) {
  const answer = await compare(JSON.parse(line)).catch((error) => ({ error: error.message }));
  console.log(JSON.stringify(answer));
}
