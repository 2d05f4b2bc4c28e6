import { closeSync, mkdirSync, openSync } from 'node:fs';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { FOLDER_MODE } from './privacy';
import { fromSystem, StorageError } from './storage_error';

/** Operations of flock(2). */
const SHARED = 1;
const EXCLUSIVE = 2;
const UNLOCK = 8;
const NON_BLOCKING = 4;

/** Milliseconds between two tries to get a lock. */
const RETRY = 1;

/** Milliseconds after which a lock is given up. */
const PATIENCE = 30_000;

/**
 * The system's `flock`, of an open file or folder: false if another process has a lock that excludes
 * this. Locks are gone with the process that has them.
 */
type Flock = (fd: number, operation: number) => boolean;

let flock: Promise<Flock> | undefined;

/**
 * Keeps openings of the database and commits to it apart, among all processes that have the folder.
 *
 * LMDB notes the newest transaction in shared memory when it opens a database, by what it read from
 * the file before (`mdb_env_open2`): if another process commits in between, the next commit would
 * begin from the state before that one, which would be lost. So a commit takes the lock `room`
 * shared, and an opening takes it alone. Both pass the lock `gate` first, so that commits of many
 * processes, of which one always has the room, do not keep an opening out for ever.
 *
 * The locks are those of the data folder and of its folder `sessions`: they need no files.
 */
export class FolderLock {
  readonly #folder: string;
  #fds: { readonly gate: number; readonly room: number } | undefined;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /**
   * Opens a database, or does what else no commit may coincide with.
   *
   * @throws StorageError `locked` if another process does not let it, `failed`
   */
  async alone<T>(work: () => T | Promise<T>): Promise<T> {
    const lock = await (flock ??= loadFlock());
    const { gate, room } = this.#open();
    await take(lock, gate, EXCLUSIVE);
    try {
      await take(lock, room, EXCLUSIVE);
      return await work();
    } finally {
      lock(room, UNLOCK);
      lock(gate, UNLOCK);
    }
  }

  /**
   * Commits: one at a time.
   *
   * @throws StorageError `locked`, `failed`
   */
  async committing<T>(work: () => T | Promise<T>): Promise<T> {
    const lock = await (flock ??= loadFlock());
    const { gate, room } = this.#open();
    await take(lock, gate, SHARED);
    try {
      await take(lock, room, SHARED);
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
      throw fromSystem(`could not lock ${this.#folder}`, error);
    }
  }
}

async function take(lock: Flock, fd: number, operation: number): Promise<void> {
  for (const end = performance.now() + PATIENCE; !lock(fd, operation | NON_BLOCKING);) {
    if (performance.now() > end)
      throw new StorageError(
        'locked',
        `another process holds the data folder: it could not be locked within ${PATIENCE / 1000} s`,
      );
    await setTimeout(RETRY);
  }
}

async function loadFlock(): Promise<Flock> {
  const { errno, load, os } = await import('koffi');
  const call = load(null).func('int flock(int fd, int operation)') as SystemCall;
  const others = [os.errno['EWOULDBLOCK'], os.errno['EAGAIN'], os.errno['EINTR']];
  return (fd, operation) => {
    if (call(fd, operation) === 0) return true;
    if (others.includes(errno())) return false;
    throw new StorageError('failed', `could not lock the data folder: error ${errno()}`);
  };
}

type SystemCall = (fd: number, operation: number) => number;
