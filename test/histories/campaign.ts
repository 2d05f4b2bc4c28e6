import { randomInt } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pause } from '../support/eventually';
import { judge, type Problem } from './check';
import type { History } from './history';
import { planOf } from './plan';
import { Recorder, type Place } from './record';
import { report } from './report';

const setting = (name: string, otherwise: number) => Number(process.env[name] ?? otherwise);

/** The same in every run, so that a change fails by its own fault only; exploring starts from HISTORIES_SEED=random. */
const FIXED_SEED = 20_260_101;
const SEED =
  process.env['HISTORIES_SEED'] === 'random'
    ? randomInt(1_000_000_000)
    : setting('HISTORIES_SEED', FIXED_SEED);
/** How often each plan is carried out: what overlaps what is different each time. */
const REPEAT = setting('HISTORIES_REPEAT', 1);
/** After so many wrong histories a run stops. */
const FAILURES = setting('HISTORIES_FAILURES', 1);
/** So many histories at once, each in containers of its own, disturb each other's timing. */
const AT_ONCE = 4;
/** What a client began and did not wait for is over when nothing has changed for so long; milliseconds, and how often to look. */
const QUIET = 200;
const LOOKS = 15;

/** As many histories as the environment asks for, or else so many. */
export const historiesOr = (otherwise: number) => setting('HISTORIES', otherwise);

/** How many milliseconds a run of so many histories may take. */
export const timeFor = (histories: number) => 120_000 + histories * REPEAT * 2000;

/**
 * Records so many histories, of consecutive seeds, and judges each.
 *
 * @throws with a report of each that is wrong
 */
export async function recordAndJudge(place: Place, count: number): Promise<void> {
  const seeds = Array.from({ length: count * REPEAT }, (_, i) => SEED + Math.floor(i / REPEAT));
  const tally = new Map<string, number>();
  const reports: string[] = [];
  let operations = 0;
  const worker = async () => {
    for (let seed = seeds.shift(); seed !== undefined && reports.length < FAILURES; seed = seeds.shift()) {
      const { history, problem } = await recordOne(place, seed);
      operations += history.operations.length;
      for (const { call, status } of history.operations) {
        const kind = `${call.do} ${status ?? 'unanswered'}`;
        tally.set(kind, (tally.get(kind) ?? 0) + 1);
      }
      if (problem) reports.push(report(problem, history, saved(history)));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  const kinds = [...tally].sort().map(([kind, times]) => `${kind}: ${times}`);
  process.stdout.write(
    `histories ${place.name}: ${count * REPEAT - seeds.length}, from seed ${SEED}, of ${operations} operations (${kinds.join(', ')})\n`,
  );
  if (reports.length > 0) throw new Error(reports.join('\n\n'));
}

/** Records the history of a seed; what is found at last is looked at until it is right, since some of it may be still to come. */
async function recordOne(
  place: Place,
  seed: number,
): Promise<{ history: History; problem: Problem | undefined }> {
  const recorder = new Recorder(place, planOf(seed));
  await recorder.run();
  for (let look = 1; ; look++) {
    const history = await recorder.history();
    const problem = judge(history);
    if (!problem || look === LOOKS) return { history, problem };
    await pause(QUIET);
  }
}

/** Keeps a wrong history in a file of its own. */
function saved(history: History): string {
  const file = join(mkdtempSync(join(tmpdir(), 'hindsight-history-')), `${history.seed}.json`);
  writeFileSync(file, JSON.stringify(history, undefined, 1));
  return file;
}
