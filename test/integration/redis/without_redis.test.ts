import {
  createRedisCoordination,
  type RedisCoordination,
} from '../../../src/coordination/through_redis';
import { CoordinationUnavailable } from '../../../src/util/errors';
import { createLog } from '../../../src/util/log';
import { redisUrl } from '../../../src/coordination/redis/url';
import type { RunningServer } from '../../../src/server/serve';
import {
  bodies,
  current,
  MODE_HEADER,
  newContainer,
  newPair,
  pathOf,
} from '../../support/clients/containers';
import { eventually, pause } from '../../support/running/eventually';
import { startProxy } from '../../support/servers/proxy';
import { describeWithRedis, TestRedis } from '../../support/servers/redis';
import { describeWithSwift, login } from '../../support/servers/swift';
import { lockOf } from '../../support/stores/lock_names';

const LEASE = 1000;
const LONG = 30_000;
const never = () => new AbortController().signal;

describeWithRedis('servers that go on without Redis', () => {
  let redis: TestRedis;
  beforeAll(async () => (redis = await TestRedis.start()));
  afterAll(() => redis.stop());

  describe('their coordination', () => {
    let members: [RedisCoordination, RedisCoordination];
    beforeAll(() => {
      const join = () =>
        createRedisCoordination(redisUrl.parse(redis.url), LEASE, createLog('silent'), 'go_on');
      members = [join(), join()];
    });
    afterAll(() => {
      for (const member of members) member.close();
    });

    it('each locks for itself, and one of two that hold a lock loses it when Redis is back', async () => {
      const [one, other] = members.map(({ locker }) => locker);
      const before = await one!.acquire(lockOf('name'), LONG, never());
      await redis.kill();
      // the lock of Redis stays, and another process grants its own, longer than a lease
      const meanwhile = await other!.acquire(lockOf('name'), LONG, never());
      await pause(2 * LEASE);
      for (const lock of [before, meanwhile]) expect(lock.confirm).not.toThrow();
      await expect(one!.acquire(lockOf('name'), 50, never())).rejects.toThrow('no lock');
      await redis.run();
      await eventually('one is lost', () => before.signal.aborted !== meanwhile.signal.aborted);
      const [kept, lost] = before.signal.aborted ? [meanwhile, before] : [before, meanwhile];
      expect(lost.confirm).toThrow(CoordinationUnavailable);
      lost.release();
      await pause(2 * LEASE);
      expect(kept.confirm).not.toThrow();
      expect(kept.signal.aborted).toBe(false);
      for (const locker of [one!, other!]) {
        await expect(locker.acquire(lockOf('name'), 50, never())).rejects.toThrow('no lock');
      }
      kept.release();
      (await one!.acquire(lockOf('name'), LONG, never())).release();
    });

    it('what one dropped without Redis is remembered by nobody when it is back', async () => {
      const [one, other] = members.map((member) => member.cache<{ n: number }>('test', 100, LONG));
      const fetch = (n: number) => () => Promise.resolve({ n });
      expect(await other!.load('key', fetch(1))).toEqual({ n: 1 });
      await redis.kill();
      await one!.invalidate('key');
      const change = await one!.acquireExclusive('key');
      const waiting = one!.acquireShared('key', fetch(2), LONG, never());
      expect(await other!.load('key', fetch(2))).toEqual({ n: 2 });
      await change.release();
      (await waiting).release();
      await redis.run();
      await eventually('Redis is asked again', async () => {
        await other!.load('key', fetch(3));
        return (await redis.ask('EXISTS hindsight:test:{key}')).startsWith(':1');
      });
      expect(await one!.load('key', fetch(3))).toEqual({ n: 3 });
    });
  });

  describeWithSwift('over a Swift', ({ plain }) => {
    let proxy: RunningServer;
    beforeAll(async () => {
      const defaults = `redis_url = ${redis.url}\nlock_lease = ${LEASE / 1000}\nwithout_redis = go_on`;
      proxy = await startProxy(plain, { defaults });
    });
    afterAll(() => proxy.close());

    it('write what has versions, and change settings', async () => {
      const client = await login(proxy.url, 'tester');
      const { container, archive } = await newPair(client, 'history');
      const later = await newContainer(client);
      const write = async (to: string, body: string) =>
        (await client.ask('PUT', pathOf(to, 'o'), {}, body)).status;
      expect([await write(container, '1'), await write(later, '1')]).toEqual([201, 201]);
      await redis.kill();
      try {
        expect(await write(container, '2')).toBe(201);
        const changed = await client.ask('POST', `/${later}`, { [MODE_HEADER.history]: archive });
        expect(changed.status).toBe(204);
        expect(await write(later, '2')).toBe(201);
      } finally {
        await redis.run();
      }
      for (const each of [container, later]) {
        await eventually('it writes', async () => (await write(each, '3')) === 201);
        expect(await current(client, each, 'o')).toBe('3');
      }
      expect((await bodies(client, archive)).sort()).toEqual(['1', '1', '2', '2']);
    });
  });
});
