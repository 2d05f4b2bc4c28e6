import { MemoryCache } from '../../../src/coordination/cache/memory_cache';
import { Headers } from '../../../src/http/headers';
import { NO_BODY } from '../../../src/swift_api/message';
import { RESERVED_PREFIX } from '../../../src/swift_api/reserved';
import { createLog } from '../../../src/util/log';
import { PolicyCache, type VersioningPolicy } from '../../../src/versioning/policy';
import { ROOT_REQUEST } from '../../support/stores/bucket_store';

it.each([
  [true, { kind: 'with-ids', enabled: true }, 0],
  [false, { kind: 'plain' }, 1],
])('a container with ids is reported if ids are off (on: %s)', async (isOn, policy, warnings) => {
  const headers = Headers.of({ [`${RESERVED_PREFIX}versions-enabled`]: 'true' });
  const lines: string[] = [];
  const policies = new PolicyCache(
    () => Promise.resolve({ status: 204, headers, body: NO_BODY }),
    new MemoryCache<VersioningPolicy>(10, 1000),
    'client',
    createLog('warn', { write: (line: string) => lines.push(line) }),
    { allow_versioned_writes: true, allow_object_versioning: isOn },
  );
  const target = { version: 'v1', account: 'a', container: 'c' } as const;
  expect(await policies.get(ROOT_REQUEST, target)).toEqual(policy);
  expect(lines.filter((line) => line.includes('allow_object_versioning is off'))).toHaveLength(
    warnings,
  );
});
