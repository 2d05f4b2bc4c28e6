// Measures what object versioning being allowed costs a GET of an unversioned object, in
// requests a second: of a Swift, and through a Hindsight that allows only the header
// modes, one that also allows object versioning, and one that does but caches no
// container's settings (the cost of a container's first read). The sides take turns
// within each round; medians of the rounds count.
import { parseArgs } from 'node:util';
import { client, median, progress, rate, startHindsight, startSwift } from './support.mjs';

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '3' },
    connections: { type: 'string', default: '8' },
    size: { type: 'string', default: '1024' },
    redis: { type: 'string' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (options.help) {
  console.log(
    'node test/bench/plain_reads.mjs [--rounds 5] [--seconds 3] [--connections 8] [--size 1024] [--redis URL] [--json]\n\n' +
      'Starts a Swift (test/support/swift-lab). Needs npm run build. --redis adds a side with that Redis.',
  );
  process.exit(0);
}

const { plain: swift } = await startSwift();
const through = async (ids, remembered, redis) => {
  const { url } = await startHindsight(`
[DEFAULT]
bind_port = 0
${redis ? `redis_url = ${redis}` : ''}
[pipeline:main]
pipeline = catch_errors gatekeeper versioned_writes proxy-server
[filter:versioned_writes]
allow_versioned_writes = true
allow_object_versioning = ${ids}
settings_cache_time = ${remembered}
[app:proxy-server]
use = swift
sole_server_check = false
upstream = ${swift}
auth_url = ${swift}/auth/v1.0
auth_user = admin:admin
auth_key = admin
`);
  return url;
};
const MODES = 'modes only';
const urls = {
  swift,
  [MODES]: await through(false, 60),
  'with ids': await through(true, 60),
  'with ids, nothing remembered': await through(true, 0),
  ...(options.redis && { 'with ids and Redis': await through(true, 60, options.redis) }),
};
const sides = {};
for (const [name, url] of Object.entries(urls))
  sides[name] = (await client(url, Number(options.connections))).lanes;
const [{ ask }] = sides.swift;
await ask('PUT', '/plain');
await ask('PUT', '/plain/object', {}, 'x'.repeat(Number(options.size)));

const rates = Object.fromEntries(Object.keys(sides).map((name) => [name, []]));
for (let round = 0; round < Number(options.rounds); round++) {
  for (const [name, lanes] of Object.entries(sides)) {
    progress(`round ${round + 1} of ${options.rounds}: ${name}`);
    rates[name].push(
      await rate(lanes, Number(options.seconds), (lane) => lane.ask('GET', '/plain/object')),
    );
  }
}
progress('\n');
const rows = Object.entries(rates).map(([name, perSecond]) => ({
  side: name,
  'GET a second': Math.round(median(perSecond)),
  [`to ${MODES}`]:
    Math.round(median(perSecond.map((each, i) => each / rates[MODES][i])) * 100) / 100,
}));
if (options.json) console.log(JSON.stringify({ requests_per_second: rows }));
else console.table(rows);
process.exit(0);
