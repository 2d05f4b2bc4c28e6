import { createLog } from '../../../src/util/log';
import { readConfig } from '../../../src/pipeline/load';
import { temporaryFolders } from '../stores/storage';
import { startServer, type RunningServer } from '../../../src/server/serve';

/**
 * The configuration of an embedded store for a proxy to stand in front of, with those
 * users of the Swift lab that tests use.
 */
export function embeddedUpstream(data: string, port = 0): string {
  return `
[DEFAULT]
bind_port = ${port}
[pipeline:main]
pipeline = catch_errors healthcheck tempauth embedded
[filter:tempauth]
user_test_tester = testing .admin
user_admin_admin = admin .admin .reseller_admin
[app:embedded]
data = ${data}
`;
}

/**
 * Runs such a store in this process for the suite that calls this. Returns a function
 * that starts it once and returns its URL.
 */
export function suiteUpstream(): () => Promise<string> {
  const newFolder = temporaryFolders();
  let running: RunningServer | undefined;
  afterAll(() => running?.close());
  return async () => {
    running ??= await startServer(
      readConfig(embeddedUpstream(await newFolder()), 'test.conf', {}),
      createLog('silent'),
    );
    return running.url;
  };
}
