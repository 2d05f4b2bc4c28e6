import type { Client } from '../../support/clients/client';
import { MODES, newPair, pathOf } from '../../support/clients/containers';
import { eventually } from '../../support/running/eventually';
import { serviceUser } from '../../support/servers/express_app';
import { startExpressProcess } from '../../support/servers/express_process';
import { processConfiguration, startProxyProcess } from '../../support/servers/proxy_process';
import { found, race, writeTo } from '../../support/judges/races';
import { describeWithRedis, TestRedis } from '../../support/servers/redis';
import { describeWithSwift, login } from '../../support/servers/swift';
import { depth } from '../../support/running/depth';

const WRITERS = 32;
const TIMES = depth({ gate: 1, deep: 5 });

describeWithRedis('two Express apps and a server that share a Redis', () => {
  describeWithSwift('over a Swift', ({ plain }) => {
    const stops: (() => Promise<unknown>)[] = [];
    let clients: Client[];
    beforeAll(async () => {
      const redis = await TestRedis.start();
      stops.push(() => redis.stop());
      const options = { upstream: plain, ...serviceUser(plain), redis_url: redis.url };
      const defaults = `redis_url = ${redis.url}`;
      const urls: string[] = [];
      // each looks for other servers, and accepts those that share its Redis
      for (const start of [
        () => startProxyProcess(processConfiguration(plain, 1, defaults, true)),
        () => startExpressProcess(options),
        () => startExpressProcess(options),
      ]) {
        const running = await start();
        stops.unshift(() => running.stop());
        urls.push(running.url);
      }
      clients = await Promise.all(urls.map((url) => login(url, 'tester')));
    });
    afterAll(async () => {
      for (const stop of stops) await stop();
    });

    it.each(MODES)('lose no body of 32 writers of one object (%s)', async (mode) => {
      const pair = await newPair(clients[0]!, mode);
      for (const client of clients) {
        await eventually('it knows who is there', async () => {
          const { status } = await client.ask('PUT', pathOf(pair.container, 'other'), {}, 'x');
          return status === 201;
        });
      }
      const writes = clients.map((client) => writeTo(client, pair.container));
      let turn = 0;
      const { acknowledged, statuses } = await race(WRITERS, TIMES, 'writer', (body) =>
        writes[turn++ % writes.length]!(body),
      );
      expect(statuses).toEqual([201]);
      expect(await found(clients[1]!, pair)).toEqual(acknowledged.sort());
    });
  });
});
