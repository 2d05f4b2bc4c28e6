import { FaultyStore } from '../../support/faulty_store';
import { startProxy } from '../../support/proxy';
import { login } from '../../support/swift';
import type { Bench } from './matrix';

/** A bench that stands while the tests of a suite run. */
export interface SuiteBench {
  /** To be asked only within tests. */
  readonly bench: () => Bench;
}

/**
 * Sets up a proxy in front of a store whose requests can be made to fail, for the suite that calls this. After it, the proxy must have made no
 * mistake of its own, and closed its connections.
 *
 * @param store tells where the store is, once the suite runs
 * @param cacheTime seconds that settings of containers are remembered
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
