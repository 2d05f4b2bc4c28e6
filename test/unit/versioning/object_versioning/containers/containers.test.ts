import {
  VersionedContainers,
  type ContainerChange,
} from '../../../../../src/versioning/object_versioning/containers/containers';
import { Headers } from '../../../../../src/http/headers';
import {
  NO_BODY,
  type Handler,
  type Request,
  type Response,
} from '../../../../../src/swift_api/message';
import { rightTo } from '../../../../support/stores/authority';

const TARGET = { version: 'v1', account: 'a', container: 'c' };

function request(headers: Record<string, string>): Request {
  return {
    method: 'POST',
    path: '/v1/a/c',
    query: '',
    headers: Headers.of(headers),
    body: NO_BODY,
    signal: new AbortController().signal,
    transactionId: 'tx',
    authority: 'client',
    receivedBytes: () => 0,
  };
}

/**
 * A store unlike the real ones of these tests: it has no static symlinks, or its
 * containers are synchronised.
 */
function store(
  info: object,
  headers: Record<string, string> = {},
): { handler: Handler; asked: string[] } {
  const asked: string[] = [];
  const handler: Handler = ({ method, path }) => {
    asked.push(`${method} ${path}`);
    const body = path === '/info' ? Buffer.from(JSON.stringify(info)) : NO_BODY;
    return Promise.resolve({
      status: path === '/info' ? 200 : 204,
      headers: Headers.of(headers),
      body,
    });
  };
  return { handler, asked };
}

const change = (handler: Handler, headers: Record<string, string>) => {
  const asked = request(headers);
  return new VersionedContainers(handler, 'service').planChange(
    asked,
    asked,
    TARGET,
    rightTo('change', '/v1/a/c'),
  );
};

const refusal = (change: ContainerChange | Response | undefined) => {
  if (change === undefined || !('status' in change)) throw new Error('not refused');
  return [change.status, Buffer.isBuffer(change.body) ? change.body.toString() : ''];
};

describe('X-Versions-Enabled', () => {
  it.each([{}, { symlink: {} }, { symlink: { static_links: false } }])(
    'is refused if the store has no static symlinks, with the reason: %j',
    async (info) => {
      const { handler, asked } = store(info);
      const [status, text] = refusal(await change(handler, { 'X-Versions-Enabled': 'true' }));
      expect(status).toBe(501);
      expect(text).toMatch(/static_links/);
      expect(asked).toEqual(['HEAD /v1/a/c', 'GET /info']);
    },
  );

  it('and synchronisation of containers exclude each other', async () => {
    const info = { symlink: { static_links: true } };
    const synced = store(info, { 'X-Container-Sync-To': 'http://elsewhere/v1/a/c' });
    expect(refusal(await change(synced.handler, { 'X-Versions-Enabled': 'true' }))[0]).toBe(400);
    const withIds = store(info, { 'X-Container-Meta-Hindsight-Versions-Enabled': 'false' });
    expect(
      refusal(await change(withIds.handler, { 'X-Container-Sync-To': '//realm/x/a/c' }))[0],
    ).toBe(400);
    const both = { 'X-Versions-Enabled': 'true', 'X-Container-Sync-To': '//realm/x/a/c' };
    expect(refusal(await change(store(info).handler, both))[0]).toBe(400);
  });

  it('of a container that the store itself versions is left to the store', async () => {
    const { handler } = store({}, { 'X-Versions-Enabled': 'True' });
    expect(await change(handler, { 'X-Versions-Enabled': 'false' })).toBeUndefined();
  });
});
