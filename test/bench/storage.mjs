// Measures the embedded storage by itself, without HTTP: node test/bench/storage.mjs
// [FOLDER]
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { require } from '../support/running/register.mjs';

const { openStorage } = require('./src/stores/embedded/storage/lmdb_storage.ts');

const seconds = 2;
const base = process.argv[2] ?? (await mkdtemp(path.join(os.tmpdir(), 'hindsight-bench-')));

async function put(storage, name, bytes) {
  const incoming = storage.receive();
  await incoming.write(bytes);
  const content = await incoming.finish();
  await storage.putObject('a', 'c', name, {
    content,
    contentType: 'text/plain',
    attributes: { 'x-object-meta-a': 'b' },
  });
}

/**
 * Runs `what` in `lanes` concurrent loops for a while. Returns how often a second it
 * resolved.
 */
async function rate(lanes, what) {
  const start = process.hrtime.bigint();
  const elapsed = () => Number(process.hrtime.bigint() - start) / 1e9;
  let done = 0;
  await Promise.all(
    Array.from({ length: lanes }, async () => {
      while (elapsed() < seconds) await what(done++);
    }),
  );
  return Math.round(done / elapsed());
}

async function read(storage, name) {
  const body = await storage.read(storage.object('a', 'c', name).content);
  if (!Buffer.isBuffer(body)) for await (const chunk of body) void chunk;
}

async function measure(title, inlineLimit, size) {
  const folder = path.join(base, title);
  const storage = await openStorage(folder, { inlineLimit });
  await storage.putContainer('a', 'c', {});
  const bytes = randomBytes(size);
  const row = { what: title };
  for (const lanes of [1, 8, 64])
    row[`new/s x${lanes}`] = await rate(lanes, (i) => put(storage, `${lanes}/${i}`, bytes));
  row['overwrite/s x8'] = await rate(8, (i) => put(storage, `same${i % 100}`, bytes));
  const { content } = storage.object('a', 'c', 'same0');
  const copy = { content, contentType: '', attributes: {} };
  row['copy/s x8'] = await rate(8, (i) => storage.putObject('a', 'c', `copy${i % 100}`, copy));
  row['read/s x8'] = await rate(8, (i) => read(storage, `same${i % 100}`));
  await storage.close();
  await rm(folder, { recursive: true });
  return row;
}

const KiB = 1024;
const rows = [];
for (const [title, limit, size] of [
  ['1 KiB inline', 64 * KiB, KiB],
  ['8 KiB inline', 64 * KiB, 8 * KiB],
  ['8 KiB file', 1, 8 * KiB],
  ['16 KiB inline', 64 * KiB, 16 * KiB],
  ['16 KiB file', 1, 16 * KiB],
  ['32 KiB inline', 64 * KiB, 32 * KiB],
  ['64 KiB inline', 64 * KiB, 64 * KiB],
  ['64 KiB file', 1, 64 * KiB],
  ['1 MiB file', 1, KiB * KiB],
]) {
  rows.push(await measure(title, limit, size));
}
console.table(rows);
if (process.argv[2] === undefined) await rm(base, { recursive: true });
