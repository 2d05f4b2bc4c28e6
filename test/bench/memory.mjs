// Measures whether the memory of a server grows with the requests that it has served:
// mixed requests to the embedded store, resident memory after some and after many.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { client, progress, root, startHindsight, temporaryFolder } from './support.mjs';

const { values: options } = parseArgs({
  options: {
    requests: { type: 'string', default: '1000000' },
    first: { type: 'string', default: '50000' },
    connections: { type: 'string', default: '16' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (options.help) {
  console.log(
    'npm run bench -- memory [--requests 1000000] [--first 50000] [--connections 16] [--json]\n\n' +
      'Sends mixed requests to a server with an embedded store, and compares its resident memory\n' +
      'after --requests of them with that after --first. Linux only. Needs npm run build.',
  );
  process.exit(0);
}

const NAMES = 500;
const config = readFileSync(join(root, 'config/embedded.conf'), 'utf8');
const { url, child } = await startHindsight(config, { HINDSIGHT_DATA: temporaryFolder() });
const { lanes } = await client(url, Number(options.connections));
const [{ ask }] = lanes;
await ask('PUT', '/archive');
await ask('PUT', '/stack', { 'X-Versions-Location': 'archive' });
await ask('PUT', '/ids', { 'X-Versions-Enabled': 'true' });
await ask('PUT', '/plain');
const CONTAINERS = ['stack', 'ids', 'plain'];
for (const container of CONTAINERS)
  for (let i = 0; i < NAMES; i++) await ask('PUT', `/${container}/o${i}`, {}, 'x'.repeat(1024));

const any = (list) => list[Math.floor(Math.random() * list.length)];
const path = () => `/${any(CONTAINERS)}/o${Math.floor(Math.random() * NAMES)}`;
/** The share of each request, in hundredths. */
const MIX = [
  [70, (lane) => lane.ask('GET', path())],
  [8, (lane) => lane.ask('HEAD', path())],
  [12, (lane) => lane.ask('PUT', path(), {}, 'x'.repeat(Math.floor(Math.random() * 4096)))],
  [4, (lane) => lane.ask('POST', path(), { 'X-Object-Meta-A': String(Math.random()) })],
  [3, (lane) => lane.ask('GET', `/${any(CONTAINERS)}?format=json&limit=20`)],
  [3, (lane) => lane.ask('GET', '/ids?versions&format=json&limit=20')],
];

async function request(lane) {
  let left = Math.random() * 100;
  for (const [share, send] of MIX) if ((left -= share) < 0) return send(lane);
  return MIX[0][1](lane);
}

const residentMiB = () =>
  Number(/^RssAnon:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]) /
  1024;

let done = 0;
async function until(count) {
  await Promise.all(
    lanes.map(async (lane) => {
      while (done < count) {
        if (++done % 1000 === 0) progress(`${done} of ${options.requests} requests`);
        await request(lane);
      }
    }),
  );
  return residentMiB();
}

const first = await until(Number(options.first));
const last = await until(Number(options.requests));
progress('\n');
const result = {
  [`MiB after ${options.first}`]: Math.round(first),
  [`MiB after ${options.requests}`]: Math.round(last),
  ratio: Number((last / first).toFixed(2)),
};
if (options.json) console.log(JSON.stringify({ memory: result }));
else console.table([result]);
process.exit(0);
