import { startProxyProcess } from '../../support/servers/proxy_process';
import { describeWithSwift, login } from '../../support/servers/swift';
import { FILTERS, SECTIONS, unknownClientsSuite, type Besieged } from './suite';

describeWithSwift('clients without credentials before a Swift', ({ plain }) => {
  let server: Besieged | undefined;
  beforeAll(async () => {
    const process = await startProxyProcess(`
[DEFAULT]
bind_port = 0
[pipeline:main]
pipeline = catch_errors gatekeeper ${FILTERS} versioned_writes proxy-server
[filter:versioned_writes]
allow_versioned_writes = true
allow_object_versioning = true
[app:proxy-server]
use = swift
sole_server_check = off
upstream = ${plain}
auth_url = ${plain}/auth/v1.0
auth_user = admin:admin
auth_key = admin
${SECTIONS}`);
    server = { process, client: await login(process.url, 'tester') };
  });
  afterAll(() => server?.process.stop());
  unknownClientsSuite('a Swift', () => server!);
});
