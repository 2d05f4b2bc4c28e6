// Measures a GET that only passes through: by nginx, by the least proxy that Node allows
// (bare/proxy.mjs), and by Hindsight, each in front of the same nginx. The sides take
// turns within each round; medians of the rounds, and of their ratios, count.
import { parseArgs } from 'node:util';
import { load } from './load.mjs';
import { startFiles, startProxy } from './nginx.mjs';
import { startBare } from './bare/start.mjs';
import { median, progress, startHindsight } from './support.mjs';

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '7' },
    seconds: { type: 'string', default: '3' },
    old: { type: 'string' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (options.help) {
  console.log(
    'node test/bench/pass_through.mjs [--rounds 7] [--seconds 3] [--old FOLDER] [--json]\n\n' +
      'Needs nginx and wrk (apt-get install nginx-light wrk), and npm run build. FOLDER is a built\n' +
      'checkout of another version, which is measured as well.',
  );
  process.exit(0);
}

const CONFIG = (upstream) => `
[DEFAULT]
bind_port = 0
[pipeline:main]
pipeline = catch_errors gatekeeper healthcheck proxy-logging versioned_writes proxy-server
[filter:versioned_writes]
allow_versioned_writes = true
[app:proxy-server]
use = swift
sole_server_check = false
upstream = ${upstream}
`;
const ACCOUNT = '/v1/AUTH_bench/c/';
const back = await startFiles({
  [`${ACCOUNT}small`]: Buffer.alloc(1024, 'x'),
  [`${ACCOUNT}large`]: Buffer.alloc(1024 * 1024, 'x'),
});
const sides = {
  nginx: await startProxy(back.url),
  bare: await startBare('proxy', back.url),
  hindsight: await hindsight(),
  ...(options.old && { old: await hindsight(options.old) }),
};
const CASES = [
  { what: '1 KiB, 32 connections', path: `${ACCOUNT}small`, connections: 32 },
  { what: '1 KiB, 1 connection', path: `${ACCOUNT}small`, connections: 1 },
  { what: '1 MiB, 8 connections', path: `${ACCOUNT}large`, connections: 8 },
];

async function hindsight(folder) {
  const { url, child } = await startHindsight(CONFIG(back.url), {}, folder);
  return { url, pid: child.pid };
}

const results = [];
for (const { what, path, connections } of CASES) {
  const direct = [];
  const rounds = Object.fromEntries(Object.keys(sides).map((name) => [name, []]));
  for (const side of Object.values(sides)) await load(side, path, { connections, seconds: 2 });
  for (let round = 0; round < Number(options.rounds); round++) {
    if (connections === 1) direct.push(await load(back, path, { connections, seconds: 1 }));
    for (const [name, side] of Object.entries(sides)) {
      progress(`${what}: round ${round + 1} of ${options.rounds}: ${name}`);
      rounds[name].push(await load(side, path, { connections, seconds: options.seconds }));
    }
  }
  const added = (name) => rounds[name].map(({ latency }, i) => latency - (direct[i]?.latency ?? 0));
  for (const name of Object.keys(sides)) {
    const ratio = (of, to) =>
      Number(median(rounds[name].map((each, i) => of(each) / of(rounds[to][i]))).toFixed(2));
    const ofLatency = median(added(name).map((each, i) => each / added('bare')[i]));
    results.push({
      what,
      side: name,
      'requests/s': Math.round(median(rounds[name].map(({ perSecond }) => perSecond))),
      'to nginx': ratio(({ perSecond }) => perSecond, 'nginx'),
      'CPU us': Math.round(median(rounds[name].map(({ cpu }) => cpu))),
      'CPU to bare': ratio(({ cpu }) => cpu, 'bare'),
      ...(connections === 1 && {
        'added ms': Number(median(added(name)).toFixed(3)),
        'added to bare': Number(ofLatency.toFixed(2)),
      }),
    });
  }
}
progress('\n');
if (options.json) console.log(JSON.stringify({ pass_through: results }));
else console.table(results);
process.exit(0);
