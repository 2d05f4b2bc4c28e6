// Measures CPU time per request of two versions of Hindsight, over the embedded store and
// over a Swift: reads, plain writes, and writes to a container with X-History-Location.
// The versions take turns within each round, so that a noisy machine is noisy for both;
// the median of the rounds' ratios counts.
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { cpuOf } from './cpu.mjs';
import {
  client,
  median,
  progress,
  root,
  startHindsight,
  startSwift,
  temporaryFolder,
} from './support.mjs';

const { values: options } = parseArgs({
  options: {
    old: { type: 'string' },
    store: { type: 'string', default: 'embedded,swift' },
    methods: { type: 'string', default: 'GET,PUT,history' },
    sizes: { type: 'string', default: '1024' },
    rounds: { type: 'string', default: '15' },
    seconds: { type: 'string', default: '2' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (options.help || options.old === undefined) {
  console.log(
    'node test/bench/old_and_new.mjs --old FOLDER [--store embedded,swift] [--methods GET,PUT,history]\n' +
      '  [--sizes 1024,1048576] [--rounds 15] [--seconds 2] [--json]\n\n' +
      'FOLDER is a built checkout of another version. Needs npm run build here, too.',
  );
  process.exit(options.help ? 0 : 1);
}
const FOLDERS = { old: resolve(options.old), new: root };
const ROUNDS = Number(options.rounds);
const MIN_REQUESTS = 4;

const EMBEDDED = (folder) => `
[DEFAULT]
bind_port = 0
[pipeline:main]
pipeline = catch_errors gatekeeper tempauth versioned_writes embedded
[filter:tempauth]
use = tempauth
user_test_tester = testing .admin
[filter:versioned_writes]
allow_versioned_writes = true
allow_object_versioning = true
[app:embedded]
use = embedded
data = ${temporaryFolder()}
${/^scrub/m.test(readFileSync(join(folder, 'config/embedded.conf'), 'utf8')) ? 'scrub = no' : ''}
`;

const OVER_SWIFT = (swift) => `
[DEFAULT]
bind_port = 0
[pipeline:main]
pipeline = catch_errors gatekeeper versioned_writes proxy-server
[filter:versioned_writes]
allow_versioned_writes = true
allow_object_versioning = true
[app:proxy-server]
use = swift
sole_server_check = false
upstream = ${swift}
auth_url = ${swift}/auth/v1.0
auth_user = admin:admin
auth_key = admin
`;

/** Starts one version over a store. Returns its process's id and a connection to it. */
async function startSide(name, swift) {
  const folder = FOLDERS[name];
  if (!existsSync(join(folder, 'dist/src/cli.js'))) throw new Error(`${folder} is not built`);
  const config = swift === undefined ? EMBEDDED(folder) : OVER_SWIFT(swift);
  const { url, child } = await startHindsight(config, {}, folder);
  const [{ ask }] = (await client(url, 1)).lanes;
  const container = `/${name}`;
  await ask('PUT', container);
  await ask('PUT', `${container}-archive`);
  await ask('PUT', `${container}-history`, { 'X-History-Location': `${name}-archive` });
  return { pid: child.pid, ask, container };
}

/** CPU time of one side per request, in milliseconds. */
async function measure({ pid, ask, container }, method, body) {
  const place = method === 'history' ? `${container}-history` : container;
  const before = cpuOf(pid);
  const began = performance.now();
  let requests = 0;
  while (requests < MIN_REQUESTS || performance.now() - began < Number(options.seconds) * 1000) {
    if (method === 'GET') await ask('GET', `${place}/${body.length}`);
    // 20 names, so that no archive of one object grows without bound
    else await ask('PUT', `${place}/${body.length}-${requests % 20}`, {}, body);
    requests++;
  }
  return (cpuOf(pid) - before) / requests;
}

const results = [];
for (const store of options.store.split(',')) {
  const swift = store === 'swift' ? (await startSwift()).plain : undefined;
  const sides = { old: await startSide('old', swift), new: await startSide('new', swift) };
  for (const size of options.sizes.split(',').map(Number)) {
    const body = 'x'.repeat(size);
    for (const side of Object.values(sides))
      await side.ask('PUT', `${side.container}/${size}`, {}, body);
    for (const method of options.methods.split(',')) results.push(await compare(method, body));
  }

  async function compare(method, body) {
    for (const side of Object.values(sides)) await measure(side, method, body);
    const times = { old: [], new: [] };
    for (let round = 0; round < ROUNDS; round++) {
      progress(`${store}, ${method} of ${body.length} bytes, round ${round + 1} of ${ROUNDS}`);
      const order = round % 2 === 0 ? ['old', 'new'] : ['new', 'old'];
      for (const name of order) times[name].push(await measure(sides[name], method, body));
    }
    const ratios = times.new.map((time, i) => time / times.old[i]);
    return {
      store,
      method,
      bytes: body.length,
      'old ms': Number(median(times.old).toFixed(3)),
      'new ms': Number(median(times.new).toFixed(3)),
      ratio: Number(median(ratios).toFixed(3)),
    };
  }
}
progress('\n');
if (options.json) console.log(JSON.stringify({ cpu_per_request: results }));
else console.table(results);
process.exit(0);
