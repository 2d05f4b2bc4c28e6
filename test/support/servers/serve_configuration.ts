import { readConfig } from '../../../src/pipeline/load';
import { startServer, type RunningServer } from '../../../src/server/serve';
import { createLog } from '../../../src/util/log';

/** Serves a configuration in this process; without a log of its own, silently. */
export function serveConfiguration(
  text: string,
  log = createLog('silent'),
): Promise<RunningServer> {
  return startServer(readConfig(text, 'test.conf', {}), log);
}
