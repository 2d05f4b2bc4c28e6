import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import type { Cache } from '../../../src/coordination/cache/cache';
import {
  createRedisCoordination,
  type RedisCoordination,
} from '../../../src/coordination/through_redis';
import { CoordinationUnavailable } from '../../../src/util/errors';
import { createLog } from '../../../src/util/log';
import { redisUrl } from '../../../src/coordination/redis/url';
import { eventually, pause } from '../../support/running/eventually';
import { describeWithRedis, TestRedis } from '../../support/servers/redis';
import { lockOf } from '../../support/stores/lock_names';

const LEASE = 1000;
const LONG = 30_000;
const never = () => new AbortController().signal;
interface Value {
  readonly n: number;
}

/** Forwards connections. Can hold data back until after the client has given up. */
class LateLine {
  #held: { chunks: Buffer[]; server: Socket } | undefined;
  readonly #sockets = new Set<Socket>();
  readonly #server = createServer((client) => this.#join(client));

  private constructor(private readonly port: number) {}

  static async start(port: number): Promise<LateLine> {
    const line = new LateLine(port);
    await new Promise<void>((done) => line.#server.listen(0, '127.0.0.1', done));
    return line;
  }

  get url(): string {
    return `redis://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Holds back what arrives on the current connection from now on. */
  hold: () => void = () => undefined;
  /** Breaks that connection, as its client sees it. */
  cut: () => void = () => undefined;

  get held(): string {
    return Buffer.concat(this.#held?.chunks ?? []).toString();
  }

  /** Delivers what was held back; resolves once it is answered. */
  async release(): Promise<void> {
    const { server, chunks } = this.#held!;
    await new Promise((answered) => {
      server.once('data', answered);
      server.resume();
      server.write(Buffer.concat(chunks));
    });
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }

  #join(client: Socket): void {
    const server = connect(this.port, '127.0.0.1');
    for (const socket of [client, server]) {
      this.#sockets.add(socket);
      socket.on('error', () => undefined);
    }
    let chunks: Buffer[] | undefined;
    client.on('data', (data) => {
      if (chunks) chunks.push(data);
      else server.write(data);
    });
    server.pipe(client);
    this.hold = () => {
      chunks = [];
      this.#held = { chunks, server };
    };
    this.cut = () => {
      server.unpipe(client);
      client.destroy();
    };
  }
}

describeWithRedis('a connection to Redis that is lost and back', () => {
  let redis: TestRedis;
  const members: RedisCoordination[] = [];
  const join = (url = redis.url) => {
    const member = createRedisCoordination(redisUrl.parse(url), LEASE, createLog('silent'));
    members.push(member);
    return member;
  };
  const cacheOf = (member: RedisCoordination) => member.cache<Value>('test', 100, LONG);
  beforeEach(async () => (redis = await TestRedis.start()));
  afterEach(async () => {
    for (const member of members.splice(0)) member.close();
    await redis.stop();
  });

  /** Uses another key until Redis receives it. */
  async function isBack(cache: Cache<Value>): Promise<void> {
    await eventually('Redis is asked again', async () => {
      (
        await cache.acquireShared('elsewhere', () => Promise.resolve({ n: 0 }), LONG, never())
      ).release();
      return (await redis.ask('EXISTS hindsight:test:{elsewhere}')).startsWith(':1');
    });
  }

  it('does not take back a use that began later, where its last words come late', async () => {
    const line = await LateLine.start(redis.port);
    try {
      const cache = cacheOf(join(line.url));
      const use = () => cache.acquireShared('key', () => Promise.resolve({ n: 1 }), LONG, never());
      const before = await use();
      line.hold();
      before.release();
      await eventually('it says that it uses the key no more', () => line.held.includes('zrem'));
      line.cut();
      await isBack(cache);
      const after = await use();
      await line.release();
      expect(await redis.ask('ZCARD hindsight:test:{key}:users')).toMatch(/^:1/);
      after.release();
    } finally {
      line.close();
    }
  });

  it('confirms no use by a generation that a restored Redis knows again', async () => {
    const [cache, changer] = [cacheOf(join()), cacheOf(join())];
    let n = 1;
    const use = await cache.acquireShared('key', () => Promise.resolve({ n }), LONG, never());
    // as if its process had been paused for a lease
    await redis.ask('DEL hindsight:test:{key}:users');
    await redis.ask('SAVE');
    const change = await changer.acquireExclusive('key');
    n = 2;
    await change.release();
    await redis.kill();
    await redis.run();
    expect(await redis.ask('EXISTS hindsight:test:{key}')).toMatch(/^:1/);
    await isBack(cache);
    await expect(use.confirm?.()).rejects.toBeInstanceOf(CoordinationUnavailable);
    use.release();
  });

  it('begins no change whose lock was lost while it waited', async () => {
    const [cache, changer] = [cacheOf(join()), cacheOf(join())];
    const use = await cache.acquireShared('key', () => Promise.resolve({ n: 1 }), LONG, never());
    const mutex = 'hindsight:mutex:test:{key}';
    const changing = changer.acquireExclusive('key');
    const refused = expect(changing).rejects.toBeInstanceOf(CoordinationUnavailable);
    await eventually('it waits', async () => (await redis.ask(`EXISTS ${mutex}`)).startsWith(':1'));
    await redis.ask(`DEL ${mutex}`);
    // renewed every third of the lease
    await pause(LEASE);
    use.release();
    await refused;
  });

  it('gives locks again once it tells of itself, without another loss', async () => {
    await redis.ask('ACL SETUSER default -info');
    // ioredis warns about it
    const warned = jest.spyOn(console, 'warn').mockImplementation(() => undefined);
    const { locker } = join();
    await expect(locker.acquire(lockOf('name'), LONG, never())).rejects.toBeInstanceOf(
      CoordinationUnavailable,
    );
    await redis.ask('ACL SETUSER default +info');
    await eventually('locks are given', async () => {
      const lock = await locker.acquire(lockOf('name'), LONG, never()).catch(() => undefined);
      lock?.release();
      return lock !== undefined;
    });
    warned.mockRestore();
  });
});
