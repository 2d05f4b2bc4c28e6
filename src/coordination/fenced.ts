import type { Cache, ExclusiveLease } from './cache/cache';
import type { Lock } from './locks/locker';
import type { Fence } from './sole_server';
import type { Coordination } from './coordination';

/**
 * Wraps a coordination so that its locks and exclusive leases are granted, and count,
 * only while the server may write to versioned containers.
 */
export function withFence(coordination: Coordination, fence: Fence): Coordination {
  return {
    locker: {
      acquire: async (name, wait, signal) => {
        await fence.admit();
        return fencedLock(await coordination.locker.acquire(name, wait, signal), fence);
      },
    },
    cache: <V extends object>(...options: Parameters<Coordination['cache']>): Cache<V> => {
      const cache = coordination.cache<V>(...options);
      return {
        load: (key, fetch) => cache.load(key, fetch),
        acquireShared: (...request) => cache.acquireShared(...request),
        acquireExclusive: async (key) => {
          await fence.admit();
          return fencedLease(await cache.acquireExclusive(key), fence);
        },
        invalidate: async (key) => {
          await fence.admit();
          await cache.invalidate(key);
        },
      };
    },
  };
}

/**
 * Another server does not take part in this lease: it did not wait, and may still cache
 * what it read before the change.
 */
async function fencedLease(lease: ExclusiveLease, fence: Fence): Promise<ExclusiveLease> {
  try {
    fence.confirm();
  } catch (error) {
    await lease.release();
    throw error;
  }
  return {
    release: async () => {
      await lease.release();
      fence.confirm();
    },
  };
}

function fencedLock(lock: Lock, fence: Fence): Lock {
  return {
    signal: lock.signal,
    confirm: () => {
      fence.confirm();
      lock.confirm();
    },
    release: lock.release,
  };
}
