// Measures requests over a Swift, against what the same Swift does by itself: reads,
// overwrites with versions in all modes, S3's API, and locks in Redis. The sides of a
// case take turns within each round; medians of the rounds, and of their ratios, count.
import { spawn } from 'node:child_process';
import { parseArgs } from 'node:util';
import { cpuOf } from './cpu.mjs';
import { signed } from './sign.mjs';
import {
  client,
  freePorts,
  median,
  progress,
  rate,
  startHindsight,
  startSwift,
} from './support.mjs';

const { values: options } = parseArgs({
  options: {
    only: { type: 'string' },
    rounds: { type: 'string', default: '7' },
    seconds: { type: 'string', default: '3' },
    connections: { type: 'string', default: '8' },
    size: { type: 'string', default: '1024' },
    old: { type: 'string' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (options.help) {
  console.log(
    'npm run bench -- over-swift [--only TEXT] [--rounds 7] [--seconds 3] [--connections 8]\n' +
      '                          [--size 1024] [--old FOLDER] [--json]\n\n' +
      'Starts a Swift (test/support/swift-lab), a Redis, and Hindsight in front of the Swift with\n' +
      'and without that Redis. Needs redis-server, and npm run build. TEXT chooses the cases whose\n' +
      'name contains it. FOLDER is a built checkout of another version, measured as well.',
  );
  process.exit(0);
}

const count = Number(options.connections);
const body = 'x'.repeat(Number(options.size));
const swift = await startSwift();

const CONFIG = (redis) => `
[DEFAULT]
bind_port = 0
${redis === undefined ? '' : `redis_url = ${redis}`}
[pipeline:main]
pipeline = catch_errors gatekeeper healthcheck proxy-logging s3api versioned_writes proxy-server
[filter:s3api]
use = s3api
[filter:versioned_writes]
allow_versioned_writes = true
allow_object_versioning = true
[app:proxy-server]
use = swift
sole_server_check = false
upstream = ${swift.plain}
auth_url = ${swift.plain}/auth/v1.0
auth_user = admin:admin
auth_key = admin
[credentials:test:tester]
secret_key = testing
`;

async function startRedis() {
  const [port] = await freePorts(1);
  const child = spawn('redis-server', ['--port', port, '--save', '', '--bind', '127.0.0.1'], {
    stdio: 'ignore',
  });
  process.prependOnceListener('exit', () => child.kill());
  child.once('error', (error) => {
    throw new Error(`redis-server cannot be started: ${error.message}`);
  });
  return `redis://127.0.0.1:${port}`;
}

const hindsight = await startHindsight(CONFIG());
const servers = {
  swift: { url: swift.plain },
  "swift's own": { url: swift.versioned },
  hindsight,
  'hindsight, Redis': await startHindsight(CONFIG(await startRedis())),
  ...(options.old && { old: await startHindsight(CONFIG(), {}, options.old) }),
};

/** Creates the objects of a case on one side; returns what one request of it is. */
const swiftApi = (settings, method) => async (lanes, container, set) => {
  const archive = `${container}-archive`;
  await set('PUT', `/${archive}`);
  const headers = Object.entries(settings).map(([name, value]) => [name, value ?? archive]);
  await set('PUT', `/${container}`, Object.fromEntries(headers));
  for (let number = 0; number < lanes.length; number++)
    await set('PUT', `/${container}/object${number}`, {}, body);
  const sent = method === 'PUT' ? body : undefined;
  return (lane, number) => lane.ask(method, `/${container}/object${number}`, {}, sent);
};

const LISTED_KEYS = 100;
const s3Api =
  (method, query = '') =>
  async (lanes, container, set, url) => {
    await set('PUT', `/${container}`, { 'X-Versions-Enabled': 'true' });
    for (let number = 0; number < (query ? LISTED_KEYS : lanes.length); number++)
      for (let version = 0; version < (query ? 3 : 1); version++)
        await set('PUT', `/${container}/object${number}`, {}, body);
    const sent = method === 'PUT' ? body : undefined;
    const requests = lanes.map((_, number) => {
      const path = `/${container}${query ? '' : `/object${number}`}`;
      const headers = { 'X-Auth-Token': undefined, ...signed(method, path, query, sent ?? '') };
      return [method, path + (query && `?${query}`), headers, sent];
    });
    return async ({ connection }, number) => {
      const { status, head } = await connection.ask(...requests[number]);
      if (status >= 300) throw new Error(`${url}: ${requests[number][1]}: ${head}`);
    };
  };

const old = options.old ? ['old'] : [];
const CASES = [
  ['GET', swiftApi({}, 'GET'), ['swift', 'hindsight', ...old]],
  ['PUT', swiftApi({}, 'PUT'), ['swift', 'hindsight', ...old]],
  [
    'PUT over, X-History-Location',
    swiftApi({ 'X-History-Location': undefined }, 'PUT'),
    ["swift's own", 'hindsight', 'hindsight, Redis', ...old],
  ],
  [
    'PUT over, X-Versions-Location',
    swiftApi({ 'X-Versions-Location': undefined }, 'PUT'),
    ["swift's own", 'hindsight', 'hindsight, Redis', ...old],
  ],
  [
    'PUT over, X-Versions-Enabled',
    swiftApi({ 'X-Versions-Enabled': 'true' }, 'PUT'),
    ["swift's own", 'hindsight', 'hindsight, Redis', ...old],
  ],
  [
    'GET, X-Versions-Enabled',
    swiftApi({ 'X-Versions-Enabled': 'true' }, 'GET'),
    ["swift's own", 'hindsight', ...old],
  ],
  ['S3 GET', s3Api('GET'), ["swift's own", 'hindsight', ...old]],
  ['S3 PUT over', s3Api('PUT'), ["swift's own", 'hindsight', ...old]],
  ['S3 list versions', s3Api('GET', 'versions='), ["swift's own", 'hindsight', ...old]],
].filter(([what]) => what.includes(options.only ?? ''));

const rows = [];
let number = 0;
for (const [what, prepare, names] of CASES) {
  const sides = [];
  for (const name of names) {
    const { url, child } = servers[name];
    const { lanes } = await client(url, count);
    const work = await prepare(lanes, `case${number++}`, lanes[0].ask, url);
    sides.push({ name, lanes, work, pid: child?.pid, rates: [], cpu: [] });
    await rate(lanes, 1, work);
  }
  for (let round = 0; round < Number(options.rounds); round++) {
    for (const side of sides) {
      progress(`${what}, ${side.name}: round ${round + 1} of ${options.rounds}`);
      for (const { connection } of side.lanes) connection.open();
      const before = side.pid === undefined ? 0 : cpuOf(side.pid);
      let requests = 0;
      const counted = (...args) => (requests++, side.work(...args));
      side.rates.push(await rate(side.lanes, Number(options.seconds), counted));
      if (side.pid !== undefined) side.cpu.push(((cpuOf(side.pid) - before) * 1000) / requests);
    }
  }
  const [first] = sides;
  for (const { name, rates, cpu } of sides) {
    const ratios = rates.map((each, i) => each / first.rates[i]).sort((a, b) => a - b);
    rows.push({
      what,
      side: name,
      'requests/s': Math.round(median(rates)),
      ratio: Number(median(ratios).toFixed(2)),
      spread: `${ratios[0].toFixed(2)} to ${ratios.at(-1).toFixed(2)}`,
      'CPU us': cpu.length === 0 ? undefined : Math.round(median(cpu)),
    });
  }
}
progress('\n');
if (options.json) console.log(JSON.stringify({ over_swift: rows }));
else console.table(rows);
process.exit(0);
