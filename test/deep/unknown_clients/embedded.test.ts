import { loginTo } from '../../support/servers/embedded_process';
import { startProxyProcess } from '../../support/servers/proxy_process';
import { FILTERS, SECTIONS, unknownClientsSuite, type Besieged } from './suite';
import { temporaryFolders } from '../../support/running/temporary_folders';

describe('clients without credentials at a store of its own', () => {
  const newFolder = temporaryFolders();
  let server: Besieged | undefined;
  beforeAll(async () => {
    const process = await startProxyProcess(`
[DEFAULT]
bind_port = 0
[pipeline:main]
pipeline = catch_errors gatekeeper ${FILTERS} tempauth versioned_writes embedded
[filter:tempauth]
user_test_tester = testing .admin
[filter:versioned_writes]
allow_versioned_writes = true
allow_object_versioning = true
[app:embedded]
data = ${await newFolder()}
${SECTIONS}`);
    server = { process, client: await loginTo(process.url) };
  });
  afterAll(() => server?.process.stop());
  unknownClientsSuite('a store of its own', () => server!);
});
