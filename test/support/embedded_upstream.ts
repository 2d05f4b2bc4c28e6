import { createLog } from '../../src/log';
import { readConfig } from '../../src/pipeline/load';
import { startServer, type RunningServer } from '../../src/server/serve';

/** A store of ours that a proxy can stand in front of, with the users of the Swift lab that tests use. */
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

/** Starts one in this process. */
export function startUpstream(data: string): Promise<RunningServer> {
  return startServer(readConfig(embeddedUpstream(data), 'test.conf', {}), createLog('silent'));
}
