import type { Client } from '../../clients/client';
import type { Gap, Gate } from './gate';
import type { Next, Operation } from './operations';
import { Place, StrictClient, type Seen } from './place';
import type { Step } from './steps';
import {
  bodyAfterPost,
  hasIds,
  isMarker,
  World,
  type Content,
  type Entry,
  type Versioned,
} from './world';
import { nullOf, type NullAt } from './world_of_dialects';
import { latestIn } from './world_with_ids';

/**
 * A cell of the matrix: an operation, the gap at which it is killed (if any), and what
 * comes next.
 */
export interface Cell {
  readonly operation: Operation;
  readonly gap?: Gap;
  readonly next: Next;
}

/**
 * What a client sees of an object after a cell's last step, and the statuses of the
 * steps.
 */
interface Ending {
  readonly statuses: readonly number[];
  readonly state: Versioned;
  /** With object versioning: the latest version, and the null version. */
  readonly latest?: number | undefined;
  readonly nullAt?: NullAt;
}

/** Milliseconds until an operation that is neither stopped nor answered is given up. */
const PATIENCE = 60_000;

/** Plays a cell, in its own containers. */
export class Run {
  /** Requests that the operation sent to the store, up to its end. */
  requests: readonly string[] = [];
  private answer: Promise<number | 'killed'> = Promise.resolve('killed');
  private readonly problems: string[] = [];
  /**
   * If another version continued: how the end differs from every end under a single
   * version.
   */
  private readonly differences: string[] = [];
  /** The state before the operation, and after it. */
  private readonly before: World;
  private readonly after: World;
  private readonly status: number;

  constructor(
    readonly cell: Cell,
    private readonly id: string,
    private readonly shared: string,
    private readonly store?: Client,
    /**
     * Whether another version continues, which may not understand everything left behind.
     */
    private readonly isMixed = false,
  ) {
    const { mode, objects, before, step } = cell.operation;
    this.before = new World(mode);
    for (const name of objects) for (const each of before) each.foresee(this.before, name);
    this.after = this.before.clone();
    this.status = step.foresee(this.after, objects[0]);
  }

  /** A description of what is wrong; undefined if nothing is. */
  get problem(): string | undefined {
    return this.problems.length === 0 ? undefined : [this.title(), ...this.problems].join('\n    ');
  }

  get differs(): boolean {
    return this.differences.length > 0;
  }

  /** Prepares the state before the operation. */
  async prepare(client: Client): Promise<void> {
    const { mode, objects, before } = this.cell.operation;
    const at = this.place(client);
    await at.create(mode);
    const model = new World(mode);
    for (const name of objects) {
      for (const step of before) {
        const status = await step.send(at, name);
        const expected = step.foresee(model, name);
        if (status !== expected)
          throw new Error(`${step.title} was answered ${status}, and not ${expected}`);
      }
    }
  }

  /** Runs the operation until it stops at its gap or, without a gap, is answered. */
  async begin(client: Client, gate: Gate): Promise<void> {
    const { gap, operation } = this.cell;
    await gate.begin(this.id, gap);
    const response = operation.step.send(this.place(client), operation.objects[0]);
    this.answer = gap ? response.catch(() => 'killed' as const) : response;
    const stopped = gate.stopped(this.id).then(() => 'stopped' as const);
    const end = await orTooLate(gap ? Promise.race([stopped, this.answer]) : this.answer);
    this.requests = await gate.passed(this.id);
    const expected = gap ? 'stopped' : this.status;
    if (end !== expected) this.problems.push(`it should have been ${expected}, and was ${end}`);
  }

  /**
   * Checks the state after the kill, takes the next steps, and checks again.
   *
   * @param last the client for the last steps
   */
  async judge(client: Client, last: Client = client): Promise<void> {
    const { operation, gap, next } = this.cell;
    const [at, atLast] = [this.place(client), this.place(last)];
    if (gap && (await this.answer) !== 'killed')
      this.problems.push('it was answered although it was killed');
    const ids = new Map<string, string>();
    for (const name of operation.objects) {
      const seen = await at.look(name);
      this.judgeBetween(name, seen);
      for (const [id, content] of seen.ids ?? []) ids.set(id, content);
    }
    const names = next.isOnce ? operation.objects.slice(0, 1) : operation.objects;
    const statuses: number[][] = [];
    for (const name of names)
      statuses.push([
        ...(await sendAll(at, name, next.steps(operation))),
        ...(await sendAll(atLast, name, lastSteps(next))),
      ]);
    for (const [i, name] of operation.objects.entries()) {
      const { oddities, hidden, latest, nullAt, ids: last = [], ...state } = await at.look(name);
      this.findings.push(...oddities);
      if (hidden > 0 && names.includes(name))
        this.findings.push(`${hidden} things stay that no listing shows`);
      for (const [id, content] of last) {
        const before = ids.get(id) ?? content;
        if (content !== before && content !== bodyAfterPost(before))
          this.problems.push(`${id} was ${before} and is ${content}`);
      }
      this.judgeEnding(name, { statuses: statuses[i] ?? [], state, latest, nullAt });
    }
  }

  fail(error: unknown): void {
    this.problems.push(error instanceof Error ? error.message : String(error));
  }

  private place(client: Client): Place {
    const { isOfDialects } = this.cell.operation;
    return new Place(StrictClient.of(client), this.id, this.shared, {
      store: this.store,
      isOfDialects,
    });
  }

  /** The valid worlds: as if the operation had happened wholly or not at all. */
  private get worlds(): World[] {
    return this.cell.gap ? [this.before, this.after] : [this.after];
  }

  /**
   * Checks the state after the kill. With object versioning it must already be that of
   * one world. In the two modes nothing is lost, nothing is there that nobody wrote, the
   * current object is that of one world, and no marker is beside an object that is not
   * deleted; duplicates are allowed.
   */
  private judgeBetween(name: string, seen: Seen): void {
    if (seen.ids) {
      this.findings.push(...seen.oddities);
      this.judgeAgainst(
        'before what came next',
        this.worlds.map((world) => ending(world, name, [], this.cell.operation)),
        { statuses: [], state: seen, latest: seen.latest, nullAt: seen.nullAt },
        name,
      );
      return;
    }
    const states = this.worlds.map((world) => world.at(name));
    const there = new Set(contentsOf(seen));
    const [first, ...others] = states.map((state) => new Set(contentsOf(state)));
    const allowed = [...(first ?? [])].concat(...others.map((other) => [...other]));
    const certain = [...(first ?? [])].filter((content) =>
      others.every((other) => other.has(content)),
    );
    const lost = certain.filter((content) => !there.has(content));
    const strange = [...there].filter((content) => !allowed.includes(content));
    const possible = states.filter(({ current }) => render(current) === render(seen.current));
    // in stack mode a retracted marker may remain for a moment
    const max =
      this.cell.operation.mode === 'history' ? Math.max(...possible.map(markersIn)) : Infinity;
    const isKept = lost.length === 0 && strange.length === 0 && possible.length > 0;
    if (isKept && markersIn(seen) <= max) return;
    // 0.1.0 writes a marker before its delete, and shows a marker that is unfinished
    const list = isKept ? this.findings : this.problems;
    list.push(
      `${name} before what came next:`,
      ...states.map((state) => `  expected something like  ${describe({ statuses: [], state })}`),
      `  got                      ${describe({ statuses: [], state: seen })}`,
    );
  }

  private judgeEnding(name: string, got: Ending): void {
    const { operation, next } = this.cell;
    const expected = this.worlds.map((world) => {
      const copy = world.clone();
      const names = next.isOnce ? operation.objects.slice(0, 1) : operation.objects;
      const steps = [...next.steps(operation), ...lastSteps(next)];
      const statuses = names.map((each) => steps.map((step) => step.foresee(copy, each)));
      return ending(copy, name, statuses[operation.objects.indexOf(name)] ?? [], operation);
    });
    this.judgeAgainst(`after ${next.title}`, expected, got, name);
  }

  private judgeAgainst(when: string, expected: readonly Ending[], got: Ending, name: string): void {
    const texts = new Set(expected.map(describe));
    if (texts.has(describe(got))) return;
    const isLoss = this.isMixed && !expected.some(({ state }) => hasAll(got.state, state));
    const findings = isLoss ? this.problems : this.findings;
    findings.push(
      `${name} ${when}:`,
      ...[...texts].map((text) => `  expected  ${text}`),
      `  got       ${describe(got)}`,
    );
  }

  /** The list for findings that are wrong under a single version. */
  private get findings(): string[] {
    return this.isMixed && this.cell.gap ? this.differences : this.problems;
  }

  private title(): string {
    const { operation, gap, next } = this.cell;
    if (!gap) return `${operation.title}, then ${next.title}`;
    const which = gap.side === 'before' ? 'before' : 'after the store had done';
    const done = this.requests.length === 0 ? 'nothing' : this.requests.join(' | ');
    return `${operation.title}, killed ${which} request ${gap.request}, then ${next.title}
    the store had done: ${done}`;
  }
}

function lastSteps({ lastly }: Next): readonly Step[] {
  return lastly ? [lastly] : [];
}

async function sendAll(at: Place, name: string, steps: readonly Step[]): Promise<number[]> {
  const statuses: number[] = [];
  for (const step of steps) statuses.push(await step.send(at, name));
  return statuses;
}

function orTooLate<T>(answer: Promise<T>): Promise<T | 'neither stopped nor answered'> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<'neither stopped nor answered'>((resolve) => {
    timer = setTimeout(() => resolve('neither stopped nor answered'), PATIENCE);
  });
  return Promise.race([answer, tooLate]).finally(() => clearTimeout(timer));
}

/** The bodies of an object and its versions; their metadata may change by a POST. */
function contentsOf({ current, archive }: Versioned): string[] {
  const contents = [...archive, ...(current ? [current] : [])];
  return contents.flatMap((content) => (typeof content === 'object' ? [content.body] : []));
}

/** Whether an object has all contents of another. */
function hasAll(object: Versioned, other: Versioned): boolean {
  const there = new Set(contentsOf(object));
  return contentsOf(other).every((content) => there.has(content));
}

function ending(
  world: World,
  name: string,
  statuses: readonly number[],
  { isOfDialects }: Operation,
): Ending {
  const state = world.at(name);
  if (!hasIds(world.mode)) return { statuses, state };
  return {
    statuses,
    state,
    latest: latestIn(state),
    ...(isOfDialects && { nullAt: nullOf(state) }),
  };
}

function markersIn({ archive }: Versioned): number {
  return archive.filter(isMarker).length;
}

function describe({ statuses, state: { current, archive }, latest, nullAt }: Ending): string {
  const answers = statuses.length === 0 ? '' : `${statuses.join(', ')}; `;
  const entries = archive.map(
    (entry, i) => `${i === latest ? 'latest ' : ''}${i === nullAt ? 'null ' : ''}${render(entry)}`,
  );
  return `${answers}current: ${nullAt === 'itself' ? 'null ' : ''}${render(current)}; archive: ${entries.join(', ') || 'empty'}`;
}

function render(entry: Entry | undefined): string {
  if (entry === undefined) return 'none';
  if (typeof entry === 'string') return '(delete marker)';
  return renderContent(entry);
}

function renderContent({ body, meta }: Content): string {
  return body === meta ? body : `${body} [${meta}]`;
}
