import { versionedWritesFilter } from '../../../middleware/versioned_writes/filter';
import type { VersioningPolicy } from '../../../src/versioning/policy';
import { MemoryCache } from '../../../src/coordination/cache/memory_cache';
import { Headers } from '../../../src/http/headers';
import { NO_BODY, textResponse, type Handler, type Request } from '../../../src/swift_api/message';
import type { Locker } from '../../../src/coordination/locks/locker';
import { MemoryLocker } from '../../../src/coordination/locks/memory_locker';
import { createLog } from '../../../src/util/log';
import { versioningOptions } from '../../../src/versioning/options';
import { NoteBinding } from '../../../src/versioning/store/note_binding';
import { rightTo } from '../../support/stores/authority';
import type { Power } from '../../../src/swift_api/authority/authority';

interface Place {
  readonly handler: Handler;
  /** The spellings of the requested locks. */
  readonly locks: string[];
}

/** The filter before a store with these responses, and what it locks. */
function place(store: Handler, power: Power, mayWrite = true): Place {
  const locks: string[] = [];
  const memory = new MemoryLocker();
  const locker: Locker = {
    acquire: (name, ...of) => {
      locks.push(name.spelling);
      return memory.acquire(name, ...of);
    },
  };
  const filter = versionedWritesFilter({
    ...versioningOptions.parse({
      allow_versioned_writes: 'true',
      allow_object_versioning: 'true',
      lock_wait: '1',
      upload_stall_time: '1',
    }),
    notes: new NoteBinding(),
    cache: new MemoryCache<VersioningPolicy>(10, 1000),
    locker,
    app: {
      power,
      mayWrite: () =>
        Promise.resolve(mayWrite ? rightTo('write', '/v1/a/c/o') : textResponse(401, 'not you')),
      mayLock: () =>
        Promise.resolve(mayWrite ? rightTo('write', '/v1/a/c/o') : textResponse(401, 'not you')),
    },
    log: createLog('silent'),
  });
  return { handler: filter(store), locks };
}

function request(method: string, path: string, headers: Record<string, string> = {}): Request {
  return {
    method,
    path,
    query: '',
    headers: Headers.of(headers),
    body: NO_BODY,
    signal: new AbortController().signal,
    transactionId: 'tx',
    authority: 'client',
    receivedBytes: () => 0,
  };
}

/** A store that refuses clients, and whose containers are versioned. */
const forbidding =
  (setting: Record<string, string>): Handler =>
  ({ authority, method }) =>
    Promise.resolve(
      authority !== 'client' && method === 'HEAD'
        ? { status: 204, headers: Headers.of(setting), body: NO_BODY }
        : textResponse(401, 'not you'),
    );

const WITH_IDS = { 'X-Container-Meta-Hindsight-Versions-Enabled': 'true' };
const IN_A_MODE = {
  'X-Container-Meta-Hindsight-Versions-Mode': 'history',
  'X-Container-Meta-Hindsight-Versions-Location-0': 'archive',
};

describe('a client that may not change a container gets no lock', () => {
  it.each<[method: string, headers: Record<string, string>]>([
    ['PUT', { 'X-Versions-Enabled': 'true' }],
    ['POST', { 'X-Versions-Enabled': 'false' }],
    ['POST', { 'X-History-Location': 'archive' }],
    ['POST', { 'X-Container-Read': '.r:*' }],
    ['DELETE', {}],
  ])('%s %j', async (method, headers) => {
    const { handler, locks } = place(forbidding(WITH_IDS), 'service');
    const { status } = await handler(request(method, '/v1/AUTH_x/c', headers));
    expect([status, locks]).toEqual([401, []]);
  });

  it('nor does one whose request is impossible', async () => {
    const { handler, locks } = place(forbidding(WITH_IDS), 'service');
    const headers = { 'X-History-Location': 'a/b' };
    const { status } = await handler(request('POST', '/v1/AUTH_x/c', headers));
    expect([status, locks]).toEqual([412, []]);
  });
});

describe('a client that may not write an object gets no lock', () => {
  it.each([WITH_IDS, IN_A_MODE])('in a container that says %j', async (setting) => {
    for (const method of ['PUT', 'POST', 'DELETE']) {
      const { handler, locks } = place(forbidding(setting), 'service', false);
      const { status } = await handler(request(method, '/v1/AUTH_x/c/o'));
      expect([method, status, locks]).toEqual([method, 401, []]);
    }
  });
});

describe("an account whose name could be another lock's", () => {
  const willing: Handler = ({ method }) =>
    Promise.resolve({
      status: 204,
      headers: Headers.of(method === 'HEAD' ? WITH_IDS : {}),
      body: NO_BODY,
    });

  it.each([
    ['PUT', '/v1/settings:%7BAUTH_x/c%7D', { 'X-Versions-Enabled': 'true' }],
    ['DELETE', '/v1/settings:%7BAUTH_x/c%7D', {}],
    ['POST', '/v1/settings:%7BAUTH_x/c%7D', { 'X-Container-Read': '.r:*' }],
    ['PUT', '/v1/settings:%7BAUTH_x/c%7D/o', {}],
    ['COPY', '/v1/AUTH_x/c/o', { Destination: 'c/o', 'Destination-Account': 'settings:%7BAUTH_x' }],
  ] as const)('is refused: %s %s', async (method, path, headers) => {
    const { handler, locks } = place(willing, 'service');
    const { status, body } = await handler(request(method, path, headers));
    expect([status, locks]).toEqual([400, []]);
    expect(Buffer.isBuffer(body) && body.toString()).toMatch(/account/);
  });

  it('and one that may write an ordinary object gets its lock', async () => {
    const { handler, locks } = place(willing, 'service');
    await handler(request('POST', '/v1/AUTH_x/c', { 'X-Container-Read': '.r:*' }));
    expect(locks).toEqual(['AUTH_x/c']);
  });
});
