/**
 * The possible results of a part of an operation, given a state and what the operation
 * knows; none if it cannot happen in that state.
 */
export type Part<S, K> = (state: S, known: K) => readonly (readonly [S, K])[];

/**
 * An operation as the search sees it: parts that happen at separate instants, in order,
 * between its beginning and its end.
 */
export interface Task<S, K, O> {
  readonly operation: O;
  readonly began: number;
  /** Infinity if it may take effect at any time, or never. */
  readonly ended: number;
  readonly parts: readonly Part<S, K>[];
  /**
   * The index of the part that changes nothing and has one outcome, so that it may happen
   * as early as possible; -1 for none.
   */
  readonly observing: number;
}

/** The operations to order, and the goal to reach. */
export interface Question<S, K, O> {
  readonly tasks: readonly Task<S, K, O>[];
  readonly first: S;
  readonly nothing: K;
  /** Equal only for equal states; `keyOfKnown` likewise for what an operation knows. */
  keyOf(state: S): string;
  keyOfKnown(known: K): string;
  isReached(state: S): boolean;
  /** Whether the goal may still be reached by the remaining tasks. */
  isReachable(state: S, isDone: (task: number) => boolean): boolean;
}

/** The result of a search. */
export interface Verdict<S, O> {
  /**
   * The operations that take effect, in an explaining order; undefined if there is none.
   */
  readonly order: readonly O[] | undefined;
  /** Otherwise the longest order that explains its responses, and the state after it. */
  readonly longest: readonly O[];
  readonly reached: S;
  /** The number of nodes searched. */
  readonly nodes: number;
}

/** It is unknown whether a history is right: the search for an order took too long. */
export class NoEndOfSearch extends Error {
  override readonly name = 'NoEndOfSearch';
}

/** More nodes than any history of a sane length needs. */
const MAX_NODES = 2_000_000;

/**
 * Searches for an order in which the operations, each at an instant between its beginning
 * and its end, produce the recorded responses and final state, i.e. whether the history
 * is linearizable (Wing and Gong's search, with Lowe's memory of visited states).
 *
 * @throws NoEndOfSearch
 */
export function linearize<S, K, O>(question: Question<S, K, O>): Verdict<S, O> {
  return new Search(question).run();
}

/** The progress of an operation: the next part, and what it knows. */
interface Progress<K> {
  readonly part: number;
  readonly known: K;
}

interface Node<S, K> {
  readonly state: S;
  readonly progress: readonly Progress<K>[];
}

interface Child<S, K, O> {
  readonly node: Node<S, K>;
  /** The operation that this step completes. */
  readonly operation: O | undefined;
  /** Whether the step excludes no other, so that no alternative needs to be tried. */
  readonly isFree: boolean;
}

class Search<S, K, O> {
  readonly #tried = new Set<string>();
  readonly #order: O[] = [];
  readonly #tasks: readonly Task<S, K, O>[];
  /** Their numbers, soonest end first: the most likely order is tried first. */
  readonly #byEnd: readonly number[];
  #longest: readonly O[] = [];
  #reached: S;
  #nodes = 0;

  constructor(private readonly question: Question<S, K, O>) {
    this.#reached = question.first;
    this.#tasks = question.tasks;
    const ended = (i: number) => this.#tasks[i]?.ended ?? Infinity;
    this.#byEnd = [...this.#tasks.keys()].sort((a, b) =>
      ended(a) < ended(b) ? -1 : Number(ended(a) > ended(b)),
    );
  }

  run(): Verdict<S, O> {
    const { first, nothing } = this.question;
    const progress = this.#tasks.map(() => ({ part: 0, known: nothing }));
    const isFound = this.#visit({ state: first, progress });
    return {
      order: isFound ? [...this.#order] : undefined,
      longest: this.#longest,
      reached: this.#reached,
      nodes: this.#nodes,
    };
  }

  #visit(node: Node<S, K>): boolean {
    const key = this.#key(node);
    if (this.#tried.has(key)) return false;
    this.#tried.add(key);
    if (!this.question.isReachable(node.state, (i) => this.#isDone(node, i))) return false;
    if (++this.#nodes > MAX_NODES)
      throw new NoEndOfSearch(`no end of the search after ${MAX_NODES} nodes`);
    if (this.#order.length > this.#longest.length) {
      this.#longest = [...this.#order];
      this.#reached = node.state;
    }
    const end = this.#earliestEnd(node);
    if (end === Infinity && this.question.isReached(node.state)) return true;

    const ready = this.#byEnd.flatMap((i) =>
      this.#isDone(node, i) || (this.#tasks[i]?.began ?? 0) > end ? [] : this.#children(node, i),
    );
    const atOnce = ready.find(({ isFree }) => isFree);
    return (atOnce ? [atOnce] : ready).some((child) => this.#follow(child));
  }

  #follow({ node, operation }: Child<S, K, O>): boolean {
    if (operation) this.#order.push(operation);
    if (this.#visit(node)) return true;
    if (operation) this.#order.pop();
    return false;
  }

  #children({ state, progress }: Node<S, K>, i: number): Child<S, K, O>[] {
    const task = this.#tasks[i];
    const { part, known } = progress[i] ?? { part: 0, known: this.question.nothing };
    const next = task?.parts[part];
    if (!task || !next) return [];
    const operation = part + 1 === task.parts.length ? task.operation : undefined;
    return next(state, known).map(([after, learnt]) => ({
      node: { state: after, progress: progress.with(i, { part: part + 1, known: learnt }) },
      operation,
      isFree: part === task.observing,
    }));
  }

  /**
   * A later part cannot come next: the operation that ends first would have ended before
   * it.
   */
  #earliestEnd(node: Node<S, K>): number {
    return Math.min(
      Infinity,
      ...this.#tasks.map(({ ended }, i) => (this.#isDone(node, i) ? Infinity : ended)),
    );
  }

  #isDone({ progress }: Node<S, K>, i: number): boolean {
    return (progress[i]?.part ?? 0) >= (this.#tasks[i]?.parts.length ?? 0);
  }

  #key({ state, progress }: Node<S, K>): string {
    const each = progress.map(({ part, known }, i) =>
      part >= (this.#tasks[i]?.parts.length ?? 0)
        ? '.'
        : `${part}${this.question.keyOfKnown(known)}`,
    );
    return `${each.join(' ')} | ${this.question.keyOf(state)}`;
  }
}
