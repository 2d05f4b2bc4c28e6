import { randomUUID } from 'node:crypto';
import type { RedisCoordination } from '../coordination/through_redis';
import type { Log } from '../util/log';
import type { SoleServerContext } from '../plugin/plugin';
import type { Locks, SoleServerStatus } from '../coordination/sole_server';

/**
 * Returns the context for a server's monitor.
 *
 * @param redis what its locks go through; undefined: it keeps them itself
 */
export function soleServerContext(
  redis: RedisCoordination | undefined,
  log: Log,
  publish: (status: SoleServerStatus) => void,
): SoleServerContext {
  const localLocks: Locks = { through: 'itself', name: randomUUID() };
  return {
    log,
    through: redis ? 'redis' : 'itself',
    locks: () => redis?.locks() ?? Promise.resolve(localLocks),
    publish,
  };
}
