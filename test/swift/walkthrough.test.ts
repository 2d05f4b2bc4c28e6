import type { RunningServer } from '../../src/server/serve';
import { startProxy } from '../support/proxy';
import { describeWithSwift, login } from '../support/swift';

describeWithSwift('the walk-throughs of the Swift manual', ({ plain }) => {
  let proxy: RunningServer;
  beforeAll(async () => {
    proxy = await startProxy(plain);
  });
  afterAll(() => proxy.close());

  it('X-Versions-Location', async () => {
    const client = await login(proxy.url, 'tester');
    expect((await client.ask('PUT', '/walk-archive')).status).toBe(201);
    expect((await client.ask('PUT', '/walk', { 'X-Versions-Location': 'walk-archive' })).status).toBe(201);
    for (const body of ['1', '2'])
      expect((await client.ask('PUT', '/walk/my_object', {}, body)).status).toBe(201);
    expect(await client.names('walk-archive', 'prefix=009my_object')).toEqual([
      expect.stringMatching(/^009my_object\/\d{10}\.\d{5}$/),
    ]);
    expect((await client.ask('DELETE', '/walk/my_object')).status).toBe(204);
    expect(await client.names('walk-archive')).toEqual([]);
    expect((await client.ask('GET', '/walk/my_object')).body.toString()).toBe('1');
  });
});
