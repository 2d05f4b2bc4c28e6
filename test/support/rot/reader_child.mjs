// Reads databases by LMDB, which may kill it: `node reader_child.mjs INTACT`, and then a line for each, as JSON:
// {"folder", "writes"}. It answers how the records differ from the intact ones'; with writes, also after these.
import { createHash } from 'node:crypto';
import { createInterface } from 'node:readline';
import lmdb from 'lmdb';

const TABLES =
  'meta accounts containers objects tallies contents inline expiry arriving gone sessions'.split(' ');
const binary = { keyEncoding: 'binary', encoding: 'binary' };

function openAt(folder, readOnly) {
  const options = { path: folder, noSubdir: false, overlappingSync: false, eventTurnBatching: false };
  return lmdb.open({ ...options, readOnly, mapSize: 2 ** 40, maxDbs: 16, maxReaders: 1024 });
}

/** All records: what is listed, and what is found by each listed or intact key. */
function readAll(root, keys) {
  const listed = new Map();
  const found = new Map();
  for (const name of TABLES) {
    const table = root.openDB(name, binary);
    if (table === undefined) continue;
    for (const { key, value } of table.getRange({})) listed.set(`${name} ${key.toString('hex')}`, digest(value));
    for (const key of keys.get(name) ?? []) {
      const value = table.get(key);
      if (value !== undefined) found.set(`${name} ${key.toString('hex')}`, digest(value));
    }
  }
  return { listed, found };
}

function digest(value) {
  return `${value.length} ${createHash('md5').update(value).digest('hex')}`;
}

function differences(intact, now) {
  const missing = [...intact.keys()].filter((key) => !now.has(key));
  const added = [...now.keys()].filter((key) => !intact.has(key));
  const changed = [...intact].filter(([key, value]) => now.has(key) && now.get(key) !== value);
  return { missing, added, changed: changed.map(([key]) => key) };
}

/** Puts, overwrites and removes keys of its own, in transactions that need pages from the free list. */
function write(folder) {
  const root = openAt(folder, false);
  const table = root.openDB('gone', binary);
  const key = (i) => Buffer.from(`written ${i}`);
  for (let round = 0; round < 4; round++)
    root.transactionSync(() => {
      for (let i = 0; i < 40; i++) table.putSync(key(i), Buffer.alloc((i * 997 * (round + 1)) % 9000, i));
    });
  root.transactionSync(() => {
    for (let i = 0; i < 40; i++) table.removeSync(key(i));
  });
  return root.close();
}

const root = openAt(process.argv[2], true);
const intact = readAll(root, new Map()).listed;
await root.close();
const keys = new Map(TABLES.map((name) => [name, []]));
for (const id of intact.keys()) {
  const [name, hex] = id.split(' ');
  keys.get(name).push(Buffer.from(hex, 'hex'));
}

async function compare({ folder, writes }) {
  if (writes) await write(folder);
  const opened = openAt(folder, true);
  const { listed, found } = readAll(opened, keys);
  await opened.close();
  return { listed: differences(intact, listed), found: differences(intact, found) };
}

console.log(JSON.stringify({ records: intact.size }));
for await (const line of createInterface({ input: process.stdin })) {
  const answer = await compare(JSON.parse(line)).catch((error) => ({ error: error.message }));
  console.log(JSON.stringify(answer));
}
