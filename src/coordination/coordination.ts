import type { Cache } from './cache/cache';
import { MemoryCache } from './cache/memory_cache';
import type { Locker } from './locks/locker';
import { MemoryLocker } from './locks/memory_locker';

/**
 * Shared by the processes that serve the same store, so that they do not interfere with
 * each other.
 */
export interface Coordination {
  /** Locks across all of them. */
  readonly locker: Locker;
  /**
   * Creates a cache. Its `invalidate` resolves once it has reached all processes, and its
   * `acquireExclusive` waits for the shared leases of all processes.
   *
   * @param name the same in all processes, and used once in each
   * @param max max values that each process keeps
   * @param age milliseconds after which a value is fetched again; 0 caches nothing
   * @param patience milliseconds that an exclusive lease waits for shared leases before
   *   it aborts them
   */
  cache<V extends object>(name: string, max: number, age: number, patience?: number): Cache<V>;
}

/** Returns the coordination of a process that has its store to itself. */
export function createLocalCoordination(): Coordination {
  return {
    locker: new MemoryLocker(),
    cache: <V extends object>(_: string, max: number, age: number, patience?: number) =>
      new MemoryCache<V>(max, age, patience),
  };
}
