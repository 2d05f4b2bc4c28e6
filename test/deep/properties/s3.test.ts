import fc from 'fast-check';
import type { S3Client } from '@aws-sdk/client-s3';
import { describeS3 } from '../../support/servers/s3_endpoint';
import { Bucket } from '../../support/judges/buckets/driven';
import { sdkAt } from '../../support/clients/s3/sdk';
import type { Step } from '../../support/judges/buckets/steps';
import { steps } from '../../support/judges/buckets/steps';
import { countFigures } from '../../support/running/figures';
import { depth } from '../../support/running/depth';

/**
 * The maximum number of sequences, and of milliseconds to spend on them.
 * `S3_PROPERTY_SEED` and `S3_PROPERTY_PATH`, which a failure prints, repeat it.
 */
const RUNS = Number(process.env['S3_PROPERTY_RUNS'] ?? depth({ gate: 4, deep: 400 }));
const TIME = Number(process.env['S3_PROPERTY_TIME'] ?? 90_000);
/** The same in each run of the gate; a random one in deep runs. */
const SEED = process.env['S3_PROPERTY_SEED'] ?? depth({ gate: '20260101', deep: undefined });
const PATH = process.env['S3_PROPERTY_PATH'];

/**
 * Random operations on a bucket with versions, compared with the model of AWS at each
 * step.
 */
describeS3('any sequence of operations', (store) => {
  let client: S3Client;
  beforeAll(() => {
    client = sdkAt(store.endpoint);
  });
  afterAll(() => client.destroy());

  store.deviating('null versions get ids')(
    'answers, versions, listings and contents are those of the model',
    async () => {
      let sequences = 0;
      const property = fc.asyncProperty(steps, async (sequence: readonly Step[]) => {
        sequences++;
        const bucket = await Bucket.make(client, store.endpoint);
        for (const step of sequence) await bucket.take(step);
        await bucket.compare();
      });
      const [seed, path] = [
        SEED === undefined ? {} : { seed: Number(SEED) },
        PATH === undefined ? {} : { path: PATH },
      ];
      const plugins = [fc.interruptAfterTimeLimit(TIME)];
      await fc.assert(property, { numRuns: RUNS, plugins, ...seed, ...path });
      countFigures(`properties of S3, ${store.name}`, { sequences });
    },
    TIME + 600_000,
  );
});
