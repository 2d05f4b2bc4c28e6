import { randomBytes } from 'node:crypto';
import type { Client } from '../client';
import { login } from '../embedded';
import type { Gap } from './gate';
import { NEXT, OPERATIONS, type Next, type Operation } from './operations';
import { Place } from './place';
import { Run, type Cell } from './run';
import { createShared } from './steps';
import type { Stage, Victim } from './stages';

/** How many cells one kill ends. */
const AT_ONCE = 64;

/** How much of the matrix is played: every gap in any case. */
export interface Extent {
  /** How many of what may come next come after each gap. */
  readonly nexts: number;
  /** How many cells are at work at once. */
  readonly lanes: number;
}

/** Whether all of the matrix was asked for. */
export const IS_WHOLE = process.env['CRASH_MATRIX'] === 'all';

/** Plays the matrix on a stage; the problems of each operation, by its title. */
export class Matrix {
  readonly problems = new Map<string, string[]>();
  cells = 0;
  kills = 0;
  private readonly prefix = `crash-${randomBytes(4).toString('hex')}-`;
  private victim: Victim | undefined;
  private client: Client | undefined;

  constructor(
    private readonly stage: Stage,
    private readonly extent: Extent,
  ) {}

  async play(): Promise<void> {
    try {
      await this.start();
      await createShared(new Place(this.running.client, '', this.shared));
      const whole = await this.playBatch(
        OPERATIONS.flatMap((operation, i) => this.nextsOf(operation, i).map((next) => ({ operation, next }))),
      );
      const killed = OPERATIONS.flatMap((operation, i) => {
        const requests = whole.find(({ cell }) => cell.operation === operation)?.requests.length ?? 0;
        return gapsIn(requests).flatMap((gap, j) =>
          this.nextsOf(operation, i + j).map((next) => ({ operation, gap, next })),
        );
      });
      for (let at = 0; at < killed.length; at += AT_ONCE)
        await this.playBatch(killed.slice(at, at + AT_ONCE));
    } finally {
      await this.victim?.kill();
    }
  }

  /** The first, which tells most, and some of the others in turn. */
  private nextsOf({ butNot }: Operation, turn: number): Next[] {
    const [first, ...others] = NEXT.filter(({ title }) => !butNot.includes(title));
    const from = (turn * (this.extent.nexts - 1)) % others.length;
    const turned = [...others.slice(from), ...others.slice(0, from)];
    return [first, ...turned].slice(0, this.extent.nexts).filter((next) => next !== undefined);
  }

  /** Has cells come to their gaps, kills the process once for all of them, and judges what the next one makes of it. */
  private async playBatch(cells: readonly Cell[]): Promise<readonly Run[]> {
    const runs = cells.map((cell) => new Run(cell, `${this.prefix}${this.cells++}`, this.shared));
    const { gate, client } = this.running;
    await this.inLanes(runs, (run) => run.prepare(client));
    await this.inLanes(runs, (run) => run.begin(client, gate));
    if (cells.some(({ gap }) => gap)) {
      await this.victim?.kill();
      this.kills++;
      await this.start();
    }
    await this.inLanes(runs, (run) => run.judge(this.running.client));
    for (const { cell, problem } of runs) {
      const list = this.problems.get(cell.operation.title) ?? [];
      this.problems.set(cell.operation.title, problem === undefined ? list : [...list, problem]);
    }
    return runs;
  }

  private async start(): Promise<void> {
    this.victim = await this.stage.start();
    this.client = await login(this.victim.url, 'test:tester', 'testing');
  }

  private get running(): { gate: Victim['gate']; client: Client } {
    if (!this.victim || !this.client) throw new Error('nothing runs');
    return { gate: this.victim.gate, client: this.client };
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

/** The gaps of an operation of so many requests: before each, and before its answer; all of them also from the other side. */
function gapsIn(requests: number): Gap[] {
  const numbers = Array.from({ length: requests }, (_, i) => i + 1);
  const before = numbers.map((request): Gap => ({ side: 'before', request }));
  const after = numbers.map((request): Gap => ({ side: 'after', request }));
  return IS_WHOLE ? [...before, ...after] : [...before, ...after.slice(-1)];
}
