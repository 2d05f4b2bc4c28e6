import type { Answer, Client } from '../../support/clients/client';
import type { Mode } from '../../support/clients/containers';
import { Headers } from '../../../src/http/headers';
import type { FaultyStore } from '../../support/stores/faulty_store';
import { BROKEN, FAULTS, type Injected } from './injected';
import { deleting, look, prepare, putting, statusOf, type Operation, type State } from './scenes';
import { depth } from '../../support/running/depth';

/** One fault in one request of one operation, and the next operation. */
export interface Cell {
  readonly mode: Mode;
  readonly operation: Operation;
  readonly fault: Injected;
  /** The number of the request. */
  readonly at: number;
  readonly request: string;
  /** The operation that follows once the fault has ended. */
  readonly next: Operation;
}

/** Where cells are tried. */
export interface Bench {
  readonly faulty: FaultyStore;
  /** Uses the proxy whose store is `faulty`. */
  readonly client: Client;
  /** Bypasses both. */
  readonly direct: Client;
}

/** The number of cells at once: those with a silent store mostly wait. */
const AT_ONCE = 12;

/** In milliseconds; generous for slow machines. */
const PATIENCE = 90_000;

const NEXT: readonly Operation[] = [putting('next', [], 'a PUT'), deleting([], 'a DELETE')];

/**
 * One in how many cells is tried; all with `FAULTS=all`. A prime, so that every fault
 * gets its turn over the operations.
 */
export const ONE_OF = process.env['FAULTS'] === 'all' ? 1 : depth({ gate: 29, deep: 7 });
/** The number of cells so far, so that similar operations try different faults. */
let count = 0;

/**
 * Returns the cells of an operation: each of its requests with each fault, followed in
 * turn by the same operation, a PUT and a DELETE.
 *
 * @param oneOf takes only one in so many of them
 */
export async function cellsOf(
  bench: Bench,
  mode: Mode,
  operation: Operation,
  oneOf = 1,
): Promise<Cell[]> {
  const scene = await prepare(bench.client, mode, operation.before);
  const { seen, end } = bench.faulty.inject(scene.id, () => undefined);
  await operation.act(scene);
  end();
  const requests = seen.map((request) => request.replaceAll(scene.id, ''));
  let turn = 0;
  const nexts = [operation, ...NEXT];
  const cells = requests.flatMap((request, at) =>
    FAULTS.filter(({ befalls }) => befalls?.(request) ?? true).map((fault) => {
      const next = nexts[turn++ % nexts.length] ?? operation;
      return { mode, operation, fault, at, request, next };
    }),
  );
  const tried = cells.filter(() => count++ % (ONE_OF * oneOf) === 0);
  return tried.length > 0 ? tried : cells.slice(count % cells.length).slice(0, 1);
}

/** Tries cells, several at once; returns what was wrong. */
export async function tryCells(bench: Bench, cells: readonly Cell[]): Promise<string[]> {
  const wrong: string[] = [];
  const queue = [...cells];
  const lane = async () => {
    for (let cell = queue.shift(); cell; cell = queue.shift())
      wrong.push(...(await inTime(tryCell(bench, cell), cell)));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  return wrong;
}

/** Whatever fails, a response must arrive, and the next operation must get the lock. */
async function inTime(tried: Promise<string[]>, cell: Cell): Promise<string[]> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<string[]>((resolve) => {
    timer = setTimeout(
      () => resolve([`${title(cell)}: not over in ${PATIENCE / 1000} s`]),
      PATIENCE,
    );
  });
  try {
    return await Promise.race([tried, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Tries a cell; returns what was wrong with it. */
export async function tryCell(bench: Bench, cell: Cell): Promise<string[]> {
  const { operation, mode, fault } = cell;
  const scene = await prepare(bench.client, mode, operation.before);
  const before = await look(bench.direct, scene);
  const injection = bench.faulty.inject(scene.id, fault.rule(cell.at));
  const answer = await operation.act(scene).catch(noAnswer).finally(injection.end);
  const done = operation.model(mode, before);
  const status = statusOf(answer);
  const wrong = judgeAnswer(cell, answer, done.statuses);

  const between = await look(bench.direct, scene);
  const isDone = done.statuses.includes(status) && !fault.befalls;
  const isRefused = !isDone && status < 500;
  const possible = isDone ? [done.state] : isRefused ? [before] : [before, done.state];
  wrong.push(...judgeBetween(between, possible));

  const answered = await cell.next.act(scene);
  const after = await look(bench.direct, scene);
  wrong.push(...judgeAfter(cell, possible, statusOf(answered), after));
  if (wrong.length === 0) return [];
  return [`${title(cell)}: answered ${status}, then ${show(between)}; ${wrong.join('; ')}`];
}

/** The client's response is cut short if the store's is. */
function noAnswer(): Answer {
  return { status: 503, headers: Headers.of({ 'Retry-After': '1' }), body: Buffer.alloc(0) };
}

function judgeAnswer({ fault }: Cell, answer: Answer, expected: readonly number[]): string[] {
  const status = statusOf(answer);
  if (expected.includes(status)) return [];
  if (fault.harmless) return [`answered ${status} though nothing failed`];
  // the store's own response to the client's own request is passed on unchanged
  if (status < 500 || answer.status === 200 || answer.body.toString() === BROKEN) return [];
  if (status !== 503) return [`answered ${status}: ${answer.body.toString()}`];
  return answer.headers.has('retry-after') ? [] : ['503 without Retry-After'];
}

/**
 * Between fault and next operation duplicates are allowed, but nothing may be missing.
 */
function judgeBetween(between: State, possible: readonly State[]): string[] {
  const wrong: string[] = [];
  if (!possible.some(({ current }) => current === between.current))
    wrong.push('another object is current');
  const there = all(between);
  const needed = possible
    .map(all)
    .reduce((some, others) => some.filter((each) => others.includes(each)));
  const missing = needed.filter((each) => each !== '<marker>' && !there.includes(each));
  if (missing.length > 0) wrong.push(`lost ${missing.join(', ')}`);
  return wrong;
}

function judgeAfter(
  { mode, next }: Cell,
  possible: readonly State[],
  status: number,
  after: State,
): string[] {
  const outcomes = possible.map((state) => next.model(mode, state));
  const fits = outcomes.some(
    ({ state, statuses }) => show(state) === show(after) && statuses.includes(status),
  );
  if (fits) return [];
  const expected = outcomes.map(({ state, statuses }) => `${statuses.join('/')} ${show(state)}`);
  return [
    `${next.name} answered ${status} and left ${show(after)} instead of ${expected.join(' or ')}`,
  ];
}

function all({ current, archive }: State): string[] {
  return current === undefined ? [...archive] : [current, ...archive];
}

function show({ current, archive }: State): string {
  const short = (text: string) =>
    text.length > 12 ? `${text.slice(0, 8)}... (${text.length})` : text;
  return `${current === undefined ? 'nothing' : short(current)} [${archive.map(short).join(', ')}]`;
}

function title({ mode, operation, fault, at, request, next }: Cell): string {
  return `${operation.name} (${mode}), request ${at} (${request}): ${fault.name}, then ${next === operation ? 'the same' : next.name}`;
}
