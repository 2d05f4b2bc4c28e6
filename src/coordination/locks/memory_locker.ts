import type { Lock, Locker } from './locker';
import type { LockName } from './lock_names';
import { WaitingLine } from './place_in_line';

/** Locks among the requests of one process; they cannot be lost. A name that nobody holds or waits for takes no memory. */
export class MemoryLocker implements Locker {
  readonly #turns = new WaitingLine();

  /** How many names are held or waited for. */
  get size(): number {
    return this.#turns.size;
  }

  acquire({ spelling }: LockName, wait: number, signal: AbortSignal): Promise<Lock> {
    return this.#turns.acquire(spelling, wait, signal);
  }
}
