import { versionedWritesFilter } from '../../../middleware/versioned_writes/filter';
import { MemoryCache } from '../../../src/coordination/cache/memory_cache';
import { containerPath } from '../../../src/coordination/locks/lock_names';
import { MemoryLocker } from '../../../src/coordination/locks/memory_locker';
import { Headers } from '../../../src/http/headers';
import { NO_BODY, type Handler } from '../../../src/swift_api/message';
import { createLog } from '../../../src/util/log';
import { versioningOptions } from '../../../src/versioning/options';
import type { VersioningPolicy } from '../../../src/versioning/policy';
import { NoteBinding } from '../../../src/versioning/store/note_binding';
import { rightTo } from '../../support/stores/authority';
import { textOf } from '../../support/clients/s3/requests';

const WITH_IDS = { 'X-Container-Meta-Hindsight-Versions-Enabled': 'true' };
const CONTAINER = { account: 'a', container: 'photos' };

/** The filter before a store of containers with ids, and the cache of their policies. */
function place() {
  const written: string[] = [];
  const store: Handler = ({ method, path }) => {
    if (method !== 'HEAD') written.push(`${method} ${path}`);
    return Promise.resolve({ status: 204, headers: Headers.of(WITH_IDS), body: NO_BODY });
  };
  const cache = new MemoryCache<VersioningPolicy>(10, 1000);
  const right = () => Promise.resolve(rightTo('write', '/v1/a/photos/o'));
  const filter = versionedWritesFilter({
    ...versioningOptions.parse({
      allow_versioned_writes: 'true',
      allow_object_versioning: 'true',
      lock_wait: '0.03',
      upload_stall_time: '1',
    }),
    notes: new NoteBinding(),
    cache,
    locker: new MemoryLocker(),
    app: { power: 'client', mayWrite: right, mayLock: right },
    log: createLog('silent'),
  });
  return { handler: filter(store), cache, written };
}

it.each(['PUT', 'DELETE', 'POST'])(
  'a %s that waits too long for settings says that these are locked, not the object',
  async (method) => {
    const { handler, cache, written } = place();
    const change = await cache.acquireExclusive(containerPath(CONTAINER));
    const response = await handler({
      method,
      path: '/v1/a/photos/o',
      query: '',
      headers: Headers.none,
      body: NO_BODY,
      signal: new AbortController().signal,
      transactionId: 'tx',
      authority: 'client',
      receivedBytes: () => 0,
    });
    await change.release();
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '1']);
    expect(textOf(response)).toBe(
      'the settings of the container photos are being changed by another request; retry\n',
    );
    expect(written).toEqual([]);
  },
);
