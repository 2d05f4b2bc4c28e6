// Measures a GET of a small object from the embedded store, against the least that a
// server in Node does (bare/server.mjs). The sides take turns within each round; medians
// of the rounds, and of their ratios, count.
import { parseArgs } from 'node:util';
import { load } from './load.mjs';
import { startBare } from './bare/start.mjs';
import { client, median, progress, startHindsight, temporaryFolder } from './support.mjs';

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '7' },
    seconds: { type: 'string', default: '3' },
    connections: { type: 'string', default: '32' },
    size: { type: 'string', default: '1024' },
    old: { type: 'string' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (options.help) {
  console.log(
    'node test/bench/embedded.mjs [--rounds 7] [--seconds 3] [--connections 32] [--size 1024]\n' +
      '  [--old FOLDER] [--json]\n\n' +
      'Needs wrk (apt-get install wrk), and npm run build. FOLDER is a built checkout of another\n' +
      'version, which is measured as well.',
  );
  process.exit(0);
}

const CONFIG = () => `
[DEFAULT]
bind_port = 0
[pipeline:main]
pipeline = catch_errors gatekeeper healthcheck proxy-logging tempauth versioned_writes embedded
[filter:tempauth]
use = tempauth
user_test_tester = testing .admin
[filter:versioned_writes]
allow_versioned_writes = true
allow_object_versioning = true
[app:embedded]
use = embedded
data = ${temporaryFolder()}
`;
const sides = {
  bare: await startBare('server', options.size),
  hindsight: await hindsight(),
  ...(options.old && { old: await hindsight(options.old) }),
};

async function hindsight(folder) {
  const { url, child } = await startHindsight(CONFIG(), {}, folder);
  const { lanes, token } = await client(url, 1);
  await lanes[0].ask('PUT', '/c');
  await lanes[0].ask('PUT', '/c/o', {}, 'x'.repeat(Number(options.size)));
  return { url, pid: child.pid, headers: { 'X-Auth-Token': token } };
}

const rounds = Object.fromEntries(Object.keys(sides).map((name) => [name, []]));
const measure = (side, seconds) =>
  load(side, '/v1/AUTH_test/c/o', {
    connections: Number(options.connections),
    seconds,
    headers: side.headers,
  });
for (const side of Object.values(sides)) await measure(side, 2);
for (let round = 0; round < Number(options.rounds); round++) {
  for (const [name, side] of Object.entries(sides)) {
    progress(`round ${round + 1} of ${options.rounds}: ${name}`);
    rounds[name].push(await measure(side, Number(options.seconds)));
  }
}
const ratio = (name, of) =>
  Number(median(rounds[name].map((each, i) => of(each) / of(rounds.bare[i]))).toFixed(2));
const results = Object.keys(sides).map((name) => ({
  side: name,
  'requests/s': Math.round(median(rounds[name].map(({ perSecond }) => perSecond))),
  'to bare': ratio(name, ({ perSecond }) => perSecond),
  'CPU us': Math.round(median(rounds[name].map(({ cpu }) => cpu))),
  'CPU to bare': ratio(name, ({ cpu }) => cpu),
}));
progress('\n');
if (options.json) console.log(JSON.stringify({ embedded: results }));
else console.table(results);
process.exit(0);
