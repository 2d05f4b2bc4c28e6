// An `import` would load at the start, and `import()` finds no TypeScript in tests.
// oxlint-disable typescript/no-require-imports
import type * as Passthrough from './express/passthrough';
import type * as ThroughRedis from '../coordination/through_redis';

/** Loads Express, which only a server over a Swift needs. */
export function loadPassthrough(): typeof Passthrough {
  return require('./express/passthrough') as typeof Passthrough;
}

/** Loads the packages for Redis, which only a server with a Redis needs. */
export function loadRedisCoordination(): typeof ThroughRedis {
  return require('../coordination/through_redis') as typeof ThroughRedis;
}
