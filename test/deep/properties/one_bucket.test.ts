import fc from 'fast-check';
import { OneBucket, type Api } from '../../support/judges/buckets/driven_by_four';
import { fourSpeakers } from '../../support/clients/dialects/four';
import { describeS3, STORES_OF_DEPTH } from '../../support/servers/s3_endpoint';
import { steps, type Step } from '../../support/judges/buckets/steps';
import { countFigures } from '../../support/running/figures';
import { depth } from '../../support/running/depth';

/**
 * The maximum number of sequences, and of milliseconds to spend on them. A failure prints
 * the seed and the path that repeat it.
 */
const RUNS = Number(process.env['DIALECTS_RUNS'] ?? depth({ gate: 1, deep: 300 }));
const TIME = Number(process.env['DIALECTS_TIME'] ?? 90_000);
/** The same in each run of the gate; a random one in deep runs. */
const SEED = process.env['DIALECTS_SEED'] ?? depth({ gate: '20260101', deep: undefined });
const PATH = process.env['DIALECTS_PATH'];

const apis = fc.array(fc.constantFrom<Api>('swift', 's3', 'cos', 'qs'), {
  minLength: 25,
  maxLength: 25,
});
const limits = fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 25, maxLength: 25 });

/** Random operations, each through a random API, on one bucket, against one model. */
describeS3(
  'one bucket through all four APIs',
  (store) => {
    let count = 0;

    it(
      'is the same in each: listings, ids, markers, contents and settings',
      async () => {
        const run = async (
          sequence: readonly Step[],
          through: readonly Api[],
          pages: readonly number[],
        ) => {
          const four = await fourSpeakers(
            store.endpoint,
            `four-${Date.now()}-${++count}-1250000000`,
          );
          await four[through[0] ?? 's3'].create();
          const bucket = new OneBucket(four);
          for (const [i, step] of sequence.entries())
            await bucket.take(
              through[i % through.length] ?? 's3',
              step,
              pages[i % pages.length] ?? 1000,
            );
          await bucket.compare();
        };
        const [seed, path] = [
          SEED === undefined ? {} : { seed: Number(SEED) },
          PATH === undefined ? {} : { path: PATH },
        ];
        const property = fc.asyncProperty(steps, apis, limits, run);
        const plugins = [fc.interruptAfterTimeLimit(TIME)];
        await fc.assert(property, { numRuns: RUNS, plugins, ...seed, ...path });
        countFigures(`one bucket in four APIs, ${store.name}`, { sequences: count });
      },
      TIME + 600_000,
    );
  },
  STORES_OF_DEPTH,
);
