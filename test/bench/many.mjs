// Compares the embedded store with a million objects in a container to one with a
// thousand: a page of the listing, a GET, an overwrite with versions. The two containers
// take turns; medians of the rounds count. Also reports the memory and disk used.
import { execFileSync } from 'node:child_process';
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
  temporaryFolder,
} from './support.mjs';

const { values: options } = parseArgs({
  options: {
    objects: { type: 'string', default: '1000000' },
    size: { type: 'string', default: '1024' },
    rounds: { type: 'string', default: '7' },
    seconds: { type: 'string', default: '2' },
    workers: { type: 'string', default: '1' },
    memory: { type: 'string' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (options.help) {
  console.log(
    'node test/bench/many.mjs [--objects 1000000] [--size 1024] [--rounds 7] [--seconds 2] [--workers 1] [--memory MIB] [--json]\n\n' +
      'Compares a container with --objects objects to one with 1,000. --memory limits the server to that\n' +
      'many MiB, file pages included, by a control group (needs root).',
  );
  process.exit(0);
}
const FEW = 1000;
const PAGE = 1000;
const many = Number(options.objects);
const body = 'x'.repeat(Number(options.size));
const data = temporaryFolder();
const config = readFileSync(join(root, 'config/embedded.conf'), 'utf8');
const { url, child } = await startHindsight(config, {
  HINDSIGHT_DATA: data,
  HINDSIGHT_WORKERS: options.workers,
});
if (options.memory) {
  const group = `/sys/fs/cgroup/memory/hindsight-bench-${process.pid}`;
  const limit = Number(options.memory) * 1024 * 1024;
  execFileSync('sh', [
    '-c',
    `mkdir ${group} && echo ${limit} > ${group}/memory.limit_in_bytes && echo ${child.pid} > ${group}/cgroup.procs`,
  ]);
}

const nameOf = (i) => `object-${String(i).padStart(8, '0')}`;
const { lanes } = await client(url, 8);
const [{ ask }] = lanes;
await ask('PUT', '/archive');
for (const container of ['few', 'many'])
  await ask('PUT', `/${container}`, { 'X-History-Location': 'archive' });
let next = 0;
async function fill(container, count) {
  next = 0;
  await Promise.all(
    lanes.map(async (lane) => {
      while (next < count) {
        if (next % 1000 === 0) progress(`${container}: ${next} of ${count}`);
        await lane.ask('PUT', `/${container}/${nameOf(next++)}`, {}, body);
      }
    }),
  );
}
const began = performance.now();
await fill('few', FEW);
await fill('many', many);
const fillSeconds = Math.round((performance.now() - began) / 1000);

const anyOf = (count) => nameOf(Math.floor(Math.random() * count));
const WORK = {
  'a page of 1,000': (lane, container, count) =>
    lane.ask(
      'GET',
      `/${container}?limit=${PAGE}&marker=${nameOf(Math.floor(Math.random() * (count - PAGE)) - 1)}`,
    ),
  GET: (lane, container, count) => lane.ask('GET', `/${container}/${anyOf(count)}`),
  overwrite: (lane, container, count) => lane.ask('PUT', `/${container}/${anyOf(count)}`, {}, body),
};
const sides = { few: FEW, many };
const times = new Map();
for (let round = 0; round < Number(options.rounds); round++) {
  for (const [title, work] of Object.entries(WORK)) {
    for (const [lanesTitle, used] of [
      ['1 connection', lanes.slice(0, 1)],
      ['8 connections', lanes],
    ]) {
      for (const [container, count] of Object.entries(sides)) {
        progress(`round ${round + 1} of ${options.rounds}: ${title}, ${lanesTitle}, ${container}`);
        const perSecond = await rate(used, Number(options.seconds), (lane) =>
          work(lane, container, count),
        );
        const key = `${title}, ${lanesTitle}|${container}`;
        times.set(key, [...(times.get(key) ?? []), 1000 / perSecond]);
      }
    }
  }
}
progress('\n');
const rounded = (number) => Math.round(number * 1000) / 1000;
const table = [...new Set([...times.keys()].map((key) => key.split('|')[0]))].map((work) => {
  const [few, lots] = ['few', 'many'].map((container) => times.get(`${work}|${container}`));
  return {
    work,
    [`ms with ${FEW}`]: rounded(median(few)),
    [`ms with ${many}`]: rounded(median(lots)),
    ratio: rounded(median(lots.map((time, i) => time / few[i]))),
  };
});
const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
const kib = (name) =>
  Math.round(Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1]) / 1024);
const memory = {
  resident_MiB: kib('VmRSS'),
  own_MiB: kib('RssAnon'),
  of_files_MiB: kib('RssFile'),
  disk_MiB: Number(execFileSync('du', ['-sm', data], { encoding: 'utf8' }).split('\t')[0]),
  seconds_to_fill: fillSeconds,
};
if (options.json) console.log(JSON.stringify({ milliseconds: table, memory }));
else {
  console.table(table);
  console.table([memory]);
}
process.exit(0);
