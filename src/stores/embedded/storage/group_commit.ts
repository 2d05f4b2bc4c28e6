import { statfs } from 'node:fs/promises';
import { constants } from 'node:os';
import { setImmediate } from 'node:timers/promises';
import { ABORT } from 'lmdb';
import { messageOf } from '../../../util/errors';
import { ticksPerSecond } from './records';
import { StorageError } from './storage_error';
import { metaKeys, type Tables } from './tables';

/** A moment of the storage's history: what changes of one commit share. */
export interface Moment {
  /** Ticks, later than every time given before: by any process, before any restart, whatever the clock does. */
  tick(): number;
  /** So many numbers never given before; the first of them. */
  numbers(count: number): number;
  /** Has something done when the commit is on disk, and not if it never is. */
  after(action: () => void): void;
}

/** Reads and writes the tables, and decides; runs again from the start if another change of its commit failed. */
export type Change<T> = (moment: Moment) => T;

interface Job {
  readonly change: Change<unknown>;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
  result?: unknown;
}

/** How many changes may share a commit: bounds how long the others' wait and how large the transaction gets. */
const maxJobs = 1000;

/** Milliseconds that the first change of a commit waits for others at most; a commit takes about as long. */
const longestGathering = 0.5;

/**
 * Commits changes in groups: those that arrive while one commit is being synced share the next, and its sync. A change that throws is
 * rolled back and takes nothing of its group with it.
 */
export class GroupCommit {
  readonly #tables: Tables;
  readonly #owner: number;
  readonly #now: () => number;
  readonly #patience: number;
  #queue: Job[] = [];
  #pumping: Promise<void> | undefined;
  #closed = false;
  #stuck: StorageError | undefined;
  /** How many changes the last commit had. */
  #committed = 0;
  /** How many were in the last commit, or came while it was made. */
  #writers = 0;

  /**
   * @param owner the session under which this process may write
   * @param patience after how many milliseconds a commit is taken to be stuck
   */
  constructor(tables: Tables, owner: number, now: () => number, patience = 60_000) {
    this.#tables = tables;
    this.#owner = owner;
    this.#now = now;
    this.#patience = patience;
  }

  /** Resolves to what the change returned when its commit is on disk. */
  run<T>(change: Change<T>): Promise<T> {
    if (this.#closed) return Promise.reject(new StorageError('closed', 'the storage is closed'));
    if (this.#stuck !== undefined) return Promise.reject(this.#stuck);
    return new Promise<T>((resolve, reject) => {
      this.#queue.push({ change, resolve: resolve as (result: unknown) => void, reject });
      this.#pumping ??= this.#pump();
    });
  }

  /** Takes no more changes; resolves when those before are committed. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#pumping;
  }

  async #pump(): Promise<void> {
    while (this.#queue.length > 0) {
      await this.#gather();
      await this.#commit();
      this.#writers = this.#committed + this.#queue.length;
    }
    this.#pumping = undefined;
  }

  /**
   * Writers who were answered together mostly come back together: the first of them waits a moment for the others, or each round would take
   * two commits, one for the first and one for the rest. A writer alone never waits.
   */
  async #gather(): Promise<void> {
    const until = performance.now() + longestGathering;
    while (this.#queue.length < this.#writers && performance.now() < until && !this.#closed)
      await setImmediate();
  }

  /** Never rejects: what goes wrong is told to the jobs. */
  async #commit(): Promise<void> {
    let jobs: Job[] = [];
    let group: Group | undefined;
    const failure: { job?: Job; error?: unknown } = {};
    try {
      const outcome: unknown = await this.#inTime(() => {
        jobs = this.#queue.splice(0, maxJobs);
        this.#committed = jobs.length;
        this.#checkOwner();
        group = new Group(this.#tables, this.#now);
        for (const job of jobs) {
          try {
            job.result = job.change(group);
          } catch (error) {
            Object.assign(failure, { job, error });
            return ABORT;
          }
        }
        group.save();
        return true;
      });
      if (outcome === ABORT) this.#retry(jobs, failure);
      else settle(jobs, group);
    } catch (error) {
      const reason = await explain(error, this.#tables.folder);
      // If LMDB did not get as far as to take jobs, it will not take any: they must not wait for ever.
      const failed =
        jobs.length > 0 && this.#stuck === undefined ? jobs : [...jobs, ...this.#queue.splice(0)];
      for (const job of failed) job.reject(reason);
    }
  }

  /**
   * After some errors of the disk, LMDB neither commits nor says so, and never will: without a limit every change would wait for ever.
   * Whether a commit that is given up will happen is not known, as when the connection to a server breaks.
   */
  async #inTime(work: () => unknown): Promise<unknown> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise((_, reject) => {
      timer = setTimeout(() => {
        this.#stuck = new StorageError(
          'failed',
          `a commit did not end within ${this.#patience} ms; the server must be restarted`,
        );
        reject(this.#stuck);
      }, this.#patience);
    });
    try {
      const { root, lock } = this.#tables;
      const committed = lock.committing(() => root.childTransaction(work));
      return await Promise.race([committed, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  #retry(jobs: Job[], failure: { job?: Job; error?: unknown }): void {
    failure.job?.reject(failure.error);
    this.#queue.unshift(...jobs.filter((job) => job !== failure.job));
  }

  /** A process that another server has taken the folder from must not write any more, however late it learns of it. */
  #checkOwner(): void {
    if (this.#tables.meta.get(metaKeys.owner) !== this.#owner) {
      throw new StorageError('lost', 'another server has taken the folder over');
    }
  }
}

/** One commit's share of the clock and of the numbers, which it stores at its end. */
class Group implements Moment {
  readonly #tables: Tables;
  readonly #then: (() => void)[] = [];
  readonly #start: { readonly clock: number; readonly next: number };
  #clock: number;
  #next: number;

  /** @param now milliseconds since 1970; where that is behind the last time given, the clock goes on from there */
  constructor(tables: Tables, now: () => number) {
    this.#tables = tables;
    const clock = Math.max(
      tables.meta.get(metaKeys.clock) ?? 0,
      Math.floor((now() * ticksPerSecond) / 1000) - 1,
    );
    this.#start = { clock, next: tables.meta.get(metaKeys.next) ?? 1 };
    this.#clock = clock;
    this.#next = this.#start.next;
  }

  tick(): number {
    return ++this.#clock;
  }

  numbers(count: number): number {
    const first = this.#next;
    this.#next += count;
    return first;
  }

  after(action: () => void): void {
    this.#then.push(action);
  }

  save(): void {
    if (this.#clock > this.#start.clock) this.#tables.meta.putSync(metaKeys.clock, this.#clock);
    if (this.#next > this.#start.next) this.#tables.meta.putSync(metaKeys.next, this.#next);
  }

  committed(): void {
    for (const action of this.#then) action();
  }
}

function settle(jobs: Job[], group: Group | undefined): void {
  group?.committed();
  for (const job of jobs) job.resolve(job.result);
}

/** The storage's error for a failed commit. */
async function explain(thrown: unknown, folder: string): Promise<StorageError> {
  if (thrown instanceof StorageError) return thrown;
  const cause: unknown =
    typeof thrown === 'object' && thrown !== null && 'commitError' in thrown
      ? await Promise.resolve(thrown.commitError).catch((error: unknown) => error)
      : thrown;
  const full = numberOf(cause) === constants.errno.ENOSPC || (await isFull(folder));
  return new StorageError(full ? 'no-space' : 'failed', `could not commit: ${messageOf(cause)}`, {
    cause,
  });
}

/** Where part of a write still fitted, LMDB tells of a full disk as of any broken one. */
async function isFull(folder: string): Promise<boolean> {
  try {
    const { bavail, bsize } = await statfs(folder);
    return bavail * bsize < 2 ** 20;
  } catch {
    return false;
  }
}

function numberOf(thrown: unknown): number | undefined {
  const code: unknown =
    typeof thrown === 'object' && thrown !== null ? Reflect.get(thrown, 'code') : undefined;
  return typeof code === 'number' ? code : undefined;
}
