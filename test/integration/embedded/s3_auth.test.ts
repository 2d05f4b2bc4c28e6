import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { request } from 'undici';
import { createLog } from '../../../src/util/log';
import { readConfig } from '../../../src/pipeline/load';
import { startServer, type RunningServer } from '../../../src/server/serve';
import { signed, signer } from '../../support/clients/s3/signing';
import { temporaryFolders } from '../../support/running/temporary_folders';

const newFolder = temporaryFolders();
let folder: string;
let server: RunningServer | undefined;
const log: string[] = [];

beforeAll(async () => {
  folder = await newFolder();
  writeFileSync(
    join(folder, 's3.conf'),
    '[credentials:FROMFILE]\nsecret_key = filesecret\nuser = test:tester\nkey = testing\n',
  );
  server = await startServer(
    readConfig(configuration(), join(folder, 'test.conf'), {}),
    createLog('info', { write: (line: string) => log.push(line) }),
  );
});

afterAll(() => server?.close());

function configuration(more = ''): string {
  return `[DEFAULT]
bind_port = 0
[pipeline:main]
pipeline = catch_errors gatekeeper proxy-logging s3api tempauth versioned_writes embedded
[filter:s3api]
credentials_file = s3.conf
[filter:tempauth]
user_test_tester = testing .admin
[filter:versioned_writes]
allow_object_versioning = true
[credentials:AKEXAMPLE]
secret_key = verysecret
user = test:tester
key = testing
[credentials:AKWRONG]
secret_key = wrongsecret
user = test:tester
key = not-the-key
[app:embedded]
data = ${folder}/data
${more}`;
}

/** Sends a signed request; lists the buckets by default. */
async function ask(accessKey: string, secret: string, method = 'GET', path = '/', beside = {}) {
  const { url = '' } = server ?? {};
  const host = new URL(url).host;
  const { target, fields } = await signed(
    { method, path, headers: { host, ...beside } },
    Date.now(),
    signer('us-east-1', accessKey, secret),
  );
  const { statusCode, headers, body } = await request(`${url}${target}`, {
    method,
    headers: Object.fromEntries(fields),
  });
  const text = await body.text();
  return { status: statusCode, headers, text, code: /<Code>(.*?)</.exec(text)?.[1] };
}

const isKnown = (code: string | undefined) =>
  !['InvalidAccessKeyId', 'SignatureDoesNotMatch', 'AccessDenied'].includes(code ?? '');

it.each([
  ['a section', 'AKEXAMPLE', 'verysecret'],
  ['a file', 'FROMFILE', 'filesecret'],
  ['a user of tempauth', 'test:tester', 'testing'],
])('credentials of %s are known', async (_, accessKey, secret) => {
  const { code, headers } = await ask(accessKey, secret);
  expect(isKnown(code)).toBe(true);
  expect(headers['x-amz-request-id']).toMatch(/^tx/);
  expect(await ask(accessKey, 'another')).toMatchObject({
    status: 403,
    code: 'SignatureDoesNotMatch',
  });
});

it('nobody else is', async () => {
  expect(await ask('AKNOBODY', 'x')).toMatchObject({ status: 403, code: 'InvalidAccessKeyId' });
});

it('no secret is logged', () => {
  expect(log.join('')).not.toMatch(/verysecret|filesecret|wrongsecret|not-the-key/);
});

it.each([
  ['[credentials:A]\nuser = b', /test\.conf:\d+: \[credentials:A\] needs the option secret_key/],
  [
    '[credentials:A]\nsecret_key = s3cret\ncolour = red',
    /test\.conf:\d+: .*no option colour; known: secret_key/,
  ],
  ['[credentials:]\nsecret_key = s3cret', /test\.conf:\d+: unknown section \[credentials:\]/],
  ['[credentials:A]\ns3cret', /test\.conf:\d+: neither a \[section\] nor "option = value"$/],
])('a configuration with %j does not start', (more, message) => {
  const read = () => readConfig(configuration(more), join(folder, 'test.conf'), {});
  expect(read).toThrow(message);
  expect(read).not.toThrow('s3cret');
});

it('a credentials file that is not there, or has something else, does not start', () => {
  const other = configuration().replace('= s3.conf', '= missing.conf');
  expect(() => readConfig(other, join(folder, 'test.conf'), {})).toThrow(
    /credentials_file = missing\.conf: no such file or folder/,
  );
  writeFileSync(join(folder, 'other.conf'), '\n[filter:x]\n');
  const odd = configuration().replace('= s3.conf', '= other.conf');
  expect(() => readConfig(odd, join(folder, 'test.conf'), {})).toThrow(
    /other\.conf:2: unknown section \[filter:x\]/,
  );
});

it('s3api after what it asks does not start', () => {
  const text = configuration().replace(
    's3api tempauth versioned_writes',
    'tempauth versioned_writes s3api',
  );
  expect(() => readConfig(text, join(folder, 'test.conf'), {})).toThrow(
    's3api must stand before tempauth',
  );
});

it('a reserved content type is refused as each API refuses', async () => {
  const type = { 'content-type': 'text/plain;hindsight_null=1' };
  await ask('AKEXAMPLE', 'verysecret', 'PUT', '/types');
  const refused = await ask('AKEXAMPLE', 'verysecret', 'PUT', '/types/k', type);
  expect([refused.status, refused.code]).toEqual([400, 'InvalidArgument']);
  expect(refused.headers['x-amz-request-id']).toBeDefined();
  expect(refused.text).toContain('<ArgumentName>Content-Type</ArgumentName>');
  for (const Authorization of [undefined, 'QS key:signature', 'q-sign-algorithm=sha1']) {
    const plain = await request(`${server?.url}/v1/AUTH_test/types/k`, {
      method: 'PUT',
      headers: { ...type, ...(Authorization === undefined ? {} : { Authorization }) },
    });
    expect([plain.statusCode, await plain.body.text()]).toEqual([
      400,
      expect.stringContaining('hindsight_'),
    ]);
  }
  expect((await ask('AKEXAMPLE', 'verysecret', 'HEAD', '/types/k')).status).toBe(404);
});
