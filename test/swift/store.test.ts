import { randomUUID } from 'node:crypto';
import { quote } from '../../src/http/bytes';
import { NO_BODY, type Request } from '../../src/http/message';
import type { App } from '../../src/plugin';
import type { ObjectRef } from '../../src/stores/store';
import { createSwiftApp, swift } from '../../src/stores/swift/app';
import { HttpStore } from '../../src/stores/swift/http_store';
import { storeSuite, type StoreFixture } from '../conformance/store';
import { describeWithSwift, login } from '../support/swift';

describeWithSwift('stores over Swift', ({ plain }) => {
  const opened: App[] = [];
  afterAll(() => Promise.all(opened.map((app) => app.close())));

  const fixture = async (service: Record<string, string>): Promise<StoreFixture> => {
    const client = await login(plain, 'tester');
    const app = createSwiftApp(swift.options.parse({ upstream: plain, ...service }));
    opened.push(app);
    const parent: Request = {
      method: 'PUT',
      path: '/',
      query: '',
      headers: client.credentials,
      body: NO_BODY,
      signal: new AbortController().signal,
      transactionId: 'tx0',
      authority: app.authority,
      received: () => 0,
    };
    const path = ({ container, object }: ObjectRef) => `/${quote(container)}/${quote(object)}`;
    return {
      store: new HttpStore(app.handler, parent),
      account: client.account.split('/').at(-1) ?? '',
      createContainer: async () => {
        const name = `store-${randomUUID()}`;
        await client.ask('PUT', `/${name}`);
        return name;
      },
      put: async (at, body, headers) => {
        const { status } = await client.ask('PUT', path(at), headers, body);
        expect(status).toBe(201);
      },
      get: async (at) => {
        const { status, headers, body } = await client.ask(
          'GET',
          `${path(at)}?multipart-manifest=get&symlink=get`,
        );
        if (status === 404) return undefined;
        return { body: body.toString(), header: (name) => headers.get(name) };
      },
    };
  };

  storeSuite('Swift, in the name of the service user', () =>
    fixture({ auth_url: `${plain}/auth/v1.0`, auth_user: 'admin:admin', auth_key: 'admin' }),
  );
  storeSuite("Swift, with the client's own token", () => fixture({}));
});
