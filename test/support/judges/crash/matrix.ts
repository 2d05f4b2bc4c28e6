import { randomBytes } from 'node:crypto';
import type { Client } from '../../clients/client';
import { login } from '../../servers/embedded';
import type { Gap } from './gate';
import { nextsAfter, OPERATIONS, thenPut, type Next, type Operation } from './operations';
import { Place } from './place';
import { Run, type Cell } from './run';
import { createShared } from './steps';
import type { Stage, Victim } from './stages';

/** Number of cells that one kill ends. */
const AT_ONCE = 64;

/** Kills between two lines of progress. */
const BATCHES_A_LINE = 10;

/** How much of the matrix to play. */
export interface Extent {
  /**
   * Number of next steps to try after a gap that follows a change; other gaps get one.
   */
  readonly nexts: number;
  /**
   * Which operations of filters for other APIs to play: all of them; only gaps that
   * follow a change, with one next step each; or none.
   */
  readonly dialects: 'all' | 'changes' | 'none';
  /** One in `operations` operations is killed, at one in `gaps` of its gaps. */
  readonly operations: number;
  readonly gaps: number;
  /** Number of cells at work at once. */
  readonly lanes: number;
}

/** Whether the whole matrix was requested. */
export const IS_WHOLE = process.env['CRASH_MATRIX'] === 'all';

/** The operations to kill. */
export function operationsIn({ dialects, operations }: Extent): readonly Operation[] {
  if (IS_WHOLE) return OPERATIONS;
  return OPERATIONS.filter(({ isOfDialects }) => dialects !== 'none' || !isOfDialects).filter(
    (_, i) => i % operations === 0,
  );
}

/**
 * Plays the matrix on a stage, and collects the problems of each operation by its title.
 */
export class Matrix {
  readonly problems = new Map<string, string[]>();
  cells = 0;
  kills = 0;
  /**
   * Cells in which two versions of Hindsight lost nothing, but ended differently than one
   * version does.
   */
  differing = 0;
  private readonly prefix = `crash-${randomBytes(4).toString('hex')}-`;
  private victim: Victim | undefined;
  private client: Client | undefined;
  private readonly operations: readonly Operation[];

  constructor(
    private readonly stage: Stage,
    private readonly extent: Extent,
  ) {
    this.operations = operationsIn(extent);
  }

  async play(): Promise<void> {
    try {
      await this.start();
      await createShared(new Place(this.running.client, '', this.shared));
      const whole = await this.playBatch(
        this.operations.flatMap((operation, i) =>
          this.nextsOf(operation, i, false).map((next) => ({ operation, next })),
        ),
      );
      const killed = this.operations.flatMap((operation, i) => {
        const requests = whole.find(({ cell }) => cell.operation === operation)?.requests ?? [];
        const gaps = gapsIn(requests).filter(
          ({ isChanged }) => isChanged || !this.isBrief(operation),
        );
        const played = gaps.filter((_, j) => IS_WHOLE || (i + j) % this.extent.gaps === 0);
        return played.flatMap(({ gap, isChanged }, j) =>
          this.nextsOf(operation, i + j, isChanged).map((next) => ({ operation, gap, next })),
        );
      });
      for (let at = 0; at < killed.length; at += AT_ONCE) {
        await this.playBatch(killed.slice(at, at + AT_ONCE));
        this.reportProgress(at, killed.length);
      }
    } finally {
      await this.victim?.kill();
    }
  }

  private isBrief({ isOfDialects }: Operation): boolean {
    return isOfDialects && this.extent.dialects === 'changes' && !IS_WHOLE;
  }

  /**
   * Takes next steps in turn. After a change, always includes the first, which is the
   * most telling, and some of the others.
   */
  private nextsOf(operation: Operation, turn: number, isChanged: boolean): Next[] {
    const nexts = nextsAfter(operation).flatMap((next, i) => this.variantsOf(next, turn + i));
    if (IS_WHOLE) return nexts;
    if (!isChanged || this.isBrief(operation)) return turned(nexts, turn).slice(0, 1);
    const others = this.extent.nexts - 1;
    return [...nexts.slice(0, 1), ...turned(nexts.slice(1), turn * others).slice(0, others)];
  }

  /**
   * Runs cells up to their gaps, kills the process once for all of them, and judges how
   * the next process continues.
   */
  private async playBatch(cells: readonly Cell[]): Promise<readonly Run[]> {
    const { gate, client, store } = this.running;
    const isMixed = this.stage.succeed !== undefined;
    const runs = cells.map(
      (cell) => new Run(cell, `${this.prefix}${this.cells++}`, this.shared, store, isMixed),
    );
    await this.inLanes(runs, (run) => run.prepare(client));
    await this.inLanes(runs, (run) => run.begin(client, gate));
    if (cells.some(({ gap }) => gap)) await this.judgeAfterKill(runs);
    else await this.inLanes(runs, (run) => run.judge(this.running.client));
    this.differing += runs.filter(({ differs }) => differs).length;
    for (const { cell, problem } of runs) {
      const list = this.problems.get(cell.operation.title) ?? [];
      this.problems.set(cell.operation.title, problem === undefined ? list : [...list, problem]);
    }
    return runs;
  }

  /** The whole matrix takes hours. */
  private reportProgress(at: number, length: number): void {
    if (!IS_WHOLE || (at / AT_ONCE) % BATCHES_A_LINE !== 0) return;
    const problems = [...this.problems.values()].flat().length;
    process.stderr.write(`crash matrix: ${at} of ${length} cells, ${problems} problems\n`);
  }

  /**
   * If another version continues after a kill, every other next step is followed by a
   * write of a process of the killed version.
   */
  private variantsOf(next: Next, turn: number): Next[] {
    if (!this.stage.succeed) return [next];
    if (IS_WHOLE) return [next, thenPut(next)];
    return [turn % 2 === 0 ? next : thenPut(next)];
  }

  private async judgeAfterKill(runs: readonly Run[]): Promise<void> {
    await this.victim?.kill();
    this.kills++;
    const successors = await this.stage.succeed?.();
    if (!successors) {
      await this.start();
      await this.inLanes(runs, (run) => run.judge(this.running.client));
      return;
    }
    try {
      const [next, last] = await Promise.all(successors.map(loggedIn));
      if (next) await this.inLanes(runs, (run) => run.judge(next, last));
    } finally {
      await Promise.all(successors.map((successor) => successor.kill()));
    }
    await this.start();
  }

  private async start(): Promise<void> {
    this.victim = await this.stage.start();
    this.client = await loggedIn(this.victim);
  }

  private get running(): { gate: Victim['gate']; client: Client; store: Client | undefined } {
    if (!this.victim || !this.client) throw new Error('nothing runs');
    const { gate, store } = this.victim;
    return {
      gate,
      client: this.client,
      store: store === undefined ? undefined : this.client.at(store),
    };
  }

  private get shared(): string {
    return `${this.prefix}shared`;
  }

  private async inLanes(runs: readonly Run[], work: (run: Run) => Promise<void>): Promise<void> {
    const left = [...runs];
    const lane = async () => {
      for (let run = left.shift(); run; run = left.shift()) {
        try {
          if (run.problem === undefined) await work(run);
        } catch (error) {
          run.fail(error);
        }
      }
    };
    await Promise.all(Array.from({ length: this.extent.lanes }, lane));
  }
}

function loggedIn({ url }: Victim): Promise<Client> {
  return login(url, 'test:tester', 'testing');
}

function turned<T>(list: readonly T[], by: number): T[] {
  const from = by % list.length;
  return [...list.slice(from), ...list.slice(0, from)];
}

/**
 * The gaps of an operation: before each of its requests and before its response; for the
 * whole matrix, all of them also from the other side. `isChanged` is whether the request
 * before the gap changes something.
 */
function gapsIn(requests: readonly string[]): { gap: Gap; isChanged: boolean }[] {
  const isChange = (request = 'GET') => !/^(GET|HEAD) | \(may the client\?\)$/.test(request);
  const before = requests.map((_, i) => ({
    gap: { side: 'before', request: i + 1 } as const,
    isChanged: i > 0 && isChange(requests[i - 1]),
  }));
  const after = requests.map((request, i) => ({
    gap: { side: 'after', request: i + 1 } as const,
    isChanged: isChange(request),
  }));
  return IS_WHOLE ? [...before, ...after] : [...before, ...after.slice(-1)];
}
