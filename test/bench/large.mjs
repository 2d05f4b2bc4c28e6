// Compares writing a large object over one with versions to writing a new one: median
// seconds of each, the two taking turns.
import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { parseArgs } from 'node:util';
import { client, median, progress, root, startHindsight, temporaryFolder } from './support.mjs';

const { values: options } = parseArgs({
  options: {
    mib: { type: 'string', default: '1024' },
    rounds: { type: 'string', default: '5' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (options.help) {
  console.log('node test/bench/large.mjs [--mib 1024] [--rounds 5] [--json]');
  process.exit(0);
}
const MIB = Buffer.alloc(1024 * 1024, 'x');
const count = Number(options.mib);
const config = readFileSync(join(root, 'config/embedded.conf'), 'utf8');
const { url } = await startHindsight(config, { HINDSIGHT_DATA: temporaryFolder() });
const {
  lanes: [{ ask }],
  token,
} = await client(url, 1);

/** Seconds that a PUT of the large body takes. */
async function put(path) {
  const began = performance.now();
  const upload = request(`${url}/v1/AUTH_test${path}`, {
    method: 'PUT',
    headers: { 'X-Auth-Token': token, 'Content-Length': count * MIB.length },
  });
  const answerPromise = new Promise((resolve, reject) =>
    upload.once('response', resolve).once('error', reject),
  );
  await pipeline(Readable.from(Array(count).fill(MIB)), upload);
  const answer = await answerPromise;
  answer.resume();
  if (answer.statusCode !== 201) throw new Error(`PUT ${path}: ${answer.statusCode}`);
  return (performance.now() - began) / 1000;
}

await ask('PUT', '/archive');
await ask('PUT', '/plain');
await ask('PUT', '/kept', { 'X-History-Location': 'archive' });
await put('/kept/o');
const times = { fresh: [], over: [] };
for (let round = 0; round < Number(options.rounds); round++) {
  progress(`round ${round + 1} of ${options.rounds}`);
  times.fresh.push(await put(`/plain/${round}`));
  times.over.push(await put('/kept/o'));
}
progress('\n');
const result = {
  'seconds, new': median(times.fresh),
  'seconds, over one with versions': median(times.over),
  ratio: median(times.over.map((time, i) => time / times.fresh[i])),
};
if (options.json) console.log(JSON.stringify(result));
else console.table([result]);
process.exit(0);
