import { randomInt } from 'node:crypto';
import { campaign, type CampaignOptions } from './campaign';
import { compareSequence, newTally, type Compared } from './comparison';
import { REGRESSIONS, REGRESSIONS_WITH_IDS } from './regressions';
import { countFigures } from '../../support/running/figures';
import { partOf } from '../../support/running/depth';

const setting = (name: string, otherwise: number) =>
  Number(process.env[`DIFFERENTIAL_${name}`] ?? otherwise);

/**
 * The same in every run, so that only a change can cause a failure;
 * DIFFERENTIAL_SEED=random explores.
 */
const FIXED_SEED = 20_260_101;
const SEED =
  process.env['DIFFERENTIAL_SEED'] === 'random'
    ? randomInt(1_000_000_000)
    : setting('SEED', FIXED_SEED);
const FAILURES = setting('FAILURES', 1);
const REDUCE_MILLISECONDS = setting('REDUCE', 60_000);

/** How many of ten steps are about versions with ids, if those are compared. */
export const IDS = 8;

/** Returns the milliseconds that a run of `steps` steps may take. */
export const timeFor = (steps: number) => 120_000 + REDUCE_MILLISECONDS * FAILURES + steps * 200;

/** Returns the number of steps that the environment sets, or else `otherwise`. */
export const stepsOr = (otherwise: number) => setting('STEPS', otherwise);

/**
 * Compares the sequences that once failed, then generated ones until `steps` are
 * compared.
 *
 * @throws with a report of each difference that is not accepted
 */
export async function compareAll(
  compared: Compared,
  { owner, workshop, ids, steps }: Pick<CampaignOptions, 'owner' | 'workshop' | 'ids' | 'steps'>,
): Promise<void> {
  const run = randomInt(36 ** 5)
    .toString(36)
    .padStart(5, '0');
  const regressions = ids > 0 ? REGRESSIONS_WITH_IDS : REGRESSIONS;
  // in the gate, the owner's campaigns run other sequences than the rest
  for (const sequence of partOf(regressions, { oneOf: 9, from: Number(owner) }))
    await compareSequence(compared, sequence, { run, owner, ids }, newTally());
  const { tally, reports } = await campaign(compared, {
    seed: SEED,
    owner,
    workshop,
    ids,
    steps,
    failures: FAILURES,
    reduceMilliseconds: REDUCE_MILLISECONDS,
    run,
  });
  const differences = [...tally.differences].map(([name, times]) => `${name}: ${times}`).join(', ');
  countFigures(`differential, ${expect.getState().currentTestName ?? ''}`, {
    steps: tally.steps,
    'the first seed': SEED,
  });
  if (process.env['DIFFERENTIAL_STATUSES']) {
    const statuses = JSON.stringify(Object.fromEntries([...tally.statuses].sort()));
    process.stdout.write(`${statuses}; let pass: ${differences}\n`);
  }
  if (reports.length > 0) throw new Error(reports.join('\n\n'));
  expect(tally.steps).toBeGreaterThanOrEqual(steps);
}
