import { login } from '../support/swift';
import { FaultyStore } from '../support/faulty_store';
import { startProxy } from '../support/proxy';
import { temporaryFolders } from '../support/storage';
import type { RunningServer } from '../../src/server/serve';
import { cellsOf, MODES, OPERATIONS, title, tryCell, type Bench, type Cell } from './matrix';
import { startUpstream } from '../support/embedded_upstream';

/** Cells at once: most of the time of those where the store is silent is waiting. */
const AT_ONCE = 12;
const newFolder = temporaryFolders();

describe.each([
  ['the service user', true],
  ["the client's token", false],
])('faults of a store, with %s', (_, service) => {
  let upstream: RunningServer;
  let faulty: FaultyStore;
  let proxy: RunningServer;
  let bench: Bench;
  const bugs: unknown[] = [];
  beforeAll(async () => {
    upstream = await startUpstream(await newFolder());
    faulty = await FaultyStore.start(upstream.url);
    proxy = await startProxy(faulty.url, {
      service,
      filter: 'settings_cache_time = 0\nlock_wait = 5',
      app: 'upstream_timeout = 1',
      onLog: (line) => {
        if (line['level'] === 'error' || line['level'] === 'fatal') bugs.push(line);
      },
    });
    bench = { faulty, client: await login(proxy.url, 'tester'), direct: await login(upstream.url, 'tester') };
  });
  afterAll(async () => {
    await proxy.close();
    await faulty.abandoned();
    await faulty.close();
    await upstream.close();
    expect(bugs).toEqual([]);
  });

  describe.each(MODES)('in the mode %s', (mode) => {
    it.each(OPERATIONS)(
      '$name',
      async (operation) => {
        const cells = await cellsOf(bench, mode, operation);
        const wrong = await tryAll(cells);
        expect(wrong).toEqual([]);
      },
      300_000,
    );
  });

  async function tryAll(cells: readonly Cell[]): Promise<string[]> {
    const wrong: string[] = [];
    const left = [...cells];
    const lane = async () => {
      for (let cell = left.shift(); cell; cell = left.shift()) wrong.push(...(await tryCell(bench, cell).catch((error: unknown) => [`${title(cell)}: ${String((error as Error).stack)}`])));
    };
    await Promise.all(Array.from({ length: AT_ONCE }, lane));
    return wrong;
  }
});
