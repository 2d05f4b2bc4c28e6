import type { Lock, Locker } from './locker';
import type { LockName } from './lock_names';
import { WaitingLine } from './waiting_line';
import type { CancelSignal } from '../../util/cancel_signal';

/**
 * Locks among the requests of one process; they cannot be lost. A name that is neither
 * held nor waited for takes no memory.
 */
export class MemoryLocker implements Locker {
  readonly #line = new WaitingLine();

  /** The number of names that are held or waited for. */
  get size(): number {
    return this.#line.size;
  }

  acquire({ spelling }: LockName, wait: number, signal: CancelSignal): Promise<Lock> {
    return this.#line.acquire(spelling, wait, signal);
  }
}
