import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createRedisCoordination,
  type RedisCoordination,
} from '../../../src/coordination/through_redis';
import type { Lock } from '../../../src/coordination/locks/locker';
import { createLog } from '../../../src/util/log';
import { redisUrl } from '../../../src/coordination/redis/url';
import { eventually } from '../../support/running/eventually';
import { describeWithRedis, TestRedis } from '../../support/servers/redis';
import { lockOf } from '../../support/stores/lock_names';

const LEASE = 1000;
const never = () => new AbortController().signal;
const logged: string[] = [];
const log = createLog('trace', { write: (line: string) => logged.push(line) });
const connect = (url: string) => createRedisCoordination(redisUrl.parse(url), LEASE, log);

/** Acquires a lock, retrying until it succeeds. */
async function acquired(member: RedisCoordination, name: string): Promise<Lock> {
  let lock: Lock | undefined;
  await eventually('a lock is given', async () => {
    lock = await member.locker.acquire(lockOf(name), 2 * LEASE, never()).catch(() => undefined);
    return lock !== undefined;
  });
  return lock!;
}

/** Expects that two processes exclude each other, and see each other's invalidations. */
async function coordinate(url: string): Promise<void> {
  const [one, other] = [connect(url), connect(url)];
  try {
    const lock = await acquired(one, 'name');
    await expect(other.locker.acquire(lockOf('name'), 1500, never())).rejects.toThrow(
      'no lock in time',
    );
    lock.release();
    (await acquired(other, 'name')).release();
    const [mine, theirs] = [one, other].map((member) =>
      member.cache<{ n: number }>('test', 10, 60_000),
    );
    expect(await theirs!.load('key', () => Promise.resolve({ n: 1 }))).toEqual({ n: 1 });
    expect(await theirs!.load('key', () => Promise.resolve({ n: 2 }))).toEqual({ n: 1 });
    await mine!.invalidate('key');
    expect(await theirs!.load('key', () => Promise.resolve({ n: 3 }))).toEqual({ n: 3 });
  } finally {
    one.close();
    other.close();
  }
}

describeWithRedis('a Redis', () => {
  const running: TestRedis[] = [];
  const start = async (...options: string[]) => {
    const redis = await TestRedis.start(...options);
    running.push(redis);
    return redis;
  };
  afterEach(() => Promise.all(running.splice(0).map((redis) => redis.stop())));

  it('with a password is asked by its URL, and the password is not logged', async () => {
    const { port } = await start('--save', '', '--requirepass', 'geheim');
    await coordinate(`redis://:geheim@127.0.0.1:${port}/2`);
    const wrong = connect(`redis://:falsch@127.0.0.1:${port}`);
    await expect(wrong.locker.acquire(lockOf('name'), 100, never())).rejects.toThrow('Redis');
    wrong.close();
    expect(logged.join('')).not.toMatch(/geheim|falsch/);
  });

  it('that is a cluster is found by a node', async () => {
    const node = await start(
      '--save',
      '',
      '--cluster-enabled',
      'yes',
      '--cluster-announce-ip',
      '127.0.0.1',
    );
    expect(await node.ask('CLUSTER ADDSLOTSRANGE 0 16383')).toMatch(/^\+OK/);
    await eventually('the cluster is whole', async () =>
      (await node.ask('CLUSTER INFO')).includes('cluster_state:ok'),
    );
    await coordinate(`redis+cluster://127.0.0.1:${node.port}`);
  });

  it('behind sentinels is found through them, and so is the one that takes its place', async () => {
    const first = await start('--save', '');
    const second = await start('--save', '', '--replicaof', `127.0.0.1 ${first.port}`);
    await eventually('the second follows', async () =>
      (await second.ask('INFO replication')).includes('master_link_status:up'),
    );
    const folder = mkdtempSync(join(tmpdir(), 'hindsight-sentinel-'));
    const file = join(folder, 'sentinel.conf');
    writeFileSync(
      file,
      `sentinel monitor group 127.0.0.1 ${first.port} 1\nsentinel down-after-milliseconds group 500\nsentinel failover-timeout group 2000\n`,
    );
    const sentinel = await start(file, '--sentinel');
    const url = `redis+sentinel://127.0.0.1:${sentinel.port}/group`;
    const member = connect(url);
    try {
      await coordinate(url);
      await eventually('the sentinel knows the second', async () =>
        (await sentinel.ask('SENTINEL REPLICAS group')).includes(String(second.port)),
      );
      const lock = await acquired(member, 'name');
      await first.kill();
      const next = await acquired(member, 'other');
      expect(await second.ask('INFO replication')).toContain('role:master');
      // no lock is granted until those that the new Redis may not have have expired
      expect(lock.signal.aborted).toBe(true);
      next.release();
      lock.release();
    } finally {
      member.close();
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
