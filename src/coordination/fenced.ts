import type { Cache, Change } from './cache/cache';
import type { Lock } from './locks/locker';
import type { Guard } from './sole_server';
import type { Coordination } from './coordination';

/** A coordination whose locks and changes are given, and count, only while the server may write what has versions. */
export function guarded(coordination: Coordination, guard: Guard): Coordination {
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
        use: (...use) => cache.use(...use),
        change: async (key) => {
          await guard.admit();
          return guardedChange(await cache.change(key), guard);
        },
        drop: async (key) => {
          await guard.admit();
          await cache.drop(key);
        },
      };
    },
  };
}

/** Who is not noted here, another server, did not wait, and may have kept what it read before the change. */
async function guardedChange(change: Change, guard: Guard): Promise<Change> {
  try {
    guard.confirm();
  } catch (error) {
    await change.over();
    throw error;
  }
  return {
    over: async () => {
      await change.over();
      guard.confirm();
    },
  };
}

function guardedLock(lock: Lock, guard: Guard): Lock {
  return {
    signal: lock.signal,
    confirm: () => {
      guard.confirm();
      lock.confirm();
    },
    release: lock.release,
  };
}
