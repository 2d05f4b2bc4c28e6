import { randomUUID } from 'node:crypto';
import { quote, type ByteString } from '../../../src/http/bytes';
import { NO_BODY, type Request } from '../../../src/swift_api/message';
import type { App } from '../../../src/plugin/plugin';
import { SwiftStore } from '../../../src/versioning/store/swift_store';
import type { ObjectRef } from '../../../src/versioning/store/store';
import { createSwiftApp, swift } from '../../../src/stores/swift/app';
import type { StoreFixture } from '../../conformance/store';
import type { Client } from '../clients/client';
import { login } from '../servers/swift';
import { anyAuthority } from './authority';

/** A client's request, to make requests to a store for. */
export function clientRequest(
  more: Partial<Request> & Pick<Request, 'headers' | 'authority'>,
): Request {
  return {
    method: 'PUT',
    path: '/',
    query: '',
    body: NO_BODY,
    signal: new AbortController().signal,
    transactionId: 'tx0',
    receivedBytes: () => 0,
    ...more,
  };
}

/**
 * A store over a server that speaks the Swift API, as the proxy reaches it.
 *
 * @param service the options of the service user; empty to use the client's own token
 * @param opened receives the app, which the caller closes in the end
 */
export async function upstreamFixture(
  url: string,
  service: Record<string, string>,
  opened: App[],
): Promise<StoreFixture> {
  const client = await login(url, 'tester');
  const app = createSwiftApp(swift.options.parse({ upstream: url, ...service }));
  opened.push(app);
  const path = ({ container, object }: ObjectRef) => `/${quote(container)}/${quote(object)}`;
  const storeOf = ({ credentials: headers }: Client) =>
    new SwiftStore(app.handler, clientRequest({ headers, authority: anyAuthority(app.power) }));
  const forReader = async (container: ByteString) => {
    const granted = { 'X-Container-Read': 'test:tester3' };
    expect((await client.ask('POST', `/${quote(container)}`, granted)).status).toBe(204);
    return storeOf(await login(url, 'tester3'));
  };
  return {
    store: storeOf(client),
    ...(app.power === 'client' ? { forReader } : {}),
    account: client.account.split('/').at(-1) ?? '',
    createContainer: async (suffix) => {
      const name = `store-${randomUUID()}${suffix}`;
      await client.ask('PUT', `/${quote(name)}`);
      return name;
    },
    absentContainer: () => `none-${randomUUID()}`,
    put: async (at, body, headers, query) => {
      const { status } = await client.ask('PUT', `${path(at)}?${query ?? ''}`, headers, body);
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
}
