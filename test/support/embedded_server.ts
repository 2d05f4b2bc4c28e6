import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLog } from '../../src/log';
import { readConfig } from '../../src/pipeline/load';
import { startServer } from '../../src/server/serve';
import type { Client } from './client';
import { login, type USERS } from './swift';

/** A Hindsight with a store of its own that runs while the tests of a suite do, with the users of the lab. */
export interface EmbeddedServer {
  /** Where it listens; to be asked only within tests. */
  readonly url: string;
  login(user: keyof typeof USERS): Promise<Client>;
}

/**
 * Starts a server before the tests of the suite that calls this, and stops it after them and removes its data.
 *
 * @param filters those between proxy-logging and the store
 * @param sections lines to add to the configuration
 */
export function suiteServer(filters: string, sections = ''): EmbeddedServer {
  let url: string | undefined;
  let close = () => Promise.resolve();
  beforeAll(async () => {
    const folder = mkdtempSync(join(tmpdir(), 'hindsight-embedded-'));
    const text = `[DEFAULT]
bind_port = 0
[pipeline:main]
pipeline = catch_errors gatekeeper healthcheck proxy-logging ${filters} embedded
[filter:tempauth]
user_admin_admin = admin .admin .reseller_admin
user_test_tester = testing .admin
user_test2_tester2 = testing2 .admin
user_test_tester3 = testing3
[filter:versioned_writes]
allow_versioned_writes = true
[app:embedded]
data = ${folder}/data
${sections}
`;
    const server = await startServer(readConfig(text, 'test.conf', {}), createLog('silent'));
    url = server.url;
    close = async () => {
      await server.close();
      rmSync(folder, { recursive: true, force: true });
    };
  });
  afterAll(() => close());
  const running = () => {
    if (url === undefined) throw new Error('the server of this suite does not run');
    return url;
  };
  return {
    get url() {
      return running();
    },
    login: (user) => login(running(), user),
  };
}
