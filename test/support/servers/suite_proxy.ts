import type { RunningServer } from '../../../src/server/serve';
import type { Client } from '../clients/client';
import { startProxy, type ProxyOptions } from './proxy';
import { login, type USERS } from './swift';

/** A proxy that runs during the tests of a suite. */
export interface SuiteProxy {
  /** Its URL; available only within tests. */
  readonly url: string;
  login(user: keyof typeof USERS): Promise<Client>;
}

/**
 * Starts a proxy before the tests of the suite that calls this, and stops it after them,
 * even if they fail.
 *
 * @param upstream the store's URL, or a function that returns it once the suite runs
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
