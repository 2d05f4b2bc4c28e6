import type { LockName } from './lock_names';

/** A lock that is held. */
export interface Lock {
  /** Aborts when the lock was lost before it was released; what it guarded must then stop. */
  readonly signal: AbortSignal;
  /**
   * To be called before each step of what the lock guards. The signal aborts in a later turn than the one in which a process that was paused
   * goes on; this looks at the clock.
   *
   * @throws the signal's reason where the lock was lost
   */
  readonly confirm: () => void;
  /** Gives the lock to who waits for it; further calls do nothing. */
  readonly release: () => void;
}

/** The lock was not to be had in time. */
export class LockTimeout extends Error {
  override readonly name = 'LockTimeout';
}

/** Mutual exclusion by name. */
export interface Locker {
  /**
   * Waits for the lock of a name, in the order of the calls.
   *
   * @param wait milliseconds to wait at most
   * @param signal gives up the wait; the promise then rejects with its reason
   * @throws LockTimeout when the wait is over; nothing is held then
   * @throws CoordinationUnavailable at once where the locks cannot be asked for; nothing is held then
   */
  acquire(name: LockName, wait: number, signal: AbortSignal): Promise<Lock>;
}
