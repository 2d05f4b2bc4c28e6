import { randomUUID } from 'node:crypto';
import { readAll } from '../../../src/http/body';
import { quote } from '../../../src/http/bytes';
import { Headers } from '../../../src/http/headers';
import type { App } from '../../../src/plugin/plugin';
import { type RunningServer } from '../../../src/server/serve';
import { createEmbeddedApp } from '../../../src/stores/embedded/app';
import { openStorage } from '../../../src/stores/embedded/storage/lmdb_storage';
import { SwiftStore } from '../../../src/versioning/store/swift_store';
import type { ObjectRef } from '../../../src/versioning/store/store';
import { storeSuite, type StoreFixture } from '../../conformance/store';
import { clientRequest, upstreamFixture } from '../../support/stores/upstream_store';
import { anyAuthority } from '../../support/stores/authority';
import { serveConfiguration } from '../../support/servers/serve_configuration';
import { temporaryFolders } from '../../support/running/temporary_folders';

const folder = temporaryFolders();
const opened: App[] = [];
let server: RunningServer | undefined;
afterAll(async () => {
  for (const app of opened) await app.close();
  await server?.close();
});

/** The app in this process, as the versioning filter sees it. */
async function appFixture(): Promise<StoreFixture> {
  const app = createEmbeddedApp(await openStorage(await folder()));
  opened.push(app);
  const ask = async (method: string, url: string, headers: Headers, body = Buffer.alloc(0)) => {
    const [path = '', query = ''] = url.split('?');
    const all = headers.with('Content-Length', String(body.length));
    const response = await app.handler(
      clientRequest({
        method,
        path,
        query,
        headers: all,
        body,
        authority: 'client',
        authorise: () => undefined,
      }),
    );
    return { ...response, body: await readAll(response.body, 1e9) };
  };
  const account = 'AUTH_test';
  const path = ({ container, object }: ObjectRef) =>
    `/v1/${account}/${quote(container)}/${quote(object)}`;
  return {
    store: new SwiftStore(
      app.handler,
      clientRequest({ headers: Headers.none, authority: anyAuthority(app.power) }),
    ),
    account,
    createContainer: async (suffix) => {
      const name = `store-${randomUUID()}${suffix}`;
      await ask('PUT', `/v1/${account}/${quote(name)}`, Headers.none);
      return name;
    },
    absentContainer: () => `none-${randomUUID()}`,
    put: async (at, body, headers = {}, query = '') => {
      const { status } = await ask(
        'PUT',
        `${path(at)}?${query}`,
        Headers.of(headers),
        Buffer.from(body),
      );
      expect(status).toBe(201);
    },
    get: async (at) => {
      const { status, headers, body } = await ask(
        'GET',
        `${path(at)}?multipart-manifest=get&symlink=get`,
        Headers.none,
      );
      if (status === 404) return undefined;
      return { body: body?.toString() ?? '', header: (name) => headers.get(name) };
    },
  };
}

/** Starts a server of ours to put another one in front of. */
async function startEmbedded(): Promise<string> {
  const config = `[DEFAULT]
bind_port = 0
[pipeline:main]
pipeline = catch_errors healthcheck proxy-logging tempauth embedded
[filter:tempauth]
user_test_tester = testing .admin
user_test_tester3 = testing3
user_admin_admin = admin .admin .reseller_admin
[app:embedded]
data = ${await folder()}
`;
  server ??= await serveConfiguration(config);
  return server.url;
}

storeSuite('the embedded app', appFixture);
storeSuite('a server with the embedded app, in the name of a service user', async () => {
  const url = await startEmbedded();
  return upstreamFixture(
    url,
    { auth_url: `${url}/auth/v1.0`, auth_user: 'admin:admin', auth_key: 'admin' },
    opened,
  );
});
storeSuite("a server with the embedded app, with the client's own token", async () =>
  upstreamFixture(await startEmbedded(), {}, opened),
);

describe('an object that has as much metadata as there can be', () => {
  it('is copied without notes', async () => {
    const fixture = await appFixture();
    const { store, account } = fixture;
    const at = { account, container: await fixture.createContainer(''), object: 'o' };
    const metadata = Array.from({ length: 90 }, (_, i) => [`X-Object-Meta-Key-${i}`, `${i}`]);
    await fixture.put(at, 'body', Object.fromEntries(metadata) as Record<string, string>);
    const copy = { ...at, object: 'copy' };
    expect(await store.copy(at, copy, { restored: ['1234567890.00001'] })).toBe(true);
    expect((await fixture.get(copy))?.header('x-object-meta-key-89')).toBe('89');
    expect((await store.stat(copy))?.notes).toEqual({});
  });
});
