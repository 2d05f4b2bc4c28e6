import { LockName } from '../../../../src/coordination/locks/lock_names';
import { RedisLocker } from '../../../../src/coordination/locks/redis_locker';
import type { RedisConnection } from '../../../../src/coordination/redis/connection';
import { now } from '../../../../src/util/clock';

const NAME = LockName.ofObject({ account: 'a', container: 'c', object: 'o' });

/** A Redis that grants every lock, and can take the place of another. */
class ReplacedRedis {
  readonly asked: string[] = [];
  quiet = 0;
  /** Called with each command. */
  before: (command: string) => void = () => undefined;

  readonly client = {
    set: (key: string) => this.#answer(`set ${key}`, 'OK'),
    evalsha: (_: string, __: number, key: string) => this.#answer(`release ${key}`, 1),
    options: {},
  };

  ask<T>(command: (client: unknown) => Promise<T>): Promise<T> {
    return command(this.client);
  }

  quietUntil(): Promise<number> {
    return Promise.resolve(this.quiet);
  }

  #answer<T>(command: string, answer: T): Promise<T> {
    this.asked.push(command);
    this.before(command);
    return Promise.resolve(answer);
  }
}

it('a lock won from a Redis that has just taken the place of another is given back, and taken again later', async () => {
  const redis = new ReplacedRedis();
  const locker = new RedisLocker(redis as unknown as RedisConnection, 1000);
  const quiet = now() + 60;
  let sets = 0;
  redis.before = (command) => {
    // the second key is the lock itself: then the other Redis does not know of older ones
    if (command.startsWith('set') && ++sets === 2) redis.quiet = quiet;
  };
  const lock = await locker.acquire(NAME, 5000, new AbortController().signal);
  expect(now()).toBeGreaterThanOrEqual(quiet);
  expect(sets).toBe(3);
  expect(redis.asked.filter((each) => each.startsWith('release'))).toHaveLength(2);
  lock.release();
});
