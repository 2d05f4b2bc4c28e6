import { loginTo, embeddedConfiguration } from '../../support/servers/embedded_process';
import { createLog } from '../../../src/util/log';
import { readConfig } from '../../../src/pipeline/load';
import { startServer, type RunningServer } from '../../../src/server/serve';
import { slowClientsSuite, STALL_TIME } from '../../conformance/slow_clients';
import { temporaryFolders } from '../../support/stores/storage';

const newFolder = temporaryFolders();

describe('slow clients of a store of its own', () => {
  let server: RunningServer;
  beforeAll(async () => {
    const text = embeddedConfiguration(await newFolder()).replace(
      '[filter:versioned_writes]',
      `$&\nupload_stall_time = ${STALL_TIME}`,
    );
    server = await startServer(readConfig(text, 'test.conf', {}), createLog('silent'));
  });
  afterAll(() => server.close());
  slowClientsSuite(() => loginTo(server.url));
});
