import { randomUUID } from 'node:crypto';
import type { RunningServer } from '../../../src/server/serve';
import type { Client } from '../../support/client';
import { startProxy } from '../../support/proxy';
import { describeWithSwift, login } from '../../support/swift';

/** The same on Swift with versions of its own and through the proxy, but for the order in which parts go. */
describeWithSwift('DELETE ?multipart-manifest=delete', ({ plain, versioned }) => {
  let proxy: RunningServer;
  let sides: Client[];
  beforeAll(async () => {
    proxy = await startProxy(plain);
    sides = [await login(versioned, 'tester'), await login(proxy.url, 'tester')];
  });
  afterAll(() => proxy.close());

  /** Containers for a large object, its segments and their archive; a large object of two segments in them. */
  async function largeObject(
    client: Client,
    manifests: Record<string, string>,
    segments: Record<string, string>,
  ) {
    const id = randomUUID();
    const [container, parts, archive] = [`m-${id}`, `s-${id}`, `a-${id}`];
    const locate = (headers: Record<string, string>) =>
      Object.fromEntries(Object.keys(headers).map((name) => [name, archive]));
    await client.ask('PUT', `/${archive}`);
    await client.ask('PUT', `/${container}`, locate(manifests));
    await client.ask('PUT', `/${parts}`, locate(segments));
    for (const each of ['1', '2']) await client.ask('PUT', `/${parts}/${each}`, {}, each);
    const manifest = JSON.stringify(['1', '2'].map((each) => ({ path: `/${parts}/${each}` })));
    const put = await client.ask('PUT', `/${container}/slo?multipart-manifest=put`, {}, manifest);
    expect(put.status).toBe(201);
    const left = async () => ({
      manifests: await client.names(container),
      segments: await client.names(parts),
      archive: (await client.names(archive)).map((name) => name.replace(/\d{10}\.\d{5}$/, 'T')).sort(),
    });
    return { path: `/${container}/slo`, left };
  }

  const cases: [string, Record<string, string>, Record<string, string>][] = [
    ['nothing versioned', {}, {}],
    ['a history of manifests', { 'X-History-Location': '' }, {}],
    ['a stack of manifests', { 'X-Versions-Location': '' }, {}],
    ['a history of segments', {}, { 'X-History-Location': '' }],
    ['a history of both', { 'X-History-Location': '' }, { 'X-History-Location': '' }],
  ];

  it.each(cases)('with %s', async (_, manifests, segments) => {
    const ends = await Promise.all(
      sides.map(async (client) => {
        const { path, left } = await largeObject(client, manifests, segments);
        const { status, body } = await client.ask('DELETE', `${path}?multipart-manifest=delete`);
        return { status, body: body.toString(), left: await left() };
      }),
    );
    expect(ends[0]?.body).toContain('Number Deleted: 3');
    expect(ends[1]).toEqual(ends[0]);
  });

  it.each(['application/json', 'application/xml', 'text/plain'])('tells the result as %s', async (type) => {
    const ends = await Promise.all(
      sides.map(async (client) => {
        const { path } = await largeObject(client, { 'X-History-Location': '' }, {});
        const { headers, body } = await client.ask('DELETE', `${path}?multipart-manifest=delete`, {
          Accept: type,
        });
        const text = body.toString().trim();
        return {
          type: headers.get('content-type'),
          text: type.endsWith('json') ? (JSON.parse(text) as object) : text,
        };
      }),
    );
    expect(ends[1]).toEqual(ends[0]);
  });

  it('restores the version before, and deletes what was current with its segments', async () => {
    const ends = await Promise.all(
      sides.map(async (client) => {
        const { path, left } = await largeObject(client, { 'X-Versions-Location': '' }, {});
        const manifest = (await client.ask('GET', `${path}?multipart-manifest=get&format=raw`)).body;
        await client.ask('PUT', path, {}, 'not large');
        await client.ask('PUT', `${path}?multipart-manifest=put`, {}, manifest);
        const { body } = await client.ask('DELETE', `${path}?multipart-manifest=delete`);
        const current = (await client.ask('GET', path)).body.toString();
        return { body: body.toString(), current, left: await left() };
      }),
    );
    expect(ends[0]?.current).toBe('not large');
    expect(ends[1]).toEqual(ends[0]);
  });

  it('deletes nothing of what may not be deleted, or cannot be archived', async () => {
    const client = sides[1] as Client;
    const { path, left } = await largeObject(client, { 'X-History-Location': '' }, {});
    const before = await left();
    const stranger = await login(proxy.url, 'tester3');
    const refused = await stranger.send('DELETE', `${client.account}${path}?multipart-manifest=delete`);
    expect(refused.body.toString()).toContain('403 Forbidden');
    expect(await left()).toEqual(before);

    const container = path.split('/')[1] ?? '';
    await client.ask('POST', `/${container}`, { 'X-History-Location': 'no-such-container' });
    const failed = await client.ask('DELETE', `${path}?multipart-manifest=delete`);
    expect(failed.body.toString()).toContain('412 Precondition Failed');
    expect(await left()).toEqual(before);
  });
});
