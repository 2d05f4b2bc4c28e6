import { randomInt } from 'node:crypto';
import type { Client } from '../../support/clients/client';
import { describeWithEarlier } from '../../support/servers/earlier_version';
import { eventually } from '../../support/running/eventually';
import { countFigures } from '../../support/running/figures';
import { describeWithRedis, TestRedis } from '../../support/servers/redis';
import { describeWithSwift, login } from '../../support/servers/swift';
import { Chance } from '../../support/running/chance';
import { Lane, makeContainers, type Containers } from '../soak/lanes';
import { Ledger } from '../soak/ledger';
import { judgeKept, verdict } from '../soak/verdict';
import { BucketLane, BucketLedger, bucketVerdict, makeBuckets, type Buckets } from './buckets';
import { Fleet, type Version } from './fleet';

const SEED = Number(process.env['UPGRADE_SEED'] ?? randomInt(1_000_000));
const LANES = 4;
const BUCKET_LANES = 3;
/** Milliseconds between two changes of the fleet. */
const PEACE = 10_000;

/** The server to replace, the version of its successor, and the signal that ends it. */
type Change = readonly [which: number, version: Version, signal: NodeJS.Signals];

/**
 * What happens while clients write. Each part has its own containers, is judged, and is
 * checked again at the end.
 */
const PARTS: readonly (readonly Change[])[] = [
  [
    [0, 'new', 'SIGTERM'],
    [1, 'old', 'SIGKILL'],
    [1, 'new', 'SIGKILL'],
  ],
  [
    [0, 'old', 'SIGKILL'],
    [1, 'old', 'SIGTERM'],
    [2, 'new', 'SIGKILL'],
    [2, 'new', 'SIGKILL'],
  ],
  [
    [0, 'new', 'SIGTERM'],
    [2, 'old', 'SIGTERM'],
    [1, 'new', 'SIGKILL'],
    [2, 'new', 'SIGTERM'],
  ],
  [[1, 'new', 'SIGKILL']],
];

/** A completed part. */
interface Past {
  readonly containers: Containers;
  readonly ledger: Ledger;
  readonly buckets: Buckets;
  readonly bucketLedger: BucketLedger;
}

describeWithEarlier('a rolling upgrade from 0.1.0, and back, and again', (build) => {
  describeWithRedis('of servers that share a Redis', () => {
    describeWithSwift('over a Swift', ({ plain }) => {
      let redis: TestRedis;
      let fleet: Fleet;
      let direct: Client;
      const past: Past[] = [];
      beforeAll(async () => {
        redis = await TestRedis.start();
        const site = { upstream: plain, redisUrl: redis.url, earlier: build() };
        fleet = await Fleet.start(site, ['old', 'old', 'old']);
        direct = await login(plain, 'tester');
      }, 300_000);
      afterAll(async () => {
        await fleet.stop();
        await redis.stop();
      });

      it.each(PARTS.map((changes, i) => ({ part: i + 1, of: PARTS.length, changes })))(
        'loses nothing, part $part of $of',
        async ({ part, changes }) => {
          const chance = new Chance(SEED + part);
          const done = await load(fleet, direct, chance, () => carryOut(fleet, changes));
          past.push(done);
          const { containers, ledger, buckets, bucketLedger } = done;
          const wrong = [
            ...(await verdict(fleet, direct, containers, ledger)),
            ...(await bucketVerdict(fleet, buckets, bucketLedger)),
          ];
          countFigures(`rolling upgrade, part ${part}`, {
            requests: ledger.requests + bucketLedger.requests,
            'versions that must be there':
              ledger.kept.size + ledger.versions.size + bucketLedger.versions.size,
            seed: SEED,
          });
          if (wrong.length > 0)
            process.stderr.write(`what happened is in ${ledger.writeTrace(SEED)}\n`);
          expect({ seed: SEED, wrong }).toEqual({ seed: SEED, wrong: [] });
        },
        PEACE * 20 + 300_000,
      );

      it('has lost nothing in the end, and left no lock', async () => {
        const wrong: string[] = [];
        for (const { containers, ledger, buckets, bucketLedger } of past)
          wrong.push(
            ...(await judgeKept(fleet, direct, containers, ledger)),
            ...(await bucketVerdict(fleet, buckets, bucketLedger)),
          );
        expect({ seed: SEED, wrong }).toEqual({ seed: SEED, wrong: [] });
        expect(fleet.bugs).toEqual([]);
        for (const kind of ['mutex', 'next'])
          await eventually('no lock is at Redis', async () =>
            (await redis.ask(`KEYS hindsight:${kind}:*`)).startsWith('*0'),
          );
      }, 600_000);
    });
  });
});

/** Lets clients of all kinds write until `befall` is over. */
async function load(
  fleet: Fleet,
  direct: Client,
  chance: Chance,
  befall: () => Promise<void>,
): Promise<Past> {
  const name = `upgrade-${SEED}-${chance.below(2 ** 32)}`;
  const containers = await makeContainers(direct.at(fleet.proxy(0).url), name, LANES);
  const buckets = await makeBuckets(fleet, BUCKET_LANES);
  const [ledger, bucketLedger] = [new Ledger(), new BucketLedger()];
  const newChance = () => new Chance(chance.below(2 ** 32));
  const lanes = [
    ...Array.from({ length: LANES }, (_, i) => new Lane(fleet, containers, ledger, i, newChance())),
    ...Array.from(
      { length: BUCKET_LANES },
      (_, i) => new BucketLane(fleet, buckets, bucketLedger, i, newChance()),
    ),
  ];
  let isOver = false;
  const over = befall().finally(() => (isOver = true));
  await Promise.all([over, ...lanes.map((lane) => lane.run(() => isOver))]);
  return { containers, ledger, buckets, bucketLedger };
}

async function carryOut(fleet: Fleet, changes: readonly Change[]): Promise<void> {
  for (const [which, version, signal] of changes) {
    await new Promise((resolve) => setTimeout(resolve, PEACE));
    await fleet.replace(which, version, signal);
  }
  await new Promise((resolve) => setTimeout(resolve, PEACE));
}
