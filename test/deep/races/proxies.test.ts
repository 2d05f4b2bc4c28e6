import { eventually, pause } from '../../support/running/eventually';
import type { Client } from '../../support/clients/client';
import {
  MODE_HEADER,
  MODES,
  newContainer,
  newPair,
  pathOf,
  type Pair,
} from '../../support/clients/containers';
import {
  processConfiguration,
  startProxyProcess,
  type ProxyProcess,
} from '../../support/servers/proxy_process';
import { found, OBJECT, race, writeTo, type Write } from '../../support/judges/races';
import { bodiesOf, newContainerWithIds, versionsIn } from '../../support/clients/with_ids';
import { describeWithRedis, TestRedis } from '../../support/servers/redis';
import { describeWithSwift, login } from '../../support/servers/swift';
import { depth, partOf } from '../../support/running/depth';

/** In milliseconds; short, so that tests need not wait long. */
const LEASE = 2000;
/** The number of simultaneous writers, and of writes by each. */
const WRITERS = depth({ gate: 12, deep: 32 });
const TIMES = depth({ gate: 1, deep: 20 });

describeWithRedis('two proxies that share a Redis', () => {
  describeWithSwift('over a Swift', ({ plain }) => {
    let redis: TestRedis;
    let proxies: [ProxyProcess, ProxyProcess];
    let clients: [Client, Client];
    beforeAll(async () => {
      redis = await TestRedis.start();
      const defaults = `redis_url = ${redis.url}\nlock_lease = ${LEASE / 1000}`;
      const start = (workers: number) =>
        startProxyProcess(processConfiguration(plain, workers, defaults));
      proxies = [await start(1), await start(2)];
      clients = [await login(proxies[0].url, 'tester'), await login(proxies[1].url, 'tester')];
    });
    afterAll(async () => {
      expect(await Promise.all(proxies.map((proxy) => proxy.stop()))).toEqual([0, 0]);
      await redis.stop();
    });

    /** Writes through both proxies in turn; a missing response is status 0. */
    function throughBoth(container: string): Write {
      const writes = clients.map((client) => writeTo(client, container));
      let turn = 0;
      return (body) => writes[turn++ % 2]!(body).catch(() => 0);
    }

    /** Expects that everything acknowledged exists once, and that both proxies write. */
    async function nothingIsLost(pair: Pair, acknowledged: readonly string[]): Promise<void> {
      for (const [i, client] of clients.entries()) {
        await eventually(`proxy ${i} writes`, async () => {
          const { status } = await client.ask(
            'PUT',
            pathOf(pair.container, OBJECT),
            {},
            `after ${i}`,
          );
          return status === 201;
        });
      }
      const there = await found(clients[0], pair);
      expect(acknowledged.filter((body) => !there.includes(body))).toEqual([]);
      expect(there.length).toBeGreaterThanOrEqual(acknowledged.length + 2);
    }

    it.each(partOf(MODES, { oneOf: 2 }))(
      'lose no body of many writers of one object (%s)',
      async (mode) => {
        const pair = await newPair(clients[0], mode);
        const write = throughBoth(pair.container);
        const { acknowledged, statuses } = await race(WRITERS, TIMES, 'writer', write);
        expect(statuses).toEqual([201]);
        expect(await found(clients[1], pair)).toEqual(acknowledged.sort());
      },
      300_000,
    );

    it('lose no version of many writers of one object whose versions have ids, which sort as they were acknowledged', async () => {
      const container = await newContainerWithIds(clients[0]);
      const ids = new Map<string, string>();
      let turn = 0;
      const { acknowledged, statuses } = await race(WRITERS, TIMES, 'writer', async (body) => {
        const writer = clients[turn++ % 2] ?? clients[0];
        const before = [...ids.values()].sort().at(-1) ?? '';
        const { status, headers } = await writer.ask('PUT', pathOf(container, OBJECT), {}, body);
        const id = headers.get('x-object-version-id') ?? '';
        expect(id > before).toBe(true);
        ids.set(body, id);
        return status;
      });
      expect(statuses).toEqual([201]);
      expect(acknowledged).toHaveLength(WRITERS * TIMES);
      const versions = await versionsIn(clients[1], container);
      expect(versions.map(({ version_id }) => version_id)).toEqual(
        [...ids.values()].sort().reverse(),
      );
      expect(versions.map(({ is_latest }) => is_latest)).toEqual(versions.map((_, i) => i === 0));
      expect(await bodiesOf(clients[1], container, OBJECT, versions)).toEqual(
        new Map([...ids].map(([body, id]) => [id, body])),
      );
      const last = versions[0]?.version_id ?? '';
      const now = await clients[0].ask('GET', pathOf(container, OBJECT));
      expect(now.headers.get('x-object-version-id')).toBe(last);
      expect(ids.get(now.body.toString())).toBe(last);
    }, 300_000);

    it('have a setting in force in both once it is answered', async () => {
      const [one, other] = clients;
      const archive = await newContainer(one, 'archive');
      const container = await newContainer(one);
      for (let round = 0, versions = 0; round < depth({ gate: 4, deep: 10 }); round++) {
        const isOn = round % 2 === 0;
        const headers: Record<string, string> = isOn
          ? { [MODE_HEADER.history]: archive }
          : { 'X-Remove-History-Location': 'x' };
        expect(
          (await (round % 3 === 0 ? other : one).ask('POST', `/${container}`, headers)).status,
        ).toBe(204);
        for (const client of [other, one, other, one]) {
          const before = await client.ask('HEAD', pathOf(container, OBJECT));
          await client.ask('PUT', pathOf(container, OBJECT), {}, `${round}`);
          if (isOn && before.status !== 404) versions++;
          expect(await one.names(archive)).toHaveLength(versions);
        }
      }
    });

    describe.each<[string, () => Promise<void>]>(
      partOf<[string, () => Promise<void>]>(
        [
          [
            'Redis is killed and started again, empty',
            async () => {
              await redis.kill();
              await pause(500);
              await redis.run();
            },
          ],
          [
            'Redis is paused for longer than a lease',
            () => paused((signal) => redis.signal(signal)),
          ],
          [
            'a proxy is paused for longer than a lease',
            () => paused((signal) => void process.kill(proxies[0].pid, signal)),
          ],
        ],
        { oneOf: 3 },
      ),
    )('lose nothing while %s', (_, disturb) => {
      it.each(partOf(MODES, { oneOf: 2 }))('in the mode %s', async (mode) => {
        const pair = await newPair(clients[0], mode);
        const write = throughBoth(pair.container);
        let isDone = false;
        const statuses = new Set<number>();
        const acknowledged: string[] = [];
        const writing = Promise.all(
          Array.from({ length: 8 }, async (_, writer) => {
            for (let time = 0; !isDone; time++) {
              const body = `writer ${writer}, time ${time}`;
              const status = await write(body);
              statuses.add(status);
              if (status === 201) acknowledged.push(body);
              else await pause(50);
            }
          }),
        );
        await eventually('20 writes', () => acknowledged.length > 20);
        await disturb();
        const before = acknowledged.length;
        await eventually('it goes on', () => acknowledged.length > before + 20);
        isDone = true;
        await writing;
        expect([...statuses].filter((status) => ![0, 201, 503].includes(status))).toEqual([]);
        await nothingIsLost(pair, acknowledged);
      });
    });

    it('without Redis read, write what has no versions, and refuse the rest and to change settings', async () => {
      const [client] = clients;
      const pair = await newPair(client, 'history');
      const ordinary = await newContainer(client);
      const target = pathOf(pair.container, OBJECT);
      await client.ask('PUT', target, {}, 'kept');
      await redis.kill();
      try {
        expect((await client.ask('PUT', pathOf(ordinary, OBJECT), {}, 'x')).status).toBe(201);
        expect(
          (await client.ask('POST', `/${ordinary}`, { 'X-Container-Meta-A': 'b' })).status,
        ).toBe(204);
        const refused = await client.ask('PUT', target, {}, 'refused');
        expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '1']);
        const unset = await client.ask('POST', `/${pair.container}`, {
          'X-Remove-History-Location': 'x',
        });
        expect([unset.status, unset.headers.get('retry-after')]).toEqual([503, '1']);
        expect(unset.body.toString()).toContain('nothing was changed');
        expect((await client.ask('GET', target)).body.toString()).toBe('kept');
        const { headers } = await client.ask('HEAD', `/${pair.container}`);
        expect(headers.get('x-history-location')).toBe(pair.archive);
      } finally {
        await redis.run();
      }
      await nothingIsLost(pair, ['kept']);
    });
  });
});

async function paused(signal: (signal: NodeJS.Signals) => void): Promise<void> {
  signal('SIGSTOP');
  await pause(2 * LEASE);
  signal('SIGCONT');
}
