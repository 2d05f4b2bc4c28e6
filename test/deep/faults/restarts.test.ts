import type { Client } from '../../support/clients/client';
import { MODES, newPair, pathOf, type Pair } from '../../support/clients/containers';
import { eventually, pause } from '../../support/running/eventually';
import { KillableStore } from '../../support/servers/killable_store';
import {
  processConfiguration,
  startProxyProcess,
  type ProxyProcess,
} from '../../support/servers/proxy_process';
import { found, OBJECT, writeTo } from '../../support/judges/races';
import { describeWithRedis, TestRedis } from '../../support/servers/redis';
import { describeWithSwift, login } from '../../support/servers/swift';
import { IS_DEEP, partOf } from '../../support/running/depth';

/** The seconds for which a proxy waits for the store. */
const TIMEOUT = 2;
const WRITERS = 8;

function restarts(start: () => Promise<KillableStore | undefined>): void {
  let store: KillableStore | undefined;
  let redis: TestRedis | undefined;
  let proxies: readonly ProxyProcess[] = [];
  let clients: readonly Client[] = [];
  beforeAll(async () => {
    store = await start();
    if (!store) return;
    redis = await TestRedis.start();
    const configuration = processConfiguration(store.url, 1, `redis_url = ${redis.url}`).replace(
      /^upstream = .*$/m,
      `$&\nupstream_timeout = ${TIMEOUT}`,
    );
    proxies = [await startProxyProcess(configuration), await startProxyProcess(configuration)];
    clients = await Promise.all(proxies.map(({ url }) => login(url, 'tester')));
  });
  afterAll(async () => {
    const codes = await Promise.all(proxies.map((proxy) => proxy.stop()));
    await store?.stop();
    await redis?.stop();
    expect(codes).toEqual(proxies.map(() => 0));
  });

  /** Writes through both proxies in turn until it is stopped. */
  function writing(pair: Pair) {
    const acknowledged: string[] = [];
    const statuses = new Set<number>();
    let isDone = false;
    const writes = clients.map((client) => writeTo(client, pair.container));
    const done = Promise.all(
      Array.from({ length: WRITERS }, async (_, writer) => {
        for (let time = 0; !isDone; time++) {
          const body = `writer ${writer}, time ${time}`;
          const status = await writes[(writer + time) % writes.length]!(body).catch(() => 0);
          statuses.add(status);
          if (status === 201) acknowledged.push(body);
          else await pause(20);
        }
      }),
    );
    const end = async () => {
      isDone = true;
      await done;
    };
    return { acknowledged, statuses, end };
  }

  describe.each<[string, () => Promise<void>]>([
    [
      'killed and started again',
      async () => {
        await store?.kill();
        await pause(300);
        await store?.run();
      },
    ],
    [
      'killed while it is stopped',
      async () => {
        store?.signal('SIGSTOP');
        await pause(TIMEOUT * 1500);
        await store?.kill();
        await store?.run();
      },
    ],
  ])('%s', (_, disturb) => {
    it.each(partOf(MODES, { oneOf: 2 }))(
      'loses nothing acknowledged, and the proxies go on (%s)',
      async (mode) => {
        const [client] = clients;
        // a Swift that this process did not start is not killed
        if (!client) return;
        const pair = await newPair(client, mode);
        const { acknowledged, statuses, end } = writing(pair);
        try {
          await eventually('it is written', () => acknowledged.length > 10);
          await disturb();
          const before = acknowledged.length;
          await eventually('it is written again', () => acknowledged.length > before + 10);
        } finally {
          await end();
        }
        expect([...statuses].filter((status) => ![0, 201, 503].includes(status))).toEqual([]);
        for (const [i, each] of clients.entries()) {
          const { status } = await each.ask(
            'PUT',
            pathOf(pair.container, OBJECT),
            {},
            `after ${i}`,
          );
          expect(status).toBe(201);
        }
        const there = await found(client, pair);
        expect(acknowledged.filter((body) => !there.includes(body))).toEqual([]);
        expect(there.length).toBe(new Set(there).size);
      },
    );
  });
}

describeWithRedis('a store behind two proxies that is', () => {
  describe('of our own', () => restarts(() => KillableStore.embedded()));
  if (IS_DEEP) describeWithSwift('a Swift', () => restarts(() => KillableStore.swift()));
});
