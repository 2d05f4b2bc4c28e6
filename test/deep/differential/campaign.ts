import fc from 'fast-check';
import { compareSequence, newTally, StepDiffers, type Compared, type Tally } from './comparison';
import { sequences } from './generate';
import { reduce } from './reduce';
import { showStep, type Sequence, type Step } from './steps';
import { depth, IS_DEEP } from '../../support/running/depth';

/** The bounds of a run. */
export interface CampaignOptions {
  /** Each sequence has a seed of its own: this one, the next, ... */
  readonly seed: number;
  /** Whether only the owner acts. */
  readonly owner: boolean;
  /** How many of ten steps test what a store answers without any versions. */
  readonly workshop: number;
  /** How many of ten steps are about versions with ids; if 0, no container has them. */
  readonly ids: number;
  /** The minimum number of steps to compare. */
  readonly steps: number;
  /** The number of failing sequences after which to stop. */
  readonly failures: number;
  /** The time to spend on reducing each failing sequence. */
  readonly reduceMilliseconds: number;
  /** Five characters that make container names unique to this run. */
  readonly run: string;
}

const LONGEST = depth({ gate: 20, deep: 100 });

/** The number of sequences compared at once; each has its own containers. */
const AT_ONCE = 2;

/** Compares sequences one after another; returns reports of those that differ. */
export async function campaign(
  compared: Compared,
  options: CampaignOptions,
): Promise<{ readonly tally: Tally; readonly reports: readonly string[] }> {
  const tally = newTally();
  const reports: string[] = [];
  let { seed } = options;
  const inTurn = async (): Promise<void> => {
    while (tally.steps < options.steps && reports.length < options.failures) {
      const report = await compareSeed(compared, options, seed++, tally);
      if (report !== undefined) reports.push(report);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, inTurn));
  return { tally, reports: reports.slice(0, options.failures) };
}

/** Returns a report of how the sequence of a seed failed, if it did. */
async function compareSeed(
  compared: Compared,
  options: CampaignOptions,
  seed: number,
  tally: Tally,
): Promise<string | undefined> {
  const [sequence] = fc.sample(sequences(LONGEST, options), { seed, numRuns: 1 });
  if (sequence === undefined) throw new Error('nothing was generated');
  const { names, steps } = sequence;
  const fails = async (some: readonly Step[], into = newTally()): Promise<Error | undefined> => {
    try {
      await compareSequence(compared, { names, steps: some }, options, into);
      return undefined;
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error));
    }
  };
  const failure = await fails(steps, tally);
  if (failure === undefined) return undefined;
  const reached = failure instanceof StepDiffers ? failure.count : steps.length;
  const few = steps.slice(0, reached);
  const min = await reduce(few, failure, (fewer) => fails(fewer), options.reduceMilliseconds);
  return report(seed, { names, steps: min.items }, min.failure);
}

function report(seed: number, { names, steps }: Sequence, failure: Error): string {
  const used = names.flatMap((name, i) => {
    const isUsed = JSON.stringify(steps).match(new RegExp(`\\{(n|a:|e:\\w:)${i}[:}]`));
    return isUsed ? [`  n${i} = ${name}`] : [];
  });
  return [
    `${IS_DEEP ? 'TEST_DEPTH=deep ' : ''}DIFFERENTIAL_SEED=${seed} shows a difference, reduced to:`,
    ...used,
    ...steps.map((step, i) => `  ${i + 1}. ${showStep(step)}`),
    failure.message,
  ].join('\n');
}
