import { setTimeout as sleep } from 'node:timers/promises';
import {
  createRedisCoordination,
  type RedisCoordination,
} from '../../../src/coordination/through_redis';
import { CoordinationUnavailable } from '../../../src/util/errors';
import { createLog } from '../../../src/util/log';
import { redisUrl } from '../../../src/coordination/redis/url';
import { cacheSuite } from '../../conformance/cache';
import { usesSuite } from '../../conformance/uses';
import { lockerSuite } from '../../conformance/locker';
import { eventually } from '../../support/running/eventually';
import { describeWithRedis, TestRedis } from '../../support/servers/redis';
import { lockOf } from '../../support/stores/lock_names';

const LEASE = 1000;
const LONG = 30_000;
const never = () => new AbortController().signal;
let caches = 0;

describeWithRedis('through Redis', () => {
  let redis: TestRedis;
  let members: [RedisCoordination, RedisCoordination];
  beforeAll(async () => {
    redis = await TestRedis.start();
    const join = () =>
      createRedisCoordination(redisUrl.parse(redis.url), LEASE, createLog('silent'));
    members = [join(), join()];
  });
  afterAll(async () => {
    for (const member of members) member.close();
    await redis.stop();
  });
  afterEach(() =>
    eventually('nothing is left at Redis but what ends by itself', async () => {
      const held = await Promise.all(
        ['mutex', 'next'].map((kind) => redis.ask(`KEYS hindsight:${kind}:*`)),
      );
      return held.every((keys) => keys.startsWith('*0'));
    }),
  );

  lockerSuite('through Redis', () => members[0].locker);

  cacheSuite('through Redis', () => members[0].cache(`test${caches++}`, 100, 60_000));

  usesSuite('through Redis', (patience) => {
    const name = `test${caches++}`;
    const [one, other] = members.map((member) =>
      member.cache<{ n: number }>(name, 100, 60_000, patience),
    );
    return [one!, other!];
  });

  it('keeps a lock that is renewed, from everybody', async () => {
    const lock = await members[0].locker.acquire(lockOf('name'), LONG, never());
    await sleep(2.5 * LEASE);
    lock.confirm();
    await expect(members[1].locker.acquire(lockOf('name'), 50, never())).rejects.toThrow('held');
    lock.release();
    (await members[1].locker.acquire(lockOf('name'), LONG, never())).release();
  });

  it('keeps the place behind a lock apart from the locks of other names', async () => {
    const [one, other] = members.map(({ locker }) => locker);
    const holder = await one!.acquire(lockOf('name'), LONG, never());
    const waiting = other!.acquire(lockOf('name'), LONG, never());
    await eventually('somebody waits', async () =>
      (await redis.ask('KEYS hindsight:*name*')).startsWith('*2'),
    );
    (await one!.acquire(lockOf('name:next'), 200, never())).release();
    holder.release();
    (await waiting).release();
  });

  it('lets one in at a time, and starves nobody', async () => {
    let inside = 0;
    const entered = [0, 0];
    const until = Date.now() + 3000;
    await Promise.all(
      Array.from({ length: 16 }, async (_, i) => {
        while (Date.now() < until) {
          const lock = await members[i % 2]!.locker.acquire(lockOf('contended'), LONG, never());
          expect(++inside).toBe(1);
          entered[i % 2]!++;
          await sleep(2);
          inside--;
          lock.release();
        }
      }),
    );
    const [one = 0, other = 0] = entered;
    expect(Math.min(one, other)).toBeGreaterThan(0.3 * (one + other));
  });

  it('says that a lock was lost: taken away, or not renewed in time', async () => {
    const lock = await members[0].locker.acquire(lockOf('name'), LONG, never());
    await redis.ask('DEL hindsight:mutex:AUTH_test/c/name');
    await eventually('it is noticed', () => lock.signal.aborted);
    expect(lock.confirm).toThrow(CoordinationUnavailable);
    lock.release();

    const blocked = await members[0].locker.acquire(lockOf('name'), LONG, never());
    const end = Date.now() + LEASE;
    while (Date.now() < end);
    // before any timer could run
    expect(blocked.confirm).toThrow(CoordinationUnavailable);
    expect(blocked.signal.aborted).toBe(true);
    blocked.release();
  });

  it('never has a value that another dropped, also one being fetched', async () => {
    const name = `test${caches++}`;
    const [one, other] = members.map((member) => member.cache<{ n: number }>(name, 100, 60_000));
    let n = 0;
    for (let round = 0; round < 50; round++) {
      const before = n;
      let finish: () => void = () => undefined;
      const finished = new Promise<void>((resolve) => (finish = resolve));
      let fetching: Promise<unknown> = Promise.resolve();
      await new Promise<void>((begun) => {
        fetching = other!.load('key', async () => {
          begun();
          await finished;
          return { n: before };
        });
      });
      n++;
      await one!.invalidate('key');
      finish();
      await fetching;
      expect(await other!.load('key', () => Promise.resolve({ n }))).toEqual({ n });
      expect(await other!.load('key', () => Promise.resolve({ n: -1 }))).toEqual({ n });
      await one!.invalidate('key');
    }
  });

  it('tells uses to give up for each change, also where one follows upon another', async () => {
    const name = `test${caches++}`;
    const cache = members[0].cache<{ n: number }>(name, 100, 60_000, 100);
    const use = () => cache.acquireShared('key', () => Promise.resolve({ n: 1 }), LONG, never());
    const mutex = `hindsight:mutex:${name}:{key}`;
    const first = await use();
    await redis.ask(`SET ${mutex} one PX 60000`);
    await eventually('it is told', () => first.signal.aborted);
    await redis.ask(`DEL ${mutex}`);
    const second = await use();
    await redis.ask(`SET ${mutex} two PX 60000`);
    await eventually('it is told as well', () => second.signal.aborted);
    await redis.ask(`DEL ${mutex}`);
    for (const { release } of [first, second]) release();
  });

  describe('without Redis', () => {
    it('refuses at once, and goes on when it is back, with no lock of before twice', async () => {
      const [one, other] = members;
      const cache = one.cache<{ n: number }>(`test${caches++}`, 100, 60_000);
      await cache.load('key', () => Promise.resolve({ n: 1 }));
      const heldLock = await one.locker.acquire(lockOf('held'), LONG, never());
      await redis.kill();
      const began = Date.now();
      await expect(other.locker.acquire(lockOf('name'), LONG, never())).rejects.toBeInstanceOf(
        CoordinationUnavailable,
      );
      await expect(cache.invalidate('key')).rejects.toBeInstanceOf(CoordinationUnavailable);
      expect(await cache.load('key', () => Promise.resolve({ n: 2 }))).toEqual({ n: 2 });
      expect(Date.now() - began).toBeLessThan(1500);
      await redis.run();
      let lock;
      await eventually('locks are given again', async () => {
        lock = await other.locker.acquire(lockOf('held'), LONG, never()).catch(() => undefined);
        return lock !== undefined;
      });
      expect(heldLock.signal.aborted).toBe(true);
      heldLock.release();
      (lock as unknown as { release(): void }).release();
      expect(await cache.load('key', () => Promise.resolve({ n: 3 }))).toEqual({ n: 3 });
    });

    it('refuses soon where it only does not answer', async () => {
      redis.signal('SIGSTOP');
      const began = Date.now();
      await expect(members[0].locker.acquire(lockOf('name'), LONG, never())).rejects.toBeInstanceOf(
        CoordinationUnavailable,
      );
      expect(Date.now() - began).toBeLessThan(1500);
      redis.signal('SIGCONT');
      await eventually('locks are given again', async () => {
        const lock = await members[0].locker
          .acquire(lockOf('name'), LONG, never())
          .catch(() => undefined);
        lock?.release();
        return lock !== undefined;
      });
    });
  });
});
