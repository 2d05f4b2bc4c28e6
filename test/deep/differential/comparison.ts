import { isDeepStrictEqual } from 'node:util';
import { readContents, type Contents } from './contents';
import type { Difference } from './differences';
import { removeLeftover } from './leftovers';
import type { Observation } from './observe';
import { ROLES } from './places';
import { Side, type Endpoint } from './side';
import { showStep, type Sequence, type Step } from './steps';
import type { Unsent } from './unsent';

/** The two servers that must behave alike, and how closely. */
export interface Compared {
  readonly reference: Endpoint;
  readonly ours: Endpoint;
  /**
   * Whether they store objects in different places, so that container names may coincide.
   */
  readonly apart: boolean;
  readonly bodiesOfErrors: boolean;
  /** The accepted differences. */
  readonly differences: readonly Difference[];
  readonly unsent: readonly Unsent[];
}

/** How often each difference was accepted, and how many steps were compared. */
export interface Tally {
  steps: number;
  readonly statuses: Map<string, number>;
  readonly differences: Map<string, number>;
}

export function newTally(): Tally {
  return { steps: 0, statuses: new Map(), differences: new Map() };
}

/** Thrown if the two sides answer a step differently. */
export class StepDiffers extends Error {
  /** @param count the number of steps sent, including this one */
  constructor(
    readonly count: number,
    step: Step,
    cause: unknown,
  ) {
    super(
      `step ${count}: ${showStep(step)}\n${cause instanceof Error ? cause.message : String(cause)}`,
      {
        cause,
      },
    );
  }
}

let sequencesBegun = 0;

/**
 * Sends a sequence to both sides, to separate containers.
 *
 * @param options `run`: five characters that make container names unique to this run;
 * `owner`: only tester acts; `ids` above 0: containers whose versions have ids exist
 * @throws if the sides answer a step differently, or if the contents differ at the end
 */
export async function compareSequence(
  compared: Compared,
  { names, steps }: Sequence,
  { run, owner, ids }: { readonly run: string; readonly owner: boolean; readonly ids: number },
  tally: Tally,
): Promise<void> {
  const number = String(sequencesBegun++).padStart(5, '0');
  const { reference, ours, apart, bodiesOfErrors } = compared;
  const left = new Side(reference, `dv${run}a${number}`, names, bodiesOfErrors);
  const right = new Side(ours, `dv${run}${apart ? 'a' : 'b'}${number}`, names, bodiesOfErrors);
  for (const [role, { account, ...rest }] of Object.entries(ROLES)) {
    const headers = (owner ? rest.headersForTester : undefined) ?? rest.headers;
    if (headers === undefined || (rest.ids && ids === 0)) continue;
    const user = account === 'test' ? 'tester' : 'tester2';
    const step: Step = { user, account, method: 'PUT', path: `/{${role}}`, headers };
    await compareStep(compared, left, right, step, tally);
  }
  for (const [i, step] of steps.entries()) {
    const unsent = await firstOf(compared.unsent, (each) => each.concerns(step, left));
    if (unsent !== undefined) {
      count(tally.differences, unsent.name);
      continue;
    }
    try {
      await compareStep(compared, left, right, step, tally);
    } catch (error) {
      throw new StepDiffers(i + 1, step, error);
    }
    tally.steps++;
  }
  compareContents(await Promise.all([readContents(left), readContents(right)]));
}

async function compareStep(
  { differences }: Compared,
  left: Side,
  right: Side,
  step: Step,
  tally: Tally,
): Promise<void> {
  const counts = [left, right].map((side) => side.normaliser.seen);
  const [theirs, ours] = await Promise.all(
    [left, right].map(async (side) => {
      const answer = await side.send(step);
      return { answer, seen: side.normaliser.answer(answer) };
    }),
  );
  if (theirs === undefined || ours === undefined) throw new Error('two sides give two answers');
  count(tally.statuses, `${step.method} ${theirs.seen.status}`);
  if (!isDeepStrictEqual(theirs.seen, ours.seen)) {
    const divergence = { step, swift: theirs.seen, hindsight: ours.seen, side: left };
    const explanation = await firstOf(differences, (each) => each.explains(divergence));
    if (explanation === undefined) {
      const reason =
        ours.seen.status >= 400
          ? `\nours said: ${ours.answer.body.toString('utf8').slice(0, 300)}`
          : '';
      throw new Error(difference(theirs.seen, ours.seen) + reason);
    }
    count(tally.differences, explanation.name);
    [left, right].forEach((side, i) => side.normaliser.forgetSince(counts[i] ?? 0));
  }
  if (theirs.seen.status >= 400) await removeLeftover(left, step, theirs.answer);
}

function count(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}

async function firstOf<T>(
  items: readonly T[],
  test: (item: T) => Promise<boolean> | boolean,
): Promise<T | undefined> {
  for (const item of items) if (await test(item)) return item;
  return undefined;
}

function compareContents([left, right]: readonly [Contents, Contents]): void {
  const places = new Set([...Object.keys(left), ...Object.keys(right)]);
  const lines: string[] = [];
  for (const place of places) {
    const [theirs, ours] = [left[place], right[place]];
    if (isDeepStrictEqual(theirs, ours)) continue;
    if (!theirs) lines.push(`${place}: only with us: ${short(ours)}`);
    else if (!ours) lines.push(`${place}: only with Swift: ${short(theirs)}`);
    else lines.push(`${place}:\n${difference(theirs, ours)}`);
  }
  if (lines.length > 0) throw new Error(`in the end the contents differ\n${lines.join('\n')}`);
}

function short(observation: Observation | undefined): string {
  return JSON.stringify(observation).slice(0, 400);
}

/** Returns the fields that differ, the reference first. */
function difference(theirs: Observation, ours: Observation): string {
  const lines: string[] = [];
  const add = (what: string, swift: string | undefined, hindsight: string | undefined) => {
    if (swift === hindsight) return;
    const from = Math.max(0, firstDifference(swift ?? '', hindsight ?? '') - CONTEXT);
    lines.push(`  ${what}: Swift ${clip(swift, from)}, Hindsight ${clip(hindsight, from)}`);
  };
  add('status', String(theirs.status), String(ours.status));
  for (const name of new Set([...Object.keys(theirs.headers), ...Object.keys(ours.headers)]))
    add(name, theirs.headers[name], ours.headers[name]);
  add('body', theirs.body, ours.body);
  return lines.join('\n');
}

/** The context shown before a difference, and the maximum length of what is shown. */
const CONTEXT = 300;
const MAX_SHOWN = 1500;

function firstDifference(one: string, other: string): number {
  let at = 0;
  while (at < one.length && one[at] === other[at]) at++;
  return at;
}

function clip(value: string | undefined, from: number): string {
  if (value === undefined) return 'nothing';
  const text = JSON.stringify(value.slice(from, from + MAX_SHOWN));
  return `${from > 0 ? '...' : ''}${text}${value.length > from + MAX_SHOWN ? `... (${value.length})` : ''}`;
}
