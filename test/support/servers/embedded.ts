import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Headers } from '../../../src/http/headers';
import { createLog } from '../../../src/util/log';
import { readConfig, type Config } from '../../../src/pipeline/load';
import { startServer } from '../../../src/server/serve';
import { Client } from '../clients/client';

/** A server with an embedded store and the sample's pipeline. */
export interface EmbeddedServer {
  readonly url: string;
  /** Lines of the log, as written. */
  readonly log: string[];
  /** Logs a user in. The account is the user's own by default. */
  login(user: string, key: string, account?: string): Promise<Client>;
  /** A client without a token. */
  anonymous(account?: string): Client;
  close(): Promise<void>;
}

/** Options of `tempauth`: the users of Swift's own tests, and some more. */
export const EMBEDDED_USERS = `user_test_tester = testing .admin
user_test2_tester2 = testing2 .admin
user_test_tester3 = testing3
user_admin_admin = secret .admin .reseller_admin
user_admin_reader = secret .reseller_reader
user_svc_worker = secret service`;

/**
 * Starts an embedded server.
 *
 * @param sections further sections of the configuration
 * @param changed modifies the configuration before it is served
 */
export async function startEmbedded(
  sections = '',
  tempauth = '',
  changed: (config: Config) => Config = (config) => config,
): Promise<EmbeddedServer> {
  const folder = mkdtempSync(join(tmpdir(), 'hindsight-embedded-'));
  const text = `[DEFAULT]
bind_port = 0
[pipeline:main]
pipeline = catch_errors gatekeeper healthcheck proxy-logging bulk tempurl formpost tempauth container_quotas account_quotas versioned_writes embedded
[filter:tempauth]
${EMBEDDED_USERS}
${tempauth}
[filter:versioned_writes]
allow_versioned_writes = true
allow_object_versioning = true
[app:embedded]
data = ${folder}/data
${sections}`;
  const log: string[] = [];
  const server = await startServer(
    changed(readConfig(text, 'test.conf', {})),
    createLog('info', { write: (line: string) => log.push(line) }),
  );
  const anonymous = (account = 'AUTH_test') =>
    new Client(server.url, Headers.none, `/v1/${account}`);
  return {
    url: server.url,
    log,
    anonymous,
    login: (user, key, account) => login(server.url, user, key, account),
    close: async () => {
      await server.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/**
 * Runs such a server during the tests of the suite that calls this.
 *
 * @param options as for `startEmbedded`
 */
export function suiteEmbedded(
  ...options: Parameters<typeof startEmbedded>
): Omit<EmbeddedServer, 'close'> {
  let running: EmbeddedServer | undefined;
  beforeAll(async () => {
    running = await startEmbedded(...options);
  });
  afterAll(() => running?.close());
  const server = () => {
    if (!running) throw new Error('the server of this suite does not run');
    return running;
  };
  return {
    get url() {
      return server().url;
    },
    get log() {
      return server().log;
    },
    login: (user, key, account) => server().login(user, key, account),
    anonymous: (account) => server().anonymous(account),
  };
}

/** Logs a user in. */
export async function login(
  url: string,
  user: string,
  key: string,
  account?: string,
): Promise<Client> {
  const { headers } = await new Client(url, Headers.none).send('GET', '/auth/v1.0', {
    'X-Auth-User': user,
    'X-Auth-Key': key,
  });
  const token = Headers.of({ 'X-Auth-Token': headers.get('x-auth-token') });
  return new Client(url, token, `/v1/${account ?? `AUTH_${user.split(':')[0] ?? ''}`}`);
}
