import { RedisCache } from '../caches/redis';
import { RedisLocker } from '../lockers/redis';
import type { Log } from '../log';
import { RedisConnection } from '../redis/connection';
import type { RedisAddress } from '../redis/url';
import type { Coordination } from './coordination';

/** The coordination of all processes that share a Redis, on this machine or on others. */
export interface RedisCoordination extends Coordination {
  /** Ends the connection; what is held ends with its lease. */
  close(): void;
}

/**
 * Connects to Redis; resolves at once, also where it cannot be reached yet.
 *
 * @param lease milliseconds after which a lock is free whose owner does not renew it
 */
export function throughRedis(address: RedisAddress, lease: number, log: Log): RedisCoordination {
  const redis = new RedisConnection(address, lease, log);
  return {
    locker: new RedisLocker(redis, lease),
    cache: <V extends object>(name: string, most: number, age: number) =>
      new RedisCache<V>(redis, name, most, age),
    close: () => redis.close(),
  };
}
