import { FaultyStore } from '../../support/stores/faulty_store';
import { startProxy } from '../../support/servers/proxy';
import { login } from '../../support/servers/swift';
import type { Bench } from './matrix';

/** A bench that exists while the tests of a suite run. */
export interface SuiteBench {
  /** May be called only within tests. */
  readonly bench: () => Bench;
}

/**
 * Sets up a proxy in front of a store whose requests can be made to fail, for the calling
 * suite. Afterwards checks that the proxy made no mistake of its own and closed its
 * connections.
 *
 * @param store returns the store's address; called once the suite runs
 * @param cacheTime the seconds for which settings of containers are cached
 * @param filter more options of the filter versioned_writes
 */
export function suiteBench(
  store: () => string | Promise<string>,
  service = true,
  cacheTime = 0,
  filter = '',
): SuiteBench {
  let bench: Bench | undefined;
  let stop: () => Promise<void> = () => Promise.resolve();
  const bugs: unknown[] = [];
  beforeAll(async () => {
    const url = await store();
    const faulty = await FaultyStore.start(url);
    const proxy = await startProxy(faulty.url, {
      service,
      filter: `settings_cache_time = ${cacheTime}\nlock_wait = 5\n${filter}`,
      app: 'upstream_timeout = 2',
      onLog: (line) => {
        if (line['level'] === 'error' || line['level'] === 'fatal') bugs.push(line);
      },
    });
    stop = async () => {
      await proxy.close();
      try {
        await faulty.abandoned();
      } finally {
        await faulty.close();
      }
    };
    bench = {
      faulty,
      client: await login(proxy.url, 'tester'),
      direct: await login(url, 'tester'),
    };
  });
  afterAll(async () => {
    await stop();
    expect(bugs).toEqual([]);
  });
  return {
    bench: () => {
      if (!bench) throw new Error('the bench of this suite does not stand');
      return bench;
    },
  };
}
