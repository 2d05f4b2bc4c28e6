// Puts objects until the disk is full, large ones first, then those that still fit.
import { randomBytes } from 'node:crypto';
import { require } from '../../../support/running/register.mjs';

const { openStorage } = require('./src/stores/embedded/storage/lmdb_storage.ts');

const storage = await openStorage(process.argv[2]);
await storage.putContainer('a', 'c', {});
const kept = {};
let refused = 0;

async function put(name, size) {
  const incoming = storage.receive();
  try {
    for (let left = size; left > 0; left -= 65536)
      await incoming.write(randomBytes(Math.min(left, 65536)));
    const put = { content: await incoming.finish(), contentType: '', attributes: {} };
    const { content } = await storage.putObject('a', 'c', name, put);
    kept[name] = content.etag;
    return true;
  } catch (error) {
    if (!['no-space', 'failed'].includes(error.code)) throw error;
    await incoming.discard();
    refused++;
    return false;
  }
}

// A file that is too large is refused; the database then fills up.
await put('large', 4_000_000);
await put('fits', 2_000_000);
for (let i = 0; i < 300; i++) await put(`o${i}`, 12_000);
// Eight at once share a commit that fails.
await Promise.all(Array.from({ length: 8 }, (_, i) => put(`p${i}`, 15_000)));
for (const name of Object.keys(kept).slice(0, 40)) {
  await storage.deleteObject('a', 'c', name);
  delete kept[name];
}
const again = await put('again', 5000);
await storage.close();
console.log(JSON.stringify({ kept, refused, again }));
