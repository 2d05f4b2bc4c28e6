// Writes to a storage without pause until its standard input ends: `node writer_child.mjs
// FOLDER`.
import { require } from '../../running/register.mjs';

const { openStorage } = require('./src/stores/embedded/storage/lmdb_storage.ts');
const storage = await openStorage(process.argv[2]);
await storage.putContainer('a', 'c', {});
let isOver = false;
process.stdin.resume().on('end', () => (isOver = true));

let commits = 0;
async function writeOn(worker) {
  for (let i = 0; !isOver; i++) {
    const incoming = storage.receive();
    await incoming.write(Buffer.alloc((i * 997 * (worker + 1)) % 20_000, i));
    const put = { content: await incoming.finish(), contentType: '', attributes: {} };
    const name = `${'x'.repeat((i * 13) % 300)}${worker}-${(i * 7) % 1500}`;
    await storage.putObject('a', 'c', name, put);
    if (i % 3 === 0) await storage.deleteObject('a', 'c', name);
    commits++;
  }
}

console.log('writing');
await Promise.all([0, 1, 2, 3].map(writeOn));
await storage.close();
console.log(commits);
