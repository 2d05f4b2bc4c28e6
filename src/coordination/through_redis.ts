import { randomUUID } from 'node:crypto';
import { RedisCache } from './cache/redis_cache';
import { IDENTITY_KEY } from './locks/lock_names';
import { RedisLocker } from './locks/redis_locker';
import type { Log } from '../util/log';
import { RedisConnection } from './redis/connection';
import type { RedisAddress, WithoutRedis } from './redis/url';
import type { Locks } from './sole_server';
import type { Coordination } from './coordination';

/** The coordination of all processes that share a Redis, on this machine or on others. */
export interface RedisCoordination extends Coordination {
  /**
   * Returns the locks with a name that Redis stores, so that two servers can determine
   * whether they share them. If Redis does not answer, it is the last known name, if any.
   */
  locks(): Promise<Locks>;
  /** Closes the connection; locks and leases that are held expire. */
  close(): void;
}

/**
 * Connects to Redis. Returns at once, even if Redis cannot be reached yet.
 *
 * @param lease milliseconds after which a lock expires if its owner does not renew it
 * @param withoutRedis what to do while Redis does not answer: refuse locks and exclusive
 *   leases, or keep them in this process
 */
export function createRedisCoordination(
  address: RedisAddress,
  lease: number,
  log: Log,
  withoutRedis: WithoutRedis = 'refuse',
): RedisCoordination {
  const goesOn = withoutRedis === 'go_on';
  const redis = new RedisConnection(address, lease, log);
  const readName = nameReader(redis);
  const locker = new RedisLocker(redis, lease, goesOn);
  return {
    locker,
    cache: <V extends object>(name: string, max: number, age: number, patience?: number) =>
      new RedisCache<V>(redis, locker, { name, max, age, lease, patience, goesOn }),
    locks: async () => ({ through: 'redis', name: await readName().catch(() => undefined) }),
    close: () => redis.close(),
  };
}

/** Milliseconds that Redis stores its name if nobody asks for it. */
const NAME_TTL = 3_600_000;

/**
 * Returns a function that asks Redis for its name. If Redis has lost it, the last known
 * name is stored again, so that servers that know it keep sharing it.
 */
function nameReader(redis: RedisConnection): () => Promise<string> {
  let lastKnown: string | undefined;
  return async () => {
    const candidate = lastKnown ?? randomUUID();
    try {
      lastKnown = await redis.ask(async (client) => {
        const stored = await client.set(IDENTITY_KEY, candidate, 'PX', NAME_TTL, 'NX', 'GET');
        if (stored !== null) await client.pexpire(IDENTITY_KEY, NAME_TTL);
        return stored ?? candidate;
      });
    } catch (error) {
      if (lastKnown === undefined) throw error;
    }
    return lastKnown;
  };
}
