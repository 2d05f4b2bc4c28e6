import { createServer, request, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { Client } from '../../support/clients/client';
import { Headers } from '../../../src/http/headers';
import { newPair, pathOf, put } from '../../support/clients/containers';
import { embeddedConfiguration, loginTo } from '../../support/servers/embedded_process';
import { eventually } from '../../support/running/eventually';
import { startProxy } from '../../support/servers/proxy';
import { startProxyProcess } from '../../support/servers/proxy_process';
import { describeWithRedis, TestRedis } from '../../support/servers/redis';
import { temporaryFolders } from '../../support/running/temporary_folders';

const newFolder = temporaryFolders();

describeWithRedis('what Redis loses', () => {
  let redis: TestRedis;
  beforeEach(async () => (redis = await TestRedis.start()));
  afterEach(() => redis.stop());

  it('is not written: a body whose lock was lost on its way changes nothing', async () => {
    const configuration = embeddedConfiguration(await newFolder()).replace(
      '[DEFAULT]',
      `[DEFAULT]\nredis_url = ${redis.url}\nlock_lease = 1`,
    );
    const server = await startProxyProcess(configuration);
    try {
      const client = await loginTo(server.url);
      const pair = await newPair(client, 'history');
      await put(client, pair.container, 'o', 'before');
      const req = request(server.url + client.account + pathOf(pair.container, 'o'), {
        method: 'PUT',
        headers: {
          'X-Auth-Token': client.credentials.get('x-auth-token'),
          'Content-Length': 300_000,
        },
      });
      const answered = once(req, 'response') as Promise<[IncomingMessage]>;
      // a server that has responded need not read on
      req.on('error', () => undefined);
      req.write(Buffer.alloc(200_000));
      const key = `hindsight:mutex:AUTH_test/${pair.container}/o`;
      await eventually('it is locked', async () =>
        (await redis.ask(`EXISTS ${key}`)).startsWith(':1'),
      );
      expect(await redis.ask(`DEL ${key}`)).toMatch(/^:1/);
      await eventually('another may have it', async () => {
        const { status } = await client.ask('PUT', pathOf(pair.container, 'o'), {}, 'by another');
        return status === 201;
      });
      req.end(Buffer.alloc(100_000));
      const [response] = await answered;
      response.resume();
      expect(response.statusCode).toBe(503);
      const { body } = await client.ask('GET', pathOf(pair.container, 'o'));
      expect(body.toString()).toBe('by another');
    } finally {
      expect(await server.stop()).toBe(0);
    }
  });

  it('is told: a change of a setting that not every proxy could be notified of', async () => {
    const store = createServer((req, res) => {
      req.resume();
      // the first POST changes nothing: it checks the right to do so
      if (req.headers['x-container-meta-hindsight-versions-mode'] !== undefined)
        void redis.kill().then(() => res.writeHead(204).end());
      else res.writeHead(204).end();
    });
    await new Promise<void>((resolve) => store.listen(0, '127.0.0.1', resolve));
    const { port } = store.address() as AddressInfo;
    const proxy = await startProxy(`http://127.0.0.1:${port}`, {
      service: false,
      defaults: `redis_url = ${redis.url}`,
    });
    try {
      const client = new Client(proxy.url, Headers.none, '/v1/AUTH_test');
      const changed = await client.ask('POST', '/c', { 'X-History-Location': 'archive' });
      expect([changed.status, changed.headers.get('retry-after')]).toEqual([503, '1']);
      expect(changed.body.toString()).toContain(
        'the store answered 204, but not every proxy could be notified',
      );
      const again = await client.ask('POST', '/c', { 'X-History-Location': 'archive' });
      expect(again.status).toBe(503);
      expect(again.body.toString()).toContain('nothing was changed');
    } finally {
      await proxy.close();
      store.close();
    }
  });
});
