// Measures how fast versions are: requests a second through Hindsight and of its embedded
// store, against the same Swift with and without versions of its own. The sides take
// turns within each round, so that noise of the machine affects all; medians of the
// rounds count.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import {
  client,
  median,
  progress,
  rate,
  root,
  startHindsight,
  startSwift,
  temporaryFolder,
} from './support.mjs';

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '3' },
    connections: { type: 'string', default: '8' },
    size: { type: 'string', default: '1024' },
    workers: { type: 'string', default: '1' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (options.help) {
  console.log(
    'npm run bench -- [--rounds 5] [--seconds 3] [--connections 8] [--size 1024] [--workers 1] [--json]\n\n' +
      'Starts a Swift (test/support/swift-lab), Hindsight in front of it, and Hindsight by itself with --workers, and compares\n' +
      'GET, PUT of new objects, and PUT over objects in a container with versions.',
  );
  process.exit(0);
}
const body = 'x'.repeat(Number(options.size));

async function connectTo(name, url, isVersioned = true) {
  const { lanes } = await client(url, Number(options.connections));
  const container = name.replaceAll(/\W/g, '-');
  const [{ ask }] = lanes;
  await ask('PUT', `/${container}-archive`);
  await ask('PUT', `/${container}-plain`);
  await ask(
    'PUT',
    `/${container}`,
    isVersioned ? { 'X-History-Location': `${container}-archive` } : {},
  );
  for (let number = 0; number < lanes.length; number++) {
    await ask('PUT', `/${container}/read${number}`, {}, body);
    await ask('PUT', `/${container}/over${number}`, {}, body);
  }
  return { name, lanes, container };
}

const WORK = {
  GET:
    ({ container }) =>
    (lane, number) =>
      lane.ask('GET', `/${container}/read${number}`),
  'PUT, new':
    ({ container }) =>
    (lane, number, i) =>
      lane.ask('PUT', `/${container}-plain/new-${number}-${Date.now()}-${i}`, {}, body),
  'PUT over':
    ({ container }) =>
    (lane, number) =>
      lane.ask('PUT', `/${container}/over${number}`, {}, body),
};

progress('starting Swift and Hindsight\n');
const swift = await startSwift();
const proxy = await startHindsight(readFileSync(join(root, 'config/swift.conf'), 'utf8'), {
  SWIFT_URL: swift.plain,
  SWIFT_AUTH_URL: `${swift.plain}/auth/v1.0`,
});
const embedded = await startHindsight(readFileSync(join(root, 'config/embedded.conf'), 'utf8'), {
  HINDSIGHT_DATA: temporaryFolder(),
  HINDSIGHT_WORKERS: options.workers,
});
const OWN = "swift's own versions";
const sides = [
  await connectTo('swift without versions', swift.plain, false),
  await connectTo(OWN, swift.versioned),
  await connectTo('hindsight', proxy.url),
  await connectTo('embedded', embedded.url),
];
const rates = new Map();
for (let round = 0; round < Number(options.rounds); round++) {
  for (const [title, work] of Object.entries(WORK)) {
    for (const side of sides) {
      progress(`round ${round + 1} of ${options.rounds}: ${title}, ${side.name}`);
      const key = `${title}|${side.name}`;
      const perSecond = await rate(side.lanes, Number(options.seconds), work(side));
      rates.set(key, [...(rates.get(key) ?? []), perSecond]);
    }
  }
}
progress('\n');
const table = Object.keys(WORK).map((title) => {
  const of = (name) => rates.get(`${title}|${name}`);
  const row = Object.fromEntries(sides.map(({ name }) => [name, Math.round(median(of(name)))]));
  const ratio = (name) =>
    Math.round(median(of(name).map((value, i) => value / of(OWN)[i])) * 100) / 100;
  return {
    work: title,
    ...row,
    "hindsight / swift's own": ratio('hindsight'),
    "embedded / swift's own": ratio('embedded'),
  };
});
if (options.json) console.log(JSON.stringify({ requests_per_second: table }));
else console.table(table);
process.exit(0);
