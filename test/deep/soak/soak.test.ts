import { eventually } from '../../support/running/eventually';
import { KillableStore } from '../../support/servers/killable_store';
import { describeWithRedis } from '../../support/servers/redis';
import { login } from '../../support/servers/swift';
import { lives } from '../../support/servers/embedded_process';
import { Chance } from '../../support/running/chance';
import { Lane, makeContainers } from './lanes';
import { Ledger } from './ledger';
import { Site } from './site';
import { verdict } from './verdict';
import { Pulse, vitalsOf } from './vitals';
import { disasters, storm } from './weather';
import { depth } from '../../support/running/depth';
import { countFigures } from '../../support/running/figures';

/** In milliseconds: `SOAK_MINUTES`, or just long enough for a little of everything. */
const LENGTH = Number(process.env['SOAK_MINUTES'] ?? depth({ gate: 0.15, deep: 0.4 })) * 60_000;
/** Whether a soak was requested explicitly. */
const IS_LONG = process.env['SOAK_MINUTES'] !== undefined;
/** The store is our own, or with `SOAK_STORE=swift` the tests' Swift. */
const STORE = process.env['SOAK_STORE'] ?? 'embedded';
const SEED = Number(
  process.env['SOAK_SEED'] ??
    (process.env['SOAK_MINUTES'] ? Math.floor(Math.random() * 2 ** 32) : 20260101),
);
const LANES = 16;
/** The milliseconds between two disasters. */
const PEACE = Math.min(LENGTH / 12, 10_000);
/** A process that ran for less is still warming up, so that its memory is not judged. */
const LONG = 5 * 60_000;
/** How many more files than at the beginning may be open once all is quiet. */
const SOME_FILES = 4;
const TOLD_EVERY = Math.max(LENGTH / 20, 5_000);

describeWithRedis('a soak', () => {
  it(
    `of ${(LENGTH / 60_000).toFixed(1)} minutes loses nothing and leaks nothing`,
    async () => {
      const store = await (STORE === 'swift' ? KillableStore.swift() : KillableStore.embedded());
      if (!store) throw new Error('no Swift was started for the tests');
      const site = await Site.start(store);
      try {
        await soak(site);
      } finally {
        expect(await site.stop()).toEqual([0, 0]);
      }
    },
    LENGTH + 300_000,
  );
});

async function soak(site: Site): Promise<void> {
  const direct = await login(site.store.url, 'tester');
  const chance = new Chance(SEED);
  const containers = await makeContainers(direct.at(site.proxy(0).url), `soak-${SEED}`, LANES);
  const atFirst = vitalsOf(site.proxy(0).pid);
  const ledger = new Ledger();
  const pulse = new Pulse(site, 500);
  const start = Date.now();
  const isOver = () => Date.now() - start > LENGTH || ledger.wrong.length > 0;
  const weather = storm(site, new Chance(chance.below(2 ** 32)), ledger);
  const happened: string[] = [];
  const telling = setInterval(() => tell(progress(ledger, start, happened)), TOLD_EVERY);
  const lanes = Array.from(
    { length: LANES },
    (_, i) => new Lane(site, containers, ledger, i, new Chance(chance.below(2 ** 32))),
  );
  try {
    await Promise.all([
      ...lanes.map((lane) => lane.run(isOver)),
      disasters(site, chance, PEACE, isOver, (disaster) => {
        happened.push(disaster);
        ledger.note({ disaster });
        tell(`${progress(ledger, start, happened)}: ${disaster}`);
      }),
    ]);
  } finally {
    clearInterval(telling);
    pulse.stop();
    weather.end();
  }
  const wrong = await verdict(site, direct, containers, ledger);
  await atRest(site, atFirst.files);
  const [first, last] = [pulse.quarter(0), pulse.quarter(3)];
  const result = {
    ...{ seed: SEED, store: STORE, minutes: LENGTH / 60_000, requests: ledger.requests },
    ...{ acknowledged: ledger.kept.size, statuses: Object.fromEntries(ledger.statuses) },
    ...{
      faults: weather.faults(),
      disasters: happened.length,
      warnings: Object.fromEntries(site.warnings),
    },
    ...{ first, last, bugs: site.bugs, wrong },
  };
  if (IS_LONG) process.stdout.write(`${JSON.stringify(result)}\n`);
  countFigures('soak', {
    requests: ledger.requests,
    acknowledged: ledger.kept.size,
    disasters: happened.length,
    seed: SEED,
  });
  if (wrong.length > 0) process.stderr.write(`what happened is in ${ledger.writeTrace(SEED)}\n`);
  expect({ seed: SEED, wrong, bugs: site.bugs }).toEqual({ seed: SEED, wrong: [], bugs: [] });
  if (LENGTH < LONG) return;
  expect(last.memory).toBeLessThan(first.memory * 1.5);
  expect(last.files).toBeLessThan(first.files * 1.5 + SOME_FILES);
}

/** Expects, without clients, live proxies, no locks, and closed connections. */
async function atRest(site: Site, files: number): Promise<void> {
  expect(site.proxies.map(({ pid }) => lives(pid))).toEqual([true, true]);
  for (const kind of ['mutex', 'next'])
    await eventually('no lock is at Redis', async () =>
      (await site.redis.ask(`KEYS hindsight:${kind}:*`)).startsWith('*0'),
    );
  await eventually(
    `no more than ${files + SOME_FILES} files are open`,
    () => vitalsOf(site.proxy(0).pid).files <= files + SOME_FILES,
    120_000,
  );
}

function progress(
  { requests, kept, wrong }: Ledger,
  start: number,
  happened: readonly string[],
): string {
  const seconds = Math.round((Date.now() - start) / 1000);
  return `soak, ${seconds} s: ${requests} requests, ${kept.size} acknowledged to keep, ${happened.length} disasters, ${wrong.length} wrong`;
}

function tell(line: string): void {
  if (IS_LONG) process.stderr.write(`${line}\n`);
}
