import type { LockName } from './lock_names';
import type { CancelSignal } from '../../util/cancel_signal';

/** A lock that is held. */
export interface Lock {
  /** Aborts if the lock is lost before it is released; what it guards must then stop. */
  readonly signal: CancelSignal;
  /**
   * Call this before each step that the lock guards. After a pause of the process the
   * signal aborts only in a later turn; this checks the clock.
   *
   * @throws the signal's reason if the lock was lost
   */
  readonly confirm: () => void;
  /** Passes the lock to the next waiter; idempotent. */
  readonly release: () => void;
}

/** The lock could not be acquired in time. */
export class LockTimeout extends Error {
  override readonly name = 'LockTimeout';
}

/** Mutual exclusion by name. */
export interface Locker {
  /**
   * Waits for the lock of a name, in the order of the calls.
   *
   * @param wait max milliseconds to wait
   * @param signal stops the wait; the promise then rejects with its reason
   * @throws LockTimeout if the wait is over; nothing is held then
   * @throws CoordinationUnavailable at once if the locks cannot be reached; nothing is
   *   held then
   */
  acquire(name: LockName, wait: number, signal: CancelSignal): Promise<Lock>;
}
