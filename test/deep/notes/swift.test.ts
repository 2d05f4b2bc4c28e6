import type { RunningServer } from '../../../src/server/serve';
import { forgedNotesSuite } from '../../conformance/forged_notes';
import { startProxy } from '../../support/servers/proxy';
import { describeWithSwift, login } from '../../support/servers/swift';

describeWithSwift('notes over a Swift', ({ plain }) => {
  const proxies = new Map<string, Promise<RunningServer>>();
  afterAll(async () => {
    for (const proxy of proxies.values()) await (await proxy).close();
  });

  forgedNotesSuite({
    direct: () => login(plain, 'tester'),
    keepsLongMetadata: false,
    gate: { oneOf: 4, from: 2 },
    through: async (filter) => {
      const proxy = proxies.get(filter) ?? startProxy(plain, { filter });
      proxies.set(filter, proxy);
      return login((await proxy).url, 'tester');
    },
  });
});
