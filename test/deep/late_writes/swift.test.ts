import { bodies, current, pathOf } from '../../support/clients/containers';
import {
  beginUploads,
  lateWritesSuite,
  REST,
  SETTINGS_WAIT,
  switchOn,
  WAYS,
} from '../../conformance/late_writes';
import {
  processConfiguration,
  startProxyProcess,
  type ProxyProcess,
} from '../../support/servers/proxy_process';
import { describeWithRedis, TestRedis } from '../../support/servers/redis';
import { describeWithSwift, login } from '../../support/servers/swift';
import { describeInDepth, partOf } from '../../support/running/depth';

describeWithSwift('writes under way when versions are switched on', ({ plain }) => {
  const configuration = (workers: number, defaults = '') =>
    processConfiguration(plain, workers, defaults).replace(
      '[filter:versioned_writes]',
      `$&\nsettings_wait = ${SETTINGS_WAIT}`,
    );

  // the gate runs these over the embedded store
  describeInDepth('in one server', () => {
    describe.each([1, 2])('of %d', inOneServer);
  });

  function inOneServer(workers: number): void {
    let proxy: ProxyProcess;
    beforeAll(async () => {
      proxy = await startProxyProcess(configuration(workers));
    });
    afterAll(() => proxy.stop());
    describe.each(WAYS)('to $name', (way) => {
      lateWritesSuite(
        async () => [await login(proxy.url, 'tester'), await login(proxy.url, 'tester')],
        way,
      );
    });
  }

  describeWithRedis('in two that share a Redis', () => {
    let redis: TestRedis;
    let proxies: ProxyProcess[] = [];
    beforeAll(async () => {
      redis = await TestRedis.start();
      const text = configuration(1, `redis_url = ${redis.url}\nlock_lease = 2`);
      proxies = [await startProxyProcess(text), await startProxyProcess(text)];
    });
    afterAll(async () => {
      await Promise.all(proxies.map((proxy) => proxy.stop()));
      await redis.stop();
    });
    describe.each(partOf(WAYS, { oneOf: 2, from: 1 }))('to $name', (way) => {
      lateWritesSuite(
        async () => [
          await login(proxies[0]!.url, 'tester'),
          await login(proxies[1]!.url, 'tester'),
        ],
        way,
      );
    });

    it('one whose server was paused for longer than a lease is broken off, since it cannot have been waited for', async () => {
      const [one, other] = [
        await login(proxies[0]!.url, 'tester'),
        await login(proxies[1]!.url, 'tester'),
      ];
      const { archive, container, path, slow } = await beginUploads(one, 1);
      process.kill(proxies[0]!.pid, 'SIGSTOP');
      try {
        expect((await switchOn(other, container, archive)).status).toBe(204);
        expect((await other.ask('PUT', path, {}, 'after')).status).toBe(201);
        await slow[0]!.write(REST);
      } finally {
        process.kill(proxies[0]!.pid, 'SIGCONT');
      }
      await slow[0]!.answered('HTTP/1.1 503');
      slow[0]!.leave();
      expect(await current(other, container, 'o')).toBe('after');
      expect(await bodies(other, archive)).toEqual(['before']);
    });

    it.each([
      ['let through where the store says that nothing was changed', 201, {}],
      [
        'cut short if the store says that versions were enabled',
        503,
        { 'X-Container-Meta-Hindsight-Versions-Mode': 'history' },
      ],
    ])('without Redis one is %s', async (_, status, metadata: Record<string, string>) => {
      const one = await login(proxies[0]!.url, 'tester');
      const { container, slow } = await beginUploads(one, 1);
      await redis.kill();
      try {
        await (await login(plain, 'tester')).ask('POST', `/${container}`, metadata);
        await slow[0]!.write(REST);
        await slow[0]!.answered(`HTTP/1.1 ${status}`);
      } finally {
        slow[0]!.leave();
        await redis.run();
      }
      const path = pathOf(container, 'o');
      const { body } = await (await login(plain, 'tester')).ask('GET', path);
      expect(body.length).toBe(status === 201 ? 2 * REST.length : 'before'.length);
    });
  });
});
