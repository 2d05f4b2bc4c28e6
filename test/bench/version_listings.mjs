// Compares a page of ?versions with a million versions to one with a thousand, on the
// embedded store: over 1,000 names, and of one name. The containers of a pair take turns;
// medians of the rounds count. The store is filled directly, not through its API.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
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
    'of-one': { type: 'string', default: '100000' },
    page: { type: 'string', default: '100' },
    rounds: { type: 'string', default: '7' },
    seconds: { type: 'string', default: '2' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (options.help) {
  console.log(
    'node test/bench/version_listings.mjs [--versions 1000000] [--of-one 100000] [--page 100] [--rounds 7] [--seconds 2] [--json]\n\n' +
      'Compares pages of ?versions, the first and random ones, of containers with --versions versions over\n' +
      '1,000 names, and with --of-one versions of one name, to those of containers with 1,000 versions.',
  );
  process.exit(0);
}
const NAMES = 1000;
const FEW = 1000;
const BATCH = 2000;
const page = Number(options.page);
const require = createRequire(import.meta.url);
const { openStorage } = require(join(root, 'dist/src/stores/embedded/storage/lmdb_storage.js'));
const { versionName, versionsContainerOf } = require(
  join(root, 'dist/src/versioning/object_versioning/version_names.js'),
);

const ACCOUNT = 'AUTH_test';
const nameOf = (i) => `object-${String(i).padStart(4, '0')}`;
const idOf = (i) => `${1_700_000_000 + i}.00000`;
/** The containers to compare, with the number of names and of versions of each name. */
const PAIRS = {
  'over 1,000 names': [
    { container: 'few-names', names: NAMES, each: FEW / NAMES },
    { container: 'many-names', names: NAMES, each: Number(options.versions) / NAMES },
  ],
  'of one name': [
    { container: 'few-of-one', names: 1, each: FEW },
    { container: 'many-of-one', names: 1, each: Number(options['of-one']) },
  ],
};

async function content(storage, text) {
  const incoming = storage.receive();
  await incoming.write(Buffer.from(text));
  return incoming.finish();
}

/** Fills a container as clients' PUTs would. */
async function fill(storage, { container, names, each }) {
  const versions = versionsContainerOf(container);
  await storage.putContainer(ACCOUNT, container, {
    'x-container-meta-hindsight-versions-enabled': 'true',
  });
  await storage.putContainer(ACCOUNT, versions, {});
  const record = { contentType: 'text/plain', attributes: {} };
  const data = await content(storage, 'x'.repeat(100));
  await storage.putObject(ACCOUNT, versions, versionName(nameOf(0), idOf(0)), {
    ...record,
    content: data,
  });
  for (let done = 1; done < names * each; done += BATCH) {
    progress(`${container}: ${done} of ${names * each}`);
    const batch = Array.from({ length: Math.min(BATCH, names * each - done) }, (_, i) => done + i);
    await Promise.all(
      batch.map((i) => {
        const name = versionName(nameOf(Math.floor(i / each)), idOf(i % each));
        return storage.putObject(ACCOUNT, versions, name, { ...record, content: data });
      }),
    );
  }
  for (let i = 0; i < names; i++) {
    const target = encodeURIComponent(versionName(nameOf(i), idOf(each - 1)));
    const extra = {
      symlink_etag: data.etag,
      symlink_bytes: String(data.size),
      symlink_path: `/v1/${ACCOUNT}/${versions}/${target}`,
    };
    const empty = await content(storage, '');
    await storage.putObject(ACCOUNT, container, nameOf(i), {
      ...record,
      content: empty,
      listed: { bytes: 0, extra },
    });
  }
}

const data = temporaryFolder();
const began = performance.now();
const storage = await openStorage(data);
for (const each of Object.values(PAIRS).flat()) await fill(storage, each);
await storage.close();
const fillSeconds = Math.round((performance.now() - began) / 1000);
const config = readFileSync(join(root, 'config/embedded.conf'), 'utf8');
const { url } = await startHindsight(config, { HINDSIGHT_DATA: data });
const { lanes } = await client(url, 8);

/** Returns the query of a random place with a whole page behind it. */
function anywhere({ names, each }) {
  const before = Math.floor(Math.random() * (names * each - page - 1));
  return `marker=${nameOf(Math.floor(before / each))}&version_marker=${idOf(each - 1 - (before % each))}`;
}
const ask = (lane, side, place) =>
  lane.ask('GET', `/${side.container}?versions&format=json&limit=${page}&${place}`);
const WORK = {
  'the first page': (lane, side) => ask(lane, side, ''),
  'a page anywhere': (lane, side) => ask(lane, side, anywhere(side)),
};

const times = new Map();
for (let round = 0; round < Number(options.rounds); round++) {
  for (const [pair, sides] of Object.entries(PAIRS)) {
    for (const [title, work] of Object.entries(WORK)) {
      for (const [lanesTitle, used] of [
        ['1 connection', lanes.slice(0, 1)],
        ['8 connections', lanes],
      ]) {
        for (const [at, side] of sides.entries()) {
          progress(
            `round ${round + 1} of ${options.rounds}: ${pair}, ${title}, ${lanesTitle}, ${side.container}`,
          );
          const perSecond = await rate(used, Number(options.seconds), (lane) => work(lane, side));
          const key = `${pair}: ${title}, ${lanesTitle}|${at}`;
          times.set(key, [...(times.get(key) ?? []), 1000 / perSecond]);
        }
      }
    }
  }
}
progress('\n');
const rounded = (number) => Math.round(number * 1000) / 1000;
const table = [...new Set([...times.keys()].map((key) => key.split('|')[0]))].map((work) => {
  const [few, lots] = [0, 1].map((at) => times.get(`${work}|${at}`));
  return {
    work,
    'ms with 1,000': rounded(median(few)),
    'ms with many': rounded(median(lots)),
    ratio: rounded(median(lots.map((time, i) => time / few[i]))),
  };
});
if (options.json)
  console.log(JSON.stringify({ milliseconds: table, seconds_to_fill: fillSeconds }));
else {
  console.table(table);
  console.log(`filled in ${fillSeconds} seconds`);
}
process.exit(0);
