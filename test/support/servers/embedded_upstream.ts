import { type RunningServer } from '../../../src/server/serve';
import { serveConfiguration } from './serve_configuration';
import { temporaryFolders } from '../running/temporary_folders';

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
    running ??= await serveConfiguration(embeddedUpstream(await newFolder()));
    return running.url;
  };
}
