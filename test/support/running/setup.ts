import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { endRunAfterThisProcess, PORTS_OF_LAB, RUN_FOLDER } from '../servers/lab';
import { freePorts } from '../servers/ports';

/**
 * Makes the folder of this run, with a place and ports for a Swift for each worker. The
 * Swift itself starts with the first suite that needs it.
 */
export default async function setUp({
  maxWorkers,
}: {
  readonly maxWorkers: number;
}): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'hindsight-tests-'));
  process.env[RUN_FOLDER] = folder;
  endRunAfterThisProcess(folder);
  // without it the AWS SDK prints a page about Node 20 in each process
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true';
  // the npm that runs the tests passes no signals on to the servers that they start
  delete process.env['npm_lifecycle_event'];
  for (let worker = 1; worker <= maxWorkers; worker++) {
    mkdirSync(join(folder, String(worker)));
    writeFileSync(join(folder, String(worker), 'ports'), (await freePorts(PORTS_OF_LAB)).join(' '));
  }
}
