// Opens a folder in a role and runs commands until it is killed or standard input ends.
import { randomBytes } from 'node:crypto';
import { writeSync } from 'node:fs';
import readline from 'node:readline';
import { require } from '../../support/running/register.mjs';

const { openStorage } = require('./src/stores/embedded/storage/lmdb_storage.ts');

const [folder, role] = process.argv.slice(2);
const say = (line) => writeSync(1, JSON.stringify(line) + '\n');

let storage;
try {
  storage = await openStorage(folder, { role });
} catch (error) {
  say({ refused: error.code, message: error.message });
  process.exit(0);
}
say({ open: process.pid });

async function receive(size) {
  const incoming = storage.receive();
  await incoming.write(randomBytes(size));
  return incoming.finish();
}

let landed;
const told = {
  /** Puts and deletes objects that others change too. */
  async change(count) {
    const pick = (n) => Math.floor(Math.random() * n);
    for (let i = 0; i < count; i++) {
      const name = String(pick(20));
      if (pick(3) === 0) await storage.deleteObject('a', 'c', name);
      else {
        const content = await receive(pick(8) === 0 ? 40_000 + pick(1000) : pick(2000));
        await storage.putObject('a', 'c', name, { content, contentType: '', attributes: {} });
      }
    }
  },
  /** Leaves uploads in progress in files, finished and not. */
  async receive() {
    await receive(100_000);
    await storage.receive().write(randomBytes(1_000_000));
  },
  /** Writes bytes to a file that belongs to no object; `adopt` makes an object of it. */
  land: async () => void (landed = await receive(100_000)),
  adopt: () =>
    storage.putObject('a', 'c', 'landed', { content: landed, contentType: '', attributes: {} }),
  put: async () => {
    const content = await receive(1);
    return storage.putObject('a', 'c', 'late', { content, contentType: '', attributes: {} });
  },
  close: () => storage.close(),
};

for await (const line of readline.createInterface({ input: process.stdin })) {
  const [what, ...args] = JSON.parse(line);
  try {
    say({ did: what, result: await told[what](...args) });
  } catch (error) {
    say({ failed: what, code: error.code });
  }
}
