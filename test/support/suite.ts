import type { RunningServer } from '../../src/server/serve';
import type { Client } from './client';
import { startProxy, type ProxyOptions } from './proxy';
import { login, type USERS } from './swift';

/** A proxy that runs while the tests of a suite do. */
export interface SuiteProxy {
  /** Where it listens; to be asked only within tests. */
  readonly url: string;
  login(user: keyof typeof USERS): Promise<Client>;
}

/**
 * Starts a proxy before the tests of the suite that calls this, and stops it after them, whatever became of them.
 *
 * @param upstream the store, or a function that tells it once the suite runs
 */
export function suiteProxy(
  upstream: string | (() => string),
  options: ProxyOptions = {},
): SuiteProxy {
  let running: RunningServer | undefined;
  beforeAll(async () => {
    running = await startProxy(typeof upstream === 'string' ? upstream : upstream(), options);
  });
  afterAll(() => running?.close());
  const url = () => {
    if (!running) throw new Error('the proxy of this suite does not run');
    return running.url;
  };
  return {
    get url() {
      return url();
    },
    login: (user) => login(url(), user),
  };
}
