import type { RunningServer } from '../../../src/server/serve';
import { forgedNotesSuite } from '../../conformance/forged_notes';
import { suiteUpstream } from '../../support/servers/embedded_upstream';
import { startProxy } from '../../support/servers/proxy';
import { login } from '../../support/servers/swift';

describe('notes over the embedded store', () => {
  const upstream = suiteUpstream();
  const proxies = new Map<string, Promise<RunningServer>>();
  afterAll(async () => {
    for (const proxy of proxies.values()) await (await proxy).close();
  });

  forgedNotesSuite({
    direct: async () => login(await upstream(), 'tester'),
    keepsLongMetadata: true,
    gate: { oneOf: 2, from: 1 },
    through: async (filter) => {
      const proxy = proxies.get(filter) ?? startProxy(await upstream(), { filter });
      proxies.set(filter, proxy);
      return login((await proxy).url, 'tester');
    },
  });
});
