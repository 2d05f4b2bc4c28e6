import { ConfigError, versionedWrites, type VersionedWritesOptions } from '../../../src';
import { Headers } from '../../../src/http/headers';
import { Client } from '../../support/clients/client';
import {
  bodies,
  current,
  MODE_HEADER,
  newContainer,
  newPair,
  pathOf,
  put,
} from '../../support/clients/containers';
import { serviceUser, startExpressApp, type ExpressApp } from '../../support/servers/express_app';
import { FORM_TYPE, formBody, LIMITS, signForm } from '../../support/clients/forms';
import { RawRequest } from '../../support/clients/raw_request';
import { describeWithSwift, login } from '../../support/servers/swift';
import { temporary } from '../../support/clients/temp_urls';

const OBJECT = 'folder/object';

describeWithSwift('versionedWrites in an Express app', ({ plain }) => {
  let app: ExpressApp;
  beforeAll(async () => {
    app = await startExpressApp(plain);
  });
  afterAll(() => app.close());

  const passed = async (what: () => Promise<unknown>): Promise<string[]> => {
    const before = app.passedOn.length;
    await what();
    return app.passedOn.slice(before);
  };

  it("leaves the login and the reading of objects to the app's own proxy", async () => {
    let client: Client | undefined;
    expect(await passed(async () => (client = await login(app.url, 'tester')))).toEqual([
      'GET /auth/v1.0',
    ]);
    const container = await newContainer(client!);
    await put(client!, container, OBJECT, 'read me');
    const path = pathOf(container, OBJECT);
    for (const method of ['GET', 'HEAD']) {
      let status = 0;
      expect(await passed(async () => ({ status } = await client!.ask(method, path)))).toEqual([
        `${method} ${client!.account}${path}`,
      ]);
      expect(status).toBe(200);
    }
  });

  it('keeps what is written away from it, and versions that', async () => {
    const client = await login(app.url, 'tester');
    const all = await passed(async () => {
      const { container, archive } = await newPair(client, 'history');
      const source = await newContainer(client);
      const path = pathOf(container, OBJECT);
      await client.ask('PUT', pathOf(source, 'source'), {}, 'copied');
      expect((await client.ask('PUT', path, {}, 'one')).status).toBe(201);
      expect((await client.ask('PUT', path, {}, 'two')).status).toBe(201);
      const copied = await client.ask('COPY', pathOf(source, 'source'), { Destination: path });
      expect(copied.status).toBe(201);
      expect(
        (await client.ask('PUT', path, { 'X-Copy-From': pathOf(source, 'source') })).status,
      ).toBe(201);
      expect((await client.ask('POST', path, { 'X-Object-Meta-A': 'b' })).status).toBe(202);
      expect((await client.ask('DELETE', path)).status).toBe(204);
      expect((await client.ask('HEAD', `/${container}`)).headers.get(MODE_HEADER.history)).toBe(
        archive,
      );
      expect(await bodiesDirectly(archive)).toEqual(['one', 'two', 'copied', 'copied']);
    });
    expect(all.filter((each) => !/^(GET|HEAD) /.test(each))).toEqual([]);
  });

  it('versions what is written by temporary URL, and refuses forms', async () => {
    const client = await login(app.url, 'tester');
    const key = { 'X-Container-Meta-Temp-Url-Key': 'key' };
    const { container, archive } = await newPair(client, 'history', key);
    const path = `${client.account}/${container}/object`;
    const anonymous = new Client(app.url, Headers.none);
    const by = (method: string, body?: string) =>
      anonymous.send(method, `${path}?${temporary(method, path, { key: 'key' })}`, {}, body);
    const all = await passed(async () => {
      for (const body of ['one', 'two']) expect((await by('PUT', body)).status).toBe(201);
      expect((await by('DELETE')).status).toBe(204);
      const folder = `${client.account}/${container}/`;
      const form = formBody(signForm(folder, LIMITS, 'key'), [['object', 'three']]);
      expect((await anonymous.send('POST', folder, FORM_TYPE, form)).status).toBe(412);
    });
    expect(all).toEqual([]);
    expect(await bodiesDirectly(archive)).toEqual(['one', 'two']);
  });

  it('gives versions ids where they are allowed, and keeps what holds them to itself', async () => {
    const withIds = await startExpressApp(plain, {
      ...serviceUser(plain),
      allow_object_versioning: true,
    });
    try {
      const client = await login(withIds.url, 'tester');
      const container = await newContainer(client, 'with-ids', { 'X-Versions-Enabled': 'true' });
      for (const body of ['one', 'two']) await put(client, container, OBJECT, body);
      const { headers, body } = await client.ask('GET', pathOf(container, OBJECT));
      const id = headers.get('x-object-version-id') ?? '';
      expect([body.toString(), id]).toEqual(['two', expect.stringMatching(/^\d{10}\.\d{5}$/)]);
      expect(headers.get('content-location')).toContain(`?version-id=${id}`);
      expect((await client.ask('GET', `/.hindsight-versions-${container}`)).status).toBe(404);
      expect((await client.ask('GET', '')).body.toString()).not.toContain('.hindsight-versions-');
    } finally {
      await withIds.close();
    }
  });

  const bodiesDirectly = async (container: string) =>
    bodies(await login(plain, 'tester'), container);

  it('versions a body that is longer than it takes in before it locks', async () => {
    const client = await login(app.url, 'tester');
    const { container, archive } = await newPair(client, 'stack');
    const large = Buffer.alloc(3 * 1024 * 1024, 'large');
    for (const body of [large, Buffer.from('small')])
      expect((await client.ask('PUT', pathOf(container, OBJECT), {}, body)).status).toBe(201);
    expect(await bodies(client, archive)).toEqual([large.toString()]);
    expect((await client.ask('DELETE', pathOf(container, OBJECT))).status).toBe(204);
    expect(await current(client, container, OBJECT)).toBe(large.toString());
  });

  it('lets a client that waits for 100 Continue send its body', async () => {
    const client = await login(app.url, 'tester');
    const { container, archive } = await newPair(client, 'stack');
    await put(client, container, OBJECT, 'one');
    const headers = { 'Content-Length': '3', Expect: '100-continue', Connection: 'close' };
    const request = await RawRequest.begin(client, 'PUT', pathOf(container, OBJECT), headers);
    try {
      await request.answered('HTTP/1.1 100 Continue');
      await request.write('two');
      await request.answered('HTTP/1.1 201 Created');
    } finally {
      request.leave();
    }
    expect(await bodies(client, archive)).toEqual(['one']);
  });

  describe('has no way around it by the spelling of a path', () => {
    const spellings: readonly (readonly [
      name: string,
      path: (account: string, container: string) => string,
    ])[] = [
      ['a doubled slash in front', (account, container) => `/${account}/${container}/o`],
      [
        'a doubled slash before the container',
        (account, container) => `${account}//${container}/o`,
      ],
      ['a backslash in front', (account, container) => `\\${account.slice(1)}/${container}/o`],
      ['backslashes', (account, container) => `${account.replaceAll('/', '\\')}\\${container}\\o`],
      ['..', (account, container) => `/auth/..${account}/${container}/o`],
      ['.. of the object', (account, container) => `${account}/x/../${container}/o`],
      ['encoded ..', (account, container) => `/auth/%2e%2e${account}/${container}/o`],
      ['.', (account, container) => `/.${account}/./${container}/o`],
      ['%2F in front', (account, container) => `/%2F${account.slice(1)}/${container}/o`],
      ['%2F before the object', (account, container) => `${account}/${container}%2Fo`],
      [
        '%2F everywhere',
        (account, container) => `/${account.slice(1).replaceAll('/', '%2F')}%2F${container}%2Fo`,
      ],
      [
        'encoded letters',
        (account, container) => `${account.replace('/v1', '/%76%31')}/${container}/%6F`,
      ],
      ['v1.0', (account, container) => `${account.replace('/v1/', '/v1.0/')}/${container}/o`],
      ['the whole URL', (account, container) => `http://somewhere${account}/${container}/o`],
      ['a fragment', (account, container) => `${account}/${container}/o#x`],
      ['an empty query', (account, container) => `${account}/${container}/o?`],
    ];

    it.each(spellings)('%s', async (_name, spell) => {
      const client = await login(app.url, 'tester');
      const { container, archive } = await newPair(client, 'history');
      await put(client, container, 'o', 'before');
      const path = spell(client.account, container);
      for (const method of ['PUT', 'DELETE', 'POST']) {
        const leaked = await passed(() =>
          client.send(method, path, {}, method === 'PUT' ? 'after' : undefined),
        );
        expect(leaked).toEqual([]);
      }
      // whatever the store did with it: the first body is still current or archived
      const now = await current(client, container, 'o');
      expect([now, ...(await bodies(client, archive))]).toContain('before');
    });
  });

  it('refuses options that it does not know or cannot read, by name', () => {
    const wrong: readonly (readonly [Record<string, string | number>, RegExp])[] = [
      [{}, /upstream/],
      [{ upstream: 'ftp://x' }, /upstream: not an http/],
      [{ upstream: `${plain}/v1` }, /upstream: only scheme, host and port/],
      [{ upstream: plain, up_stream: 'x' }, /no option up_stream; known: .*upstream/],
      [
        { upstream: plain, allow_versioned_writes: 'perhaps' },
        /allow_versioned_writes: not a flag/,
      ],
      [{ upstream: plain, lock_wait: 'long' }, /lock_wait: not a number of seconds/],
      [{ upstream: plain, lock_wait: -1 }, /lock_wait: not a number of seconds/],
      [{ upstream: plain, connections: 0 }, /connections: not a whole number from 1/],
      [{ upstream: plain, client_timeout: 'never' }, /client_timeout: not a number of seconds/],
      [{ upstream: plain, auth_url: 'nowhere' }, /auth_url: not an http/],
      [{ upstream: plain, auth_url: `${plain}/auth/v1.0` }, /auth_user: needed with auth_url/],
      [
        { upstream: plain, auth_url: `${plain}/auth/v1.0`, auth_user: 'a:b' },
        /auth_key: needed with auth_url/,
      ],
      [
        { upstream: plain, auth_url: plain, auth_type: 'magic' },
        /auth_type: not known; known: v1, password/,
      ],
    ];
    for (const [options, message] of wrong) {
      const make = () => versionedWrites(options as unknown as VersionedWritesOptions);
      expect(make).toThrow(ConfigError);
      expect(make).toThrow(message);
    }
  });

  it('takes the values of options as text, numbers and booleans', async () => {
    const middlewares = [
      versionedWrites({
        upstream: plain,
        lock_wait: 5,
        connections: 8,
        allow_versioned_writes: false,
      }),
      versionedWrites({
        upstream: plain,
        lock_wait: '5',
        connections: '8',
        allow_versioned_writes: 'no',
      }),
      versionedWrites({ upstream: plain, lock_wait: 0.5, auth_url: undefined }),
    ];
    await Promise.all(middlewares.map((each) => each.close()));
  });
});
