import { closeSync, mkdirSync, openSync } from 'node:fs';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { FOLDER_MODE } from './privacy';
import { toStorageError, StorageError } from './storage_error';

/** Operations of flock(2). */
const SHARED = 1;
const EXCLUSIVE = 2;
const UNLOCK = 8;
const NON_BLOCKING = 4;

/** Milliseconds between two attempts to get a lock. */
const RETRY_INTERVAL = 1;

/** Milliseconds to wait for a lock. */
const TIMEOUT = 30_000;

/**
 * The system's `flock` on an open file or folder. Returns false if another process holds
 * a conflicting lock. A process's locks end with it.
 */
type Flock = (fd: number, operation: number) => boolean;

let flock: Promise<Flock> | undefined;

/**
 * Keeps database opens and commits apart, among all processes that use the folder.
 *
 * When LMDB opens a database, it reads the newest transaction from the file and then
 * stores it in shared memory (`mdb_env_open2`). If another process commits in between,
 * the next commit starts from the state before that commit, which is lost. So a commit
 * takes the lock `room` shared, and an open takes it exclusively. Both pass the lock
 * `gate` first: otherwise commits of many processes could hold `room` continuously and
 * starve an open.
 *
 * The locks are on the data folder and on its folder `sessions`, and need no files of
 * their own.
 */
export class FolderLock {
  readonly #folder: string;
  #fds: { readonly gate: number; readonly room: number } | undefined;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /**
   * Runs work that must not overlap with any commit, such as opening a database.
   *
   * @throws StorageError `locked` if another process holds the lock too long, `failed`
   */
  async runExclusive<T>(work: () => T | Promise<T>): Promise<T> {
    const lock = await (flock ??= loadFlock());
    const { gate, room } = this.#open();
    await acquire(lock, gate, EXCLUSIVE);
    try {
      await acquire(lock, room, EXCLUSIVE);
      return await work();
    } finally {
      lock(room, UNLOCK);
      lock(gate, UNLOCK);
    }
  }

  /**
   * Runs a commit. Call it for one commit at a time.
   *
   * @throws StorageError `locked`, `failed`
   */
  async runShared<T>(work: () => T | Promise<T>): Promise<T> {
    const lock = await (flock ??= loadFlock());
    const { gate, room } = this.#open();
    await acquire(lock, gate, SHARED);
    try {
      await acquire(lock, room, SHARED);
    } finally {
      lock(gate, UNLOCK);
    }
    try {
      return await work();
    } finally {
      lock(room, UNLOCK);
    }
  }

  close(): void {
    if (this.#fds === undefined) return;
    closeSync(this.#fds.gate);
    closeSync(this.#fds.room);
    this.#fds = undefined;
  }

  #open(): { readonly gate: number; readonly room: number } {
    if (this.#fds !== undefined) return this.#fds;
    try {
      const sessions = path.join(this.#folder, 'sessions');
      mkdirSync(sessions, { recursive: true, mode: FOLDER_MODE });
      const room = openSync(sessions, 'r');
      try {
        this.#fds = { gate: openSync(this.#folder, 'r'), room };
      } catch (error) {
        closeSync(room);
        throw error;
      }
      return this.#fds;
    } catch (error) {
      throw toStorageError(`could not lock ${this.#folder}`, error);
    }
  }
}

async function acquire(lock: Flock, fd: number, operation: number): Promise<void> {
  for (const end = performance.now() + TIMEOUT; !lock(fd, operation | NON_BLOCKING);) {
    if (performance.now() > end)
      throw new StorageError(
        'locked',
        `could not lock the data folder within ${TIMEOUT / 1000} s: another process holds the lock`,
      );
    await setTimeout(RETRY_INTERVAL);
  }
}

async function loadFlock(): Promise<Flock> {
  const { errno, load, os } = await import('koffi');
  const systemFlock = load(null).func('int flock(int fd, int operation)') as SystemCall;
  const retryable = [os.errno['EWOULDBLOCK'], os.errno['EAGAIN'], os.errno['EINTR']];
  return (fd, operation) => {
    if (systemFlock(fd, operation) === 0) return true;
    if (retryable.includes(errno())) return false;
    throw new StorageError('failed', `could not lock the data folder: error ${errno()}`);
  };
}

type SystemCall = (fd: number, operation: number) => number;
