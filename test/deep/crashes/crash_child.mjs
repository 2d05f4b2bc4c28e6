// Changes objects at random until it is killed. Writes each change to standard output
// when it begins and when it is acknowledged.
import { createHash, randomBytes } from 'node:crypto';
import { writeSync } from 'node:fs';
import { require } from '../../support/running/register.mjs';

const { openStorage } = require('./src/stores/embedded/storage/lmdb_storage.ts');

const [folder, round] = process.argv.slice(2);
const lanes = 4;
const namesInLane = 6;

const say = (line) => writeSync(1, JSON.stringify(line) + '\n');
const below = (n) => Math.floor(Math.random() * n);
const pick = (list) => list[below(list.length)];

/** Returns a size from one byte to 5 MiB, log-uniformly distributed. */
const randomSize = () =>
  Math.floor(5 * 2 ** 20 * Math.exp(-Math.random() * Math.log(5 * 2 ** 20))) || 1;

const storage = await openStorage(folder);
await storage.putContainer('a', 'c', { round });
say({ ready: true });

async function change(name, source) {
  const kind = pick(['put', 'put', 'put', 'copy', 'post', 'delete']);
  const id = randomBytes(8).toString('hex');
  const current = storage.object('a', 'c', kind === 'copy' ? source : name);
  if (kind === 'put') return putNew(name, id);
  if (current === undefined) return undefined;
  if (kind === 'copy') {
    const { content } = current;
    say({ begin: id, name, to: { etag: content.etag, size: content.size, tag: id } });
    return [
      id,
      await storage.putObject('a', 'c', name, {
        content,
        contentType: '',
        attributes: { tag: id },
      }),
    ];
  }
  if (kind === 'post') {
    const { content } = current;
    say({ begin: id, name, to: { etag: content.etag, size: content.size, tag: id } });
    return [
      id,
      await storage.postObject('a', 'c', name, { contentType: '', attributes: { tag: id } }),
    ];
  }
  say({ begin: id, name, to: null });
  return [id, await storage.deleteObject('a', 'c', name)];
}

async function putNew(name, id) {
  const bytes = randomBytes(randomSize());
  const etag = createHash('md5').update(bytes).digest('hex');
  const incoming = storage.receive();
  for (let at = 0; at < bytes.length; at += 65536)
    await incoming.write(bytes.subarray(at, at + 65536));
  const content = await incoming.finish();
  if (below(10) === 0) return void (await incoming.discard());
  say({ begin: id, name, to: { etag, size: bytes.length, tag: id } });
  return [
    id,
    await storage.putObject('a', 'c', name, { content, contentType: '', attributes: { tag: id } }),
  ];
}

await Promise.all(
  Array.from({ length: lanes }, async (_, lane) => {
    const names = Array.from({ length: namesInLane }, (_, i) => `${lane}/${i}`);
    for (;;) {
      const done = await change(pick(names), pick(names));
      if (done === undefined) continue;
      const [id, result] = done;
      if (typeof result === 'string') throw new Error(`unexpected conflict: ${result}`);
      say({ done: id });
    }
  }),
);
