import { archiveOf } from '../../support/clients/archives';
import { Client } from '../../support/clients/client';
import { newContainer } from '../../support/clients/containers';
import { FORM_TYPE, formBody, LIMITS, signForm } from '../../support/clients/forms';
import { EMBEDDED_USERS } from '../../support/servers/embedded';
import { Headers } from '../../../src/http/headers';
import { login } from '../../support/servers/embedded';
import { startProxyProcess, type ProxyProcess } from '../../support/servers/proxy_process';
import { temporaryFolders } from '../../support/running/temporary_folders';

const FORGED = 'text/plain; hindsight_upload=1';
const newFolder = temporaryFolders();

/** Only the proxy writes content types with its own parameters. */
describe.each(['true', 'false'])('reserved types, with versions with ids: %s', (ids) => {
  let server: ProxyProcess;
  let client: Client;
  let container: string;
  beforeAll(async () => {
    server = await startProxyProcess(`[DEFAULT]
bind_port = 0
[pipeline:main]
pipeline = catch_errors gatekeeper bulk formpost tempauth versioned_writes embedded
[filter:tempauth]
${EMBEDDED_USERS}
[filter:versioned_writes]
allow_versioned_writes = true
allow_object_versioning = ${ids}
[app:embedded]
data = ${await newFolder()}
`);
    client = await login(server.url, 'test:tester', 'testing');
    await client.ask('POST', '', { 'X-Account-Meta-Temp-Url-Key': 'key' });
    container = await newContainer(client);
  });
  afterAll(() => server.stop());
  afterEach(async () => expect(await client.names(container)).toEqual([]));

  it('are refused in a request', async () => {
    const { status } = await client.ask('PUT', `/${container}/o`, { 'Content-Type': FORGED }, 'x');
    expect(status).toBe(400);
  });

  it('are refused in an entry of an archive', async () => {
    const pax = { 'LIBARCHIVE.xattr.user.mime_type': FORGED };
    const answer = await client.ask(
      'PUT',
      `/${container}?extract-archive=tar`,
      { Accept: 'application/json' },
      await archiveOf([{ name: 'o', body: 'x', pax }]),
    );
    expect(JSON.parse(answer.body.toString())).toMatchObject({
      Errors: [[`${container}/o`, '400 Bad Request']],
    });
  });

  it.each([
    ['of a file', `Content-Type: ${FORGED}\r\n`, {}],
    ['in a field', '', { 'content-type': FORGED }],
  ])('are refused in a form: that %s', async (_, header, fields) => {
    const path = `${client.account}/${container}/`;
    const body = formBody({ ...fields, ...signForm(path, LIMITS, 'key') }, [['o', 'x', header]]);
    const browser = new Client(client.url, Headers.none);
    expect((await browser.send('POST', path, FORM_TYPE, body)).status).toBe(400);
  });
});
