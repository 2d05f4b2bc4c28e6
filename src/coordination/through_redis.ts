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
   * A name that the Redis keeps, so that two servers can tell whether theirs is the same one. Where Redis cannot be asked it is the one that it had, if
   * it was ever asked.
   */
  locks(): Promise<Locks>;
  /** Ends the connection; what is held ends with its lease. */
  close(): void;
}

/**
 * Connects to Redis; resolves at once, also where it cannot be reached yet.
 *
 * @param lease milliseconds after which a lock is free whose owner does not renew it
 * @param withoutRedis what is done while Redis cannot be asked: locks and changes are refused, or are this process's own
 */
export function throughRedis(
  address: RedisAddress,
  lease: number,
  log: Log,
  withoutRedis: WithoutRedis = 'refuse',
): RedisCoordination {
  const goesOn = withoutRedis === 'go_on';
  const redis = new RedisConnection(address, lease, log);
  const name = naming(redis);
  const locker = new RedisLocker(redis, lease, goesOn);
  return {
    locker,
    cache: <V extends object>(name: string, max: number, age: number, patience?: number) =>
      new RedisCache<V>(redis, locker, { name, max, age, lease, patience, goesOn }),
    locks: async () => ({ through: 'redis', name: await name().catch(() => undefined) }),
    close: () => redis.close(),
  };
}

/** For so long Redis keeps its name where nobody asks for it, in milliseconds. */
const NAME_KEPT = 3_600_000;

/** Asks a Redis for its name. One that has forgotten it is given it again, so that those who know it go on sharing it. */
function naming(redis: RedisConnection): () => Promise<string> {
  let known: string | undefined;
  return async () => {
    const given = known ?? randomUUID();
    try {
      known = await redis.ask(async (client) => {
        const kept = await client.set(IDENTITY_KEY, given, 'PX', NAME_KEPT, 'NX', 'GET');
        if (kept !== null) await client.pexpire(IDENTITY_KEY, NAME_KEPT);
        return kept ?? given;
      });
    } catch (error) {
      if (known === undefined) throw error;
    }
    return known;
  };
}
