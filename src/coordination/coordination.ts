import type { Cache } from './cache/cache';
import { MemoryCache } from './cache/memory_cache';
import type { Locker } from './locks/locker';
import { MemoryLocker } from './locks/memory_locker';

/** What the processes that serve the same store have in common, so that none works against another. */
export interface Coordination {
  /** Locks that hold in all of them. */
  readonly locker: Locker;
  /**
   * A cache whose `drop` has reached all of them before it resolves, and whose `change` waits for the uses in all of them.
   *
   * @param name the same in all of them, and used once in each
   * @param max how many values each keeps
   * @param age milliseconds after which a value is fetched anew; 0 keeps none
   * @param patience milliseconds that a change waits for uses before it tells them to give up
   */
  cache<V extends object>(name: string, max: number, age: number, patience?: number): Cache<V>;
}

/** For a process that has its store to itself. */
export function alone(): Coordination {
  return {
    locker: new MemoryLocker(),
    cache: <V extends object>(_: string, max: number, age: number, patience?: number) =>
      new MemoryCache<V>(max, age, patience),
  };
}
