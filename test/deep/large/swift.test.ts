import { hashOf, hashOfBigBody, putBig } from '../../support/clients/big_body';
import type { Client } from '../../support/clients/client';
import { newPair, pathOf, type Pair } from '../../support/clients/containers';
import {
  processConfiguration,
  startProxyProcess,
  type ProxyProcess,
} from '../../support/servers/proxy_process';
import { describeWithSwift, login } from '../../support/servers/swift';
import { depth } from '../../support/running/depth';

const MIB = 1024 * 1024;
/** HINDSIGHT_LARGE_MIB sets smaller sizes, for quick runs. */
const SIZE = Number(process.env['HINDSIGHT_LARGE_MIB'] ?? depth({ gate: 160, deep: 2048 })) * MIB;
const MAX_MEMORY = 200 * MIB;
const OBJECT = 'large';

describeWithSwift(`an object of ${SIZE / MIB} MiB`, ({ plain }) => {
  let proxy: ProxyProcess | undefined;
  const pairs: [client: Client, pair: Pair][] = [];
  beforeAll(async () => {
    proxy = await startProxyProcess(processConfiguration(plain));
  });
  afterAll(async () => {
    for (const [client, { container }] of pairs) {
      // large, and Swift may outlive this test; in stack mode each DELETE removes one
      // version
      for (let status = 204; status === 204;)
        ({ status } = await client.ask('DELETE', pathOf(container, OBJECT)));
    }
    await proxy?.stop();
  }, 600_000);

  it(
    'is put, overwritten, read and restored in little memory',
    async () => {
      const client = await login(proxy!.url, 'tester');
      const pair = await newPair(client, 'stack');
      pairs.push([client, pair]);
      const path = pathOf(pair.container, OBJECT);
      expect(await putBig(client, path, 'first', SIZE)).toBe(201);
      expect(await putBig(client, path, 'second', SIZE)).toBe(201);
      expect(await hashOf(client, path)).toBe(await hashOfBigBody('second', SIZE));
      const [name = ''] = await client.names(pair.archive);
      const first = await hashOfBigBody('first', SIZE);
      expect(await hashOf(client, pathOf(pair.archive, name))).toBe(first);
      expect((await client.ask('DELETE', path)).status).toBe(204);
      expect(await hashOf(client, path)).toBe(first);
      expect(await client.names(pair.archive)).toEqual([]);
      expect(proxy!.peakMemory()).toBeLessThan(MAX_MEMORY);
    },
    20 * 60_000,
  );
});
