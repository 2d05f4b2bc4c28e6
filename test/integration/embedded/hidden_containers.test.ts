import { hiddenTable } from '../../conformance/with_ids/hidden';
import { login } from '../../support/servers/embedded';
import { suiteUpstream } from '../../support/servers/embedded_upstream';
import { startProxy } from '../../support/servers/proxy';
import type { RunningServer } from '../../../src/server/serve';

describe('what holds versions in the embedded store', () => {
  const upstream = suiteUpstream();
  let proxy: RunningServer;
  beforeAll(async () => {
    proxy = await startProxy(await upstream(), { filter: 'allow_object_versioning = true' });
  });
  afterAll(() => proxy.close());

  hiddenTable(() => ({
    login: () => login(proxy.url, 'test:tester', 'testing'),
    direct: async () => login(await upstream(), 'test:tester', 'testing'),
  }));
});
