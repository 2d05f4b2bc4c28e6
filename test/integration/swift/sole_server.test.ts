import { newContainer, newPair, pathOf } from '../../support/clients/containers';
import { eventually } from '../../support/running/eventually';
import { serviceUser, startExpressApp } from '../../support/servers/express_app';
import { startProxy } from '../../support/servers/proxy';
import {
  processConfiguration,
  startProxyProcess,
  type ProxyProcess,
} from '../../support/servers/proxy_process';
import { describeWithSwift, login } from '../../support/servers/swift';

describeWithSwift('a server that looks for others over its Swift', ({ plain }) => {
  let server: ProxyProcess;
  beforeAll(async () => {
    server = await startProxyProcess(processConfiguration(plain, 2, '', true));
  });
  afterAll(() => server.stop());

  const write = async (url: string, container: string, body: string) => {
    const client = await login(url, 'tester');
    return client.ask('PUT', pathOf(container, 'o'), {}, body);
  };

  it('lets no other start, also one without workers, and says why', async () => {
    await expect(startProxy(plain, { check: true })).rejects.toThrow(
      `another server writes to this store, and the two do not share their locks: host`,
    );
    await expect(startProxy(plain, { check: true })).rejects.toThrow(`pid ${server.pid}`);
    await expect(startProxyProcess(processConfiguration(plain, 2, '', true))).rejects.toThrow(
      'ended with 1',
    );
  });

  it('goes on itself, and an Express app besides it reads, writes what has no versions, and refuses the rest', async () => {
    const client = await login(server.url, 'tester');
    const { container } = await newPair(client, 'history');
    const ordinary = await newContainer(client);
    const app = await startExpressApp(plain, { ...serviceUser(plain), sole_server_check: true });
    try {
      expect((await write(app.url, ordinary, 'x')).status).toBe(201);
      await eventually('it has found the other', async () => {
        const refused = await write(app.url, container, 'from the app');
        expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '1']);
        return refused.body.toString().includes(`pid ${server.pid}`);
      });
      const change = await login(app.url, 'tester');
      const refused = await change.ask('POST', `/${container}`, {
        'X-Remove-History-Location': 'x',
      });
      expect(refused.status).toBe(503);
      for (const body of ['one', 'two'])
        expect((await write(server.url, container, body)).status).toBe(201);
      expect((await write(app.url, ordinary, 'x')).status).toBe(201);
      expect((await client.ask('GET', pathOf(container, 'o'))).body.toString()).toBe('two');
    } finally {
      await app.close();
    }
  });

  it('starts again at once where it was killed', async () => {
    await server.stop('SIGKILL');
    server = await startProxyProcess(processConfiguration(plain, 1, '', true));
    const { container } = await newPair(await login(server.url, 'tester'), 'stack');
    expect((await write(server.url, container, 'x')).status).toBe(201);
  });

  it('says where it cannot look, for want of a service user', async () => {
    const lines: unknown[] = [];
    const proxy = await startProxy(plain, {
      service: false,
      check: true,
      onLog: ({ msg }) => lines.push(msg),
    });
    await proxy.close();
    expect(lines).toContainEqual(expect.stringContaining('there is no check for other servers'));
  });
});
