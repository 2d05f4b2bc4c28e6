import type { History, Operation } from './history';
import { asFound, isReachable, isReached, type Goal } from './goal';
import { emptyState, keyOf, type State } from './model';
import { tasksOf, type Knowledge, type Leniency, type Task } from './tasks';

/** How far the search came. */
export interface Verdict {
  /** An order of the operations, those that take effect, that explains the history; undefined if there is none. */
  readonly order: readonly Operation[] | undefined;
  /** Otherwise: the longest order that explains the answers of its operations, and the state after it. */
  readonly longest: readonly Operation[];
  readonly reached: State;
  /** How many nodes of the search were looked at. */
  readonly nodes: number;
}

/** So many nodes are more than any history of a sane length needs. */
const MOST_NODES = 2_000_000;

/**
 * Looks for an order in which the operations, each at an instant between its beginning and its end, give the answers that were
 * given and leave what was found: whether the history is linearizable (Wing and Gong's search, with Lowe's memory of what was tried).
 *
 * @param goal what it must lead to
 * @throws where the search would take too long
 */
export function search(history: History, leniency: Leniency, goal = asFound(history)): Verdict {
  const first = emptyState(history.initially, Object.keys(history.finally.objects));
  return new Search(tasksOf(history, leniency), first, goal).run();
}

/** How far an operation is: which part comes next, and what it knows. */
interface Progress {
  readonly part: number;
  readonly known: Knowledge;
}

interface Node {
  readonly state: State;
  readonly progress: readonly Progress[];
}

class Search {
  readonly #tried = new Set<string>();
  readonly #order: Operation[] = [];
  #longest: readonly Operation[] = [];
  #reached: State;
  readonly #canPop: boolean;
  #nodes = 0;

  constructor(
    private readonly tasks: readonly Task[],
    private readonly first: State,
    private readonly goal: Goal,
  ) {
    this.#reached = first;
    this.#canPop =
      first.setting === 'stack' ||
      tasks.some(({ operation: { call } }) => call.do === 'set' && call.setting === 'stack');
  }

  run(): Verdict {
    const found = this.#visit({
      state: this.first,
      progress: this.tasks.map(() => ({ part: 0, known: {} })),
    });
    return {
      order: found ? [...this.#order] : undefined,
      longest: this.#longest,
      reached: this.#reached,
      nodes: this.#nodes,
    };
  }

  #visit(node: Node): boolean {
    const key = this.#key(node);
    if (this.#tried.has(key)) return false;
    this.#tried.add(key);
    if (!isReachable(this.goal, node.state, (name) => this.#removals(node, name))) return false;
    if (++this.#nodes > MOST_NODES) throw new Error(`no end of the search after ${MOST_NODES} nodes`);
    if (this.#order.length > this.#longest.length) {
      this.#longest = [...this.#order];
      this.#reached = node.state;
    }
    const end = this.#earliestEnd(node);
    if (end === Infinity && isReached(this.goal, node.state)) return true;

    const ready = this.tasks.flatMap((task, i) =>
      this.#isDone(node, i) || task.began > end ? [] : this.#children(node, i),
    );
    const atOnce = ready.find(({ isFree }) => isFree);
    return (atOnce ? [atOnce] : ready).some((child) => this.#follow(child));
  }

  #follow({ node, operation }: Child): boolean {
    if (operation) this.#order.push(operation);
    if (this.#visit(node)) return true;
    if (operation) this.#order.pop();
    return false;
  }

  #children({ state, progress }: Node, i: number): Child[] {
    const task = this.tasks[i];
    const { part, known } = progress[i] ?? { part: 0, known: {} };
    const next = task?.parts[part];
    if (!task || !next) return [];
    const operation = part + 1 === task.parts.length ? task.operation : undefined;
    return next(state, known).map(([after, learnt]) => ({
      node: { state: after, progress: progress.with(i, { part: part + 1, known: learnt }) },
      operation,
      isFree: part === task.observing,
    }));
  }

  /** No part that begins later than this can come next: that operation would have ended before. */
  #earliestEnd(node: Node): number {
    return Math.min(
      Infinity,
      ...this.tasks.map(({ ended }, i) => (this.#isDone(node, i) ? Infinity : ended)),
    );
  }

  #removals(node: Node, name: string): number {
    const deletions = this.tasks.filter(
      ({ operation: { call } }, i) => call.do === 'delete' && call.object === name && !this.#isDone(node, i),
    );
    return this.#canPop ? 2 * deletions.length : 0;
  }

  #isDone({ progress }: Node, i: number): boolean {
    return (progress[i]?.part ?? 0) >= (this.tasks[i]?.parts.length ?? 0);
  }

  #key({ state, progress }: Node): string {
    const each = progress.map(({ part, known }, i) =>
      part >= (this.tasks[i]?.parts.length ?? 0)
        ? '.'
        : `${part}${known.setting ?? ''}:${known.content ?? ''}`,
    );
    return `${each.join(' ')} | ${keyOf(state)}`;
  }
}

interface Child {
  readonly node: Node;
  /** The operation that is done with this step. */
  readonly operation: Operation | undefined;
  /** It takes nothing from anybody, so nothing else needs to be tried. */
  readonly isFree: boolean;
}
