import { loginTo, embeddedConfiguration } from '../../support/servers/embedded_process';
import { type RunningServer } from '../../../src/server/serve';
import { slowClientsSuite, STALL_TIME } from '../../conformance/slow_clients';
import { serveConfiguration } from '../../support/servers/serve_configuration';
import { temporaryFolders } from '../../support/running/temporary_folders';

const newFolder = temporaryFolders();

describe('slow clients of a store of its own', () => {
  let server: RunningServer;
  beforeAll(async () => {
    const text = embeddedConfiguration(await newFolder()).replace(
      '[filter:versioned_writes]',
      `$&\nupload_stall_time = ${STALL_TIME}`,
    );
    server = await serveConfiguration(text);
  });
  afterAll(() => server.close());
  slowClientsSuite(() => loginTo(server.url));
});
