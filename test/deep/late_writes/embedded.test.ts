import { embeddedConfiguration, loginTo } from '../../support/servers/embedded_process';
import { lateWritesSuite, SETTINGS_WAIT, WAYS } from '../../conformance/late_writes';
import { startProxyProcess, type ProxyProcess } from '../../support/servers/proxy_process';
import { partOf } from '../../support/running/depth';
import { temporaryFolders } from '../../support/running/temporary_folders';

const newFolder = temporaryFolders();

describe.each(partOf([1, 2], { oneOf: 2 }))(
  'writes under way when a store of its own with %d workers switches versions on',
  (workers) => {
    let server: ProxyProcess;
    beforeAll(async () => {
      const text = embeddedConfiguration(await newFolder(), workers).replace(
        '[filter:versioned_writes]',
        `$&\nsettings_wait = ${SETTINGS_WAIT}`,
      );
      server = await startProxyProcess(text);
    });
    afterAll(() => server.stop());
    describe.each(partOf(WAYS, { oneOf: 2 }))('to $name', (way) => {
      lateWritesSuite(async () => [await loginTo(server.url), await loginTo(server.url)], way);
    });
  },
);
