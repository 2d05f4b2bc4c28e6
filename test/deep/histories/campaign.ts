import { randomInt } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pause } from '../../support/running/eventually';
import { isRight, judge } from './check';
import type { History } from './history';
import { NoEndOfSearch } from './linearize';
import { planOf, type Plan } from './plan';
import { Recorder, type Place } from './record';
import { report } from './report';
import { judge as judgeWithIds, report as reportWithIds } from './with_ids/check';
import type * as withIds from './with_ids/history';
import { planOf as planWithIdsOf } from './with_ids/plan';
import { Recorder as RecorderWithIds } from './with_ids/record';
import { countFigures } from '../../support/running/figures';

const setting = (name: string, otherwise: number) => Number(process.env[name] ?? otherwise);

/** Fixed, so that only a change can cause a failure; HISTORIES_SEED=random explores. */
const FIXED_SEED = 20_260_101;
const SEED =
  process.env['HISTORIES_SEED'] === 'random'
    ? randomInt(1_000_000_000)
    : setting('HISTORIES_SEED', FIXED_SEED);
/** How often each plan is run: what overlaps differs each time. */
const REPEAT = setting('HISTORIES_REPEAT', 1);
/** The number of wrong histories after which a run stops. */
const FAILURES = setting('HISTORIES_FAILURES', 1);
/** Histories at once, in separate containers; they disturb each other's timing. */
const AT_ONCE = 4;
/**
 * Requests that a client did not wait for have ended if nothing changed for `QUIET`
 * milliseconds; and how often to check.
 */
const QUIET = 200;
const LOOKS = 15;

/** Returns the number of histories that the environment sets, or else `otherwise`. */
export const historiesOr = (otherwise: number) => setting('HISTORIES', otherwise);

/** Returns the milliseconds that a run of `histories` histories may take. */
export const timeFor = (histories: number) => 120_000 + histories * REPEAT * 2000;

/**
 * Records `count` histories of consecutive seeds, and judges each.
 * @throws with a report of each that is wrong
 */
export function recordAndJudge(
  place: Place,
  count: number,
  change = (plan: Plan) => plan,
): Promise<void> {
  return campaign<History>(place, count, {
    record: (seed) => new Recorder(place, change(planOf(seed))),
    isRight,
    problemIn: (history) => {
      const problem = judge(history);
      return problem && report(problem, history, saved(history));
    },
  });
}

/** The same in containers with ids. */
export function recordAndJudgeWithIds(place: Place, count: number): Promise<void> {
  return campaign<withIds.History>(place, count, {
    record: (seed) => new RecorderWithIds(place, planWithIdsOf(seed)),
    isRight: (history) => judgeWithIds(history).length === 0,
    problemIn: (history) => {
      const lines = judgeWithIds(history);
      return lines.length === 0 ? undefined : reportWithIds(lines, history, saved(history));
    },
  });
}

/** One kind of histories. */
interface Kind<H> {
  record(seed: number): { run(): Promise<void>; history(): Promise<H> };
  isRight(history: H): boolean;
  problemIn(history: H): string | undefined;
}

type AnyHistory = History | withIds.History;

async function campaign<H extends AnyHistory>(
  place: Place,
  count: number,
  kind: Kind<H>,
): Promise<void> {
  const seeds = Array.from({ length: count * REPEAT }, (_, i) => SEED + Math.floor(i / REPEAT));
  const histories: H[] = [];
  const reports: string[] = [];
  const worker = async () => {
    for (
      let seed = seeds.shift();
      seed !== undefined && reports.length < FAILURES;
      seed = seeds.shift()
    ) {
      const history = await recordOne(kind, seed);
      histories.push(history);
      const problem = problemIn(kind, history);
      if (problem !== undefined) reports.push(problem);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  countFigures(`histories ${place.name}`, { histories: histories.length, 'the first seed': SEED });
  if (process.env['HISTORIES_ANSWERS'])
    process.stdout.write(`${place.name}: ${answersIn(histories)}\n`);
  if (reports.length > 0) throw new Error(reports.join('\n\n'));
  expect(histories).toHaveLength(count * REPEAT);
}

/**
 * Records the history of a seed. Reads the final state until it is right, since some
 * requests may still be running.
 */
async function recordOne<H>(kind: Kind<H>, seed: number): Promise<H> {
  const recorder = kind.record(seed);
  await recorder.run();
  for (let look = 1; look < LOOKS; look++) {
    const history = await recorder.history();
    const verdict = soFar(kind, history);
    if (verdict === 'right') return history;
    if (verdict === 'no end') break;
    await pause(QUIET);
  }
  await pause(LOOKS * QUIET);
  return recorder.history();
}

/**
 * An incomplete final state may have no explanation, which takes longest to find out, so
 * such a search is not repeated.
 */
function soFar<H>(kind: Kind<H>, history: H): 'right' | 'wrong' | 'no end' {
  try {
    return kind.isRight(history) ? 'right' : 'wrong';
  } catch (error) {
    if (error instanceof NoEndOfSearch) return 'no end';
    throw error;
  }
}

/** Returns what is wrong with a history, or that the search did not end. */
function problemIn<H extends AnyHistory>(kind: Kind<H>, history: H): string | undefined {
  try {
    return kind.problemIn(history);
  } catch (error) {
    if (!(error instanceof NoEndOfSearch)) throw error;
    return `${error.message}; the history of seed ${history.seed} is in ${saved(history)}`;
  }
}

type Answered = { readonly call: { readonly do: string }; readonly status?: number };

/** Counts how often each kind of request got each response. */
function answersIn(histories: readonly AnyHistory[]): string {
  const times = new Map<string, number>();
  const all = histories.flatMap((history): readonly Answered[] => history.operations);
  for (const { call, status } of all) {
    const kind = `${call.do} ${status ?? 'unanswered'}`;
    times.set(kind, (times.get(kind) ?? 0) + 1);
  }
  return [...times]
    .sort()
    .map((each) => each.join(': '))
    .join(', ');
}

/** Saves a wrong history in a file. */
function saved(history: AnyHistory): string {
  const file = join(mkdtempSync(join(tmpdir(), 'hindsight-history-')), `${history.seed}.json`);
  writeFileSync(file, JSON.stringify(history, undefined, 1));
  return file;
}
