import { randomUUID } from 'node:crypto';
import type { Handler } from '../../../src/swift_api/message';
import type { Config } from '../../../src/pipeline/load';
import type { RunningServer } from '../../../src/server/serve';
import type { Client } from '../../support/clients/client';
import { startProxy, type ProxyOptions } from '../../support/servers/proxy';
import { describeWithSwift, login, type SwiftUrls } from '../../support/servers/swift';

/** Requests that reached a store which was to delete segments by itself. */
const delegated: string[] = [];
const noting = (config: Config): Config => ({
  ...config,
  createApp: async (...args) => {
    const app = await config.createApp(...args);
    const handler: Handler = (request) => {
      if (request.query.includes('multipart-manifest=delete')) delegated.push(request.path);
      return app.handler(request);
    };
    return { ...app, handler };
  },
});

/**
 * The same on Swift with versions of its own and through the proxy, except for the order
 * in which parts are deleted.
 */
const suite = (swift: SwiftUrls, options: ProxyOptions = {}) => {
  const isAll = options.filter === undefined;
  const { plain, versioned } = swift;
  let proxy: RunningServer;
  let sides: Client[];
  beforeAll(async () => {
    proxy = await startProxy(plain, options);
    sides = [await login(versioned, 'tester'), await login(proxy.url, 'tester')];
  });
  afterAll(() => proxy.close());

  /**
   * Makes containers for a large object, its segments and their archive, and a large
   * object of two segments in them.
   */
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
      archive: (await client.names(archive))
        .map((name) => name.replace(/\d{10}\.\d{5}$/, 'T'))
        .sort(),
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

  it.each(isAll ? cases : cases.slice(0, 1))('with %s', async (_, manifests, segments) => {
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

  if (isAll) {
    it.each(['application/json', 'application/xml', 'text/plain'])(
      'tells the result as %s',
      async (type) => {
        const ends = await Promise.all(
          sides.map(async (client) => {
            const { path } = await largeObject(client, { 'X-History-Location': '' }, {});
            const { headers, body } = await client.ask(
              'DELETE',
              `${path}?multipart-manifest=delete`,
              {
                Accept: type,
              },
            );
            const text = body.toString().trim();
            return {
              type: headers.get('content-type'),
              text: type.endsWith('json') ? (JSON.parse(text) as object) : text,
            };
          }),
        );
        expect(ends[1]).toEqual(ends[0]);
      },
    );

    it('restores the version before, and deletes what was current with its segments', async () => {
      const ends = await Promise.all(
        sides.map(async (client) => {
          const { path, left } = await largeObject(client, { 'X-Versions-Location': '' }, {});
          const manifest = (await client.ask('GET', `${path}?multipart-manifest=get&format=raw`))
            .body;
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
      const refused = await stranger.send(
        'DELETE',
        `${client.account}${path}?multipart-manifest=delete`,
      );
      expect(refused.body.toString()).toContain('403 Forbidden');
      expect(await left()).toEqual(before);

      const container = path.split('/')[1] ?? '';
      await client.ask('POST', `/${container}`, { 'X-History-Location': 'no-such-container' });
      const failed = await client.ask('DELETE', `${path}?multipart-manifest=delete`);
      expect(failed.body.toString()).toContain('412 Precondition Failed');
      expect(await left()).toEqual(before);
    });
  }

  it('tells what there is not, what is no large object, and what it cannot read', async () => {
    const ends = await Promise.all(
      sides.map(async (client) => {
        const { path, left } = await largeObject(client, {}, {});
        const [, container = ''] = path.split('/');
        const make = (name: string, paths: string[]) => {
          const manifest = JSON.stringify(paths.map((each) => ({ path: each })));
          return client.ask('PUT', `/${container}/${name}?multipart-manifest=put`, {}, manifest);
        };
        const ask = async (name: string, more = '') => {
          const target = `/${container}/${name}?multipart-manifest=delete${more}`;
          const { status, body } = await client.ask('DELETE', target, {
            Accept: 'application/json',
          });
          return [name, status, body.toString().replaceAll(container, 'C')];
        };
        await client.ask('PUT', `/${container}/text%20%C3%A9`, {}, 'no manifest');
        await make('inner', [`/${container}/text é`]);
        await make('outer', [path, `/${container}/inner`]);
        await client.ask('DELETE', path);
        const told = [
          await ask('none'),
          await ask('text%20%C3%A9'),
          await ask('outer'),
          await ask('none', '&async=yes'),
        ];
        return { told, left: await left() };
      }),
    );
    expect(JSON.stringify(ends[0]?.told)).toContain('Not an SLO manifest');
    expect(ends[1]).toEqual(ends[0]);
  });

  it.each(['application/json', 'application/xml', 'text/plain', 'image/png'])(
    'tells the result as %s if nothing is versioned',
    async (type) => {
      const ends = await Promise.all(
        sides.map(async (client) => {
          const { path } = await largeObject(client, {}, {});
          const target = `${path}?multipart-manifest=delete`;
          const { headers, body } = await client.ask('DELETE', target, { Accept: type });
          return { type: headers.get('content-type'), text: body.toString() };
        }),
      );
      expect(ends[1]).toEqual(ends[0]);
    },
  );
};

describeWithSwift('DELETE ?multipart-manifest=delete', (swift) => suite(swift));

describeWithSwift('DELETE ?multipart-manifest=delete, part by part', (swift) => {
  beforeAll(() => delegated.splice(0));
  suite(swift, { filter: 'allow_object_versioning = true', changed: noting });
  it('leaves no manifest to the store, which would read it anew', () =>
    expect(delegated).toEqual([]));
});
