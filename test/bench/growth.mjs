// Measures how the embedded store grows: a page of versions, an overwrite, and a DELETE
// that restores, with a thousand versions and with a million; overwrites in one container
// and in a thousand; reads over 32 connections and over a thousand. The two sides of a
// pair take turns; medians of the rounds, and of their ratios, count. The stores of
// versions are filled directly, not through the API.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { load } from './load.mjs';
import {
  client,
  median,
  progress,
  rate,
  root,
  startHindsight,
  temporaryFolder,
} from './support.mjs';

const { values: options } = parseArgs({
  options: {
    versions: { type: 'string', default: '1000000' },
    containers: { type: 'string', default: '1024' },
    connections: { type: 'string', default: '1000' },
    rounds: { type: 'string', default: '7' },
    seconds: { type: 'string', default: '2' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (options.help) {
  console.log(
    'npm run bench -- growth [--versions 1000000] [--containers 1024] [--connections 1000]\n' +
      '                      [--rounds 7] [--seconds 2] [--json]\n\n' +
      'Compares the embedded store with --versions versions over 1,000 names to one with 1,000;\n' +
      'overwrites in --containers containers to those in one; and reads over --connections\n' +
      'connections to those over 32. Needs wrk (apt-get install wrk), and npm run build.',
  );
  process.exit(0);
}

const ACCOUNT = 'AUTH_test';
const NAMES = 1000;
const FEW = 1000;
const BATCH = 2000;
const LANES = 8;
const [many, spread, wide] = [options.versions, options.containers, options.connections].map(
  Number,
);
const require = createRequire(import.meta.url);
const dist = (file) => require(join(root, 'dist/src', file));
const { openStorage } = dist('stores/embedded/storage/lmdb_storage.js');
const { archiveName } = dist('versioning/archive/names.js');
const { versionName, versionsContainerOf } = dist('versioning/object_versioning/version_names.js');

const nameOf = (i) => `object-${String(i).padStart(4, '0')}`;
const idOf = (i) => `${1_500_000_000 + i}.00000`;

async function content(storage) {
  const incoming = storage.receive();
  await incoming.write(Buffer.from('x'.repeat(100)));
  return incoming.finish();
}

/** Fills a container with `each` old versions of each of a thousand names. */
async function fill(storage, container, nameOfVersion, each) {
  await storage.putContainer(ACCOUNT, container, {});
  const record = { contentType: 'text/plain', attributes: {}, content: await content(storage) };
  for (let done = 0; done < NAMES * each; done += BATCH) {
    progress(`${container}: ${done} of ${NAMES * each} versions`);
    const batch = Array.from({ length: Math.min(BATCH, NAMES * each - done) }, (_, i) => done + i);
    await Promise.all(
      batch.map((i) => {
        const name = nameOfVersion(nameOf(Math.floor(i / each)), idOf(i % each));
        return storage.putObject(ACCOUNT, container, name, record);
      }),
    );
  }
}

const data = temporaryFolder();
const storage = await openStorage(data);
for (const [side, count] of [
  ['few', FEW],
  ['many', many],
]) {
  await fill(storage, `${side}-archive`, archiveName, count / NAMES);
  await fill(storage, versionsContainerOf(`${side}-ids`), versionName, count / NAMES);
}
await storage.close();

const config = readFileSync(join(root, 'config/embedded.conf'), 'utf8');
const { url, child } = await startHindsight(config, { HINDSIGHT_DATA: data });
const { lanes, token } = await client(url, LANES);
const [{ ask }] = lanes;
for (const side of ['few', 'many']) {
  await ask('PUT', `/${side}`, { 'X-Versions-Location': `${side}-archive` });
  await ask('PUT', `/${side}-ids`, { 'X-Versions-Enabled': 'true' });
  for (let i = 0; i < NAMES; i++) {
    await ask('PUT', `/${side}/${nameOf(i)}`, {}, 'current');
    await ask('PUT', `/${side}-ids/${nameOf(i)}`, {}, 'current');
  }
}
for (let i = 0; i < spread; i++) {
  progress(`containers: ${i} of ${spread}`);
  await ask('PUT', `/c${i}`, { 'X-Versions-Location': 'few-archive' });
  await ask('PUT', `/c${i}/object`, {}, 'current');
}

const anyName = () => nameOf(Math.floor(Math.random() * NAMES));
const byLanes = (work) => () => rate(lanes, Number(options.seconds), work);
const overwrite = (container) => (lane) =>
  lane.ask('PUT', `/${container}/${anyName()}`, {}, 'overwritten');
/** Each lane overwrites a name of its own, and deletes it, which restores. */
const restore = (container) => async (lane, number) => {
  await lane.ask('PUT', `/${container}/${nameOf(number)}`, {}, 'overwritten');
  await lane.ask('DELETE', `/${container}/${nameOf(number)}`);
};
const page = (path) => (lane) =>
  lane.ask('GET', `${path}format=json&limit=100&marker=${encodeURIComponent(anyName())}`);
const overwriteIn = (count) => (lane) =>
  lane.ask('PUT', `/c${Math.floor(Math.random() * count)}/object`, {}, 'overwritten');
const read = (connections) => async () => {
  const side = { url, pid: child.pid };
  const headers = { 'X-Auth-Token': token };
  const path = `/v1/${ACCOUNT}/few/${nameOf(0)}`;
  return (await load(side, path, { connections, seconds: Number(options.seconds), headers }))
    .perSecond;
};
const pairs = (what, work) => [what, byLanes(work('few')), byLanes(work('many'))];
const CASES = [
  pairs('a page of ?versions', (side) => page(`/${side}-ids?versions&`)),
  pairs('a page of the archive', (side) => page(`/${side}-archive?`)),
  pairs('overwrite, X-Versions-Location', (side) => overwrite(side)),
  pairs('overwrite, X-Versions-Enabled', (side) => overwrite(`${side}-ids`)),
  pairs('overwrite and DELETE that restores', (side) => restore(side)),
  [
    `overwrite in 1 and in ${spread} containers`,
    byLanes(overwriteIn(1)),
    byLanes(overwriteIn(spread)),
  ],
  [`GET over 32 and over ${wide} connections`, read(32), read(wide)],
];

const rows = [];
for (const [what, small, large] of CASES) {
  const rates = [[], []];
  for (let round = -1; round < Number(options.rounds); round++) {
    for (const [at, measure] of [small, large].entries()) {
      progress(`${what}: round ${round + 1} of ${options.rounds}`);
      const perSecond = await measure();
      if (round >= 0) rates[at].push(perSecond);
    }
  }
  const ratios = rates[1].map((each, i) => each / rates[0][i]).sort((a, b) => a - b);
  rows.push({
    what,
    'small, requests/s': Math.round(median(rates[0])),
    'large, requests/s': Math.round(median(rates[1])),
    'large / small': Number(median(ratios).toFixed(2)),
    spread: `${ratios[0].toFixed(2)} to ${ratios.at(-1).toFixed(2)}`,
  });
}
progress('\n');
if (options.json) console.log(JSON.stringify({ versions: many, growth: rows }));
else console.table(rows);
process.exit(0);
