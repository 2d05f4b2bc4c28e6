import { statfs } from 'node:fs/promises';
import { constants } from 'node:os';
import { setImmediate } from 'node:timers/promises';
import { ABORT } from 'lmdb';
import { messageOf } from '../../../util/errors';
import { ticksPerSecond } from './records';
import { StorageError } from './storage_error';
import { metaKeys, type Tables } from './tables';

/** What the changes of one commit share. */
export interface Commit {
  /**
   * Returns a time in ticks, later than all before: across processes and restarts,
   * whatever the clock does.
   */
  nextTick(): number;
  /** Allocates `count` numbers that were never used before, and returns the first. */
  allocateIds(count: number): number;
  /** Runs an action once the commit is on disk; never if the commit fails. */
  onCommitted(action: () => void): void;
}

/**
 * Reads and changes the tables. Runs again from the start if another change of its commit
 * failed.
 */
export type Change<T> = (moment: Commit) => T;

interface Job {
  readonly change: Change<unknown>;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
  result?: unknown;
}

/**
 * Max changes per commit: bounds the wait of the others and the size of the transaction.
 */
const maxJobs = 1000;

/**
 * Max milliseconds that the first change of a commit waits for others, about the duration
 * of a commit.
 */
const maxGatherTime = 0.5;

/**
 * Commits changes in groups: those that arrive during the sync of one commit share the
 * next commit and its sync. A change that throws is rolled back without affecting the
 * rest of its group.
 */
export class GroupCommit {
  readonly #tables: Tables;
  readonly #owner: number;
  readonly #now: () => number;
  readonly #timeout: number;
  #queue: Job[] = [];
  #pumping: Promise<void> | undefined;
  #closed = false;
  #stuck: StorageError | undefined;
  /** Number of changes in the last commit. */
  #committed = 0;
  /** Number of changes in the last commit, or queued while it ran. */
  #writers = 0;

  /**
   * @param owner the session under which this process may write
   * @param timeout milliseconds after which a commit counts as stuck
   */
  constructor(tables: Tables, owner: number, now: () => number, timeout = 60_000) {
    this.#tables = tables;
    this.#owner = owner;
    this.#now = now;
    this.#timeout = timeout;
  }

  /** Resolves to the change's result once its commit is on disk. */
  run<T>(change: Change<T>): Promise<T> {
    if (this.#closed) return Promise.reject(new StorageError('closed', 'the storage is closed'));
    if (this.#stuck !== undefined) return Promise.reject(this.#stuck);
    return new Promise<T>((resolve, reject) => {
      this.#queue.push({ change, resolve: resolve as (result: unknown) => void, reject });
      this.#pumping ??= this.#pump();
    });
  }

  /** Accepts no more changes. Resolves once all earlier ones are committed. */
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
   * Waits briefly for more changes. Writers that were answered together mostly return
   * together: without the wait, each round would take two commits, one for the first
   * writer and one for the rest. A lone writer never waits.
   */
  async #gather(): Promise<void> {
    const deadline = performance.now() + maxGatherTime;
    while (this.#queue.length < this.#writers && performance.now() < deadline && !this.#closed)
      await setImmediate();
  }

  /** Never rejects: errors go to the jobs. */
  async #commit(): Promise<void> {
    let jobs: Job[] = [];
    let group: Group | undefined;
    const failure: { job?: Job; error?: unknown } = {};
    try {
      const outcome: unknown = await this.#withTimeout(() => {
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
      const reason = await toCommitError(error, this.#tables.folder);
      // If LMDB did not get as far as taking jobs, it never will: the queue must not wait
      // forever.
      const affected =
        jobs.length > 0 && this.#stuck === undefined ? jobs : [...jobs, ...this.#queue.splice(0)];
      for (const job of affected) job.reject(reason);
    }
  }

  /**
   * Runs a commit with a timeout. After some disk errors, LMDB neither commits nor fails,
   * and every change would wait forever. Whether a commit that timed out takes effect is
   * unknown, as with a broken connection to a server.
   */
  async #withTimeout(work: () => unknown): Promise<unknown> {
    let timer: NodeJS.Timeout | undefined;
    const timedOut = new Promise((_, reject) => {
      timer = setTimeout(() => {
        this.#stuck = new StorageError(
          'failed',
          `a commit did not finish within ${this.#timeout} ms; restart the server`,
        );
        reject(this.#stuck);
      }, this.#timeout);
    });
    try {
      const { root, lock } = this.#tables;
      const commit = lock.runShared(() => root.childTransaction(work));
      return await Promise.race([commit, timedOut]);
    } finally {
      clearTimeout(timer);
    }
  }

  #retry(jobs: Job[], failure: { job?: Job; error?: unknown }): void {
    failure.job?.reject(failure.error);
    this.#queue.unshift(...jobs.filter((job) => job !== failure.job));
  }

  /**
   * Throws if another server took over the folder: this process must not write any more,
   * even if it learns of it late.
   */
  #checkOwner(): void {
    if (this.#tables.meta.get(metaKeys.owner) !== this.#owner) {
      throw new StorageError('lost', 'another server has taken over the data folder');
    }
  }
}

/** The ticks and numbers of one commit, stored at its end. */
class Group implements Commit {
  readonly #tables: Tables;
  readonly #callbacks: (() => void)[] = [];
  readonly #start: { readonly clock: number; readonly next: number };
  #clock: number;
  #next: number;

  /**
   * @param now milliseconds since 1970; if it is behind the last tick, the clock
   *   continues from there
   */
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

  nextTick(): number {
    return ++this.#clock;
  }

  allocateIds(count: number): number {
    const first = this.#next;
    this.#next += count;
    return first;
  }

  onCommitted(action: () => void): void {
    this.#callbacks.push(action);
  }

  save(): void {
    if (this.#clock > this.#start.clock) this.#tables.meta.putSync(metaKeys.clock, this.#clock);
    if (this.#next > this.#start.next) this.#tables.meta.putSync(metaKeys.next, this.#next);
  }

  runCallbacks(): void {
    for (const action of this.#callbacks) action();
  }
}

function settle(jobs: Job[], group: Group | undefined): void {
  group?.runCallbacks();
  for (const job of jobs) job.resolve(job.result);
}

/** Converts the error of a failed commit. */
async function toCommitError(thrown: unknown, folder: string): Promise<StorageError> {
  if (thrown instanceof StorageError) return thrown;
  const cause: unknown =
    typeof thrown === 'object' && thrown !== null && 'commitError' in thrown
      ? await Promise.resolve(thrown.commitError).catch((error: unknown) => error)
      : thrown;
  const isOutOfSpace = errnoOf(cause) === constants.errno.ENOSPC || (await isDiskFull(folder));
  return new StorageError(
    isOutOfSpace ? 'no-space' : 'failed',
    `could not commit: ${messageOf(cause)}`,
    {
      cause,
    },
  );
}

/**
 * Whether the disk is full. If part of a write still fitted, LMDB reports a full disk as
 * a generic error.
 */
async function isDiskFull(folder: string): Promise<boolean> {
  try {
    const { bavail, bsize } = await statfs(folder);
    return bavail * bsize < 2 ** 20;
  } catch {
    return false;
  }
}

function errnoOf(thrown: unknown): number | undefined {
  const code: unknown =
    typeof thrown === 'object' && thrown !== null ? Reflect.get(thrown, 'code') : undefined;
  return typeof code === 'number' ? code : undefined;
}
