// Changes objects. Writes each change to standard output when it begins and when it is
// acknowledged, so that the trace has these lines in order with the writes and syncs.
import { createHash } from 'node:crypto';
import { writeSync } from 'node:fs';
import { require } from '../../support/running/register.mjs';

const { openStorage } = require('./src/stores/embedded/storage/lmdb_storage.ts');

const [folder, seed, operations] = process.argv.slice(2);
const LANES = 4;
const NAMES_IN_LANE = 6;
/** So that many contents are stored in files, and no trace is too long. */
const INLINE_LIMIT = 2000;
const MOST_BYTES = 200_000;

let state = Number(seed) + 1;

/** Returns a uniform number from 0 to 1 (mulberry32). */
function random() {
  state = (state + 0x6d2b79f5) | 0;
  let t = Math.imul(state ^ (state >>> 15), 1 | state);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
}

const say = (line) => writeSync(1, JSON.stringify(line) + '\n');
const below = (n) => Math.floor(random() * n);
const pick = (list) => list[below(list.length)];
const bytesOf = (size) => Buffer.from(Array.from({ length: size }, () => below(256)));

let storage;
let begun = 0;

/** Announces the new state of an object, makes it, and announces its acknowledgement. */
async function acknowledged(name, to, work) {
  const id = ++begun;
  say({ begin: id, name, to });
  const result = await work();
  // the content may have been removed before it was copied
  if (result === 'no-content') say({ undone: id });
  else if (typeof result === 'string') throw new Error(`unexpected conflict: ${result}`);
  else say({ done: id });
}

async function put(name) {
  const size = Math.floor(MOST_BYTES ** random());
  const bytes = bytesOf(size);
  const incoming = storage.receive();
  for (let at = 0; at < size; at += 65536) await incoming.write(bytes.subarray(at, at + 65536));
  const content = await incoming.finish();
  if (below(10) === 0) return incoming.discard();
  const to = { etag: createHash('md5').update(bytes).digest('hex'), tag: String(begun) };
  const object = { content, contentType: '', attributes: { tag: to.tag } };
  return acknowledged(name, to, () => storage.putObject('a', 'c', name, object));
}

async function change(name, source) {
  const kind = pick(['put', 'put', 'put', 'copy', 'post', 'delete']);
  if (kind === 'put') return put(name);
  const current = storage.object('a', 'c', kind === 'copy' ? source : name);
  if (current === undefined) return put(name);
  if (kind === 'delete')
    return acknowledged(name, null, () => storage.deleteObject('a', 'c', name));
  const to = { etag: current.content.etag, tag: String(begun) };
  const object = { content: current.content, contentType: '', attributes: { tag: to.tag } };
  return acknowledged(name, to, () =>
    kind === 'copy'
      ? storage.putObject('a', 'c', name, object)
      : storage.postObject('a', 'c', name, object),
  );
}

// The second half follows a restart.
for (const end of [Math.ceil(operations / 2), Number(operations)]) {
  storage = await openStorage(folder, { inlineLimit: INLINE_LIMIT });
  await storage.putContainer('a', 'c', {});
  say({ ready: true });
  await Promise.all(
    Array.from({ length: LANES }, async (_, lane) => {
      const names = Array.from({ length: NAMES_IN_LANE }, (_, i) => `${lane}/${i}`);
      while (begun < end) await change(pick(names), pick(names));
    }),
  );
  await storage.close();
}
