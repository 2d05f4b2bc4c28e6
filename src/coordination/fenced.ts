import type { Cache, ExclusiveLease } from './cache/cache';
import type { Lock } from './locks/locker';
import type { Fence } from './sole_server';
import type { Coordination } from './coordination';

/** A coordination whose locks and changes are given, and count, only while the server may write what has versions. */
export function fenced(coordination: Coordination, guard: Fence): Coordination {
  return {
    locker: {
      acquire: async (name, wait, signal) => {
        await guard.admit();
        return guardedLock(await coordination.locker.acquire(name, wait, signal), guard);
      },
    },
    cache: <V extends object>(...of: Parameters<Coordination['cache']>): Cache<V> => {
      const cache = coordination.cache<V>(...of);
      return {
        load: (key, fetch) => cache.load(key, fetch),
        acquireShared: (...use) => cache.acquireShared(...use),
        acquireExclusive: async (key) => {
          await guard.admit();
          return guardedChange(await cache.acquireExclusive(key), guard);
        },
        invalidate: async (key) => {
          await guard.admit();
          await cache.invalidate(key);
        },
      };
    },
  };
}

/** Who is not noted here, another server, did not wait, and may have kept what it read before the change. */
async function guardedChange(change: ExclusiveLease, guard: Fence): Promise<ExclusiveLease> {
  try {
    guard.confirm();
  } catch (error) {
    await change.release();
    throw error;
  }
  return {
    release: async () => {
      await change.release();
      guard.confirm();
    },
  };
}

function guardedLock(lock: Lock, guard: Fence): Lock {
  return {
    signal: lock.signal,
    confirm: () => {
      guard.confirm();
      lock.confirm();
    },
    release: lock.release,
  };
}
