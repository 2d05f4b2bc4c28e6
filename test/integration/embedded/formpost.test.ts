import { connect } from 'node:net';
import type { Client } from '../../support/clients/client';
import { suiteEmbedded } from '../../support/servers/embedded';
import { eventually } from '../../support/running/eventually';
import {
  BOUNDARY,
  fieldPart,
  filePart,
  FORM_TYPE,
  formBody,
  LIMITS,
  signForm,
  type Fields,
  type FormFile,
} from '../../support/clients/forms';

const server = suiteEmbedded();
let owner: Client;
let browser: Client;

beforeAll(async () => {
  owner = await server.login('test:tester', 'testing');
  browser = server.anonymous();
  await owner.ask('POST', '', { 'X-Account-Meta-Temp-Url-Key': 'account' });
});

let container: string;
let count = 0;
beforeEach(async () => {
  container = `/c${++count}`;
  await owner.ask('PUT', container, { 'X-Container-Meta-Temp-Url-Key-2': 'container' });
});

/** The fields of a form for a path below the account, with their signature. */
const signed = (path: string, changes: Fields = {}, key = 'account', digest = 'sha256') =>
  signForm(`/v1/AUTH_test${path}`, { ...LIMITS, ...changes }, key, digest);

const post = (path: string, body: string, headers: Fields = {}) =>
  browser.ask('POST', path, { ...FORM_TYPE, ...headers }, body);

const submit = async (path: string, fields: Fields, files: FormFile[] = [['f', 'content']]) => {
  const { status, body } = await post(path, formBody(fields, files));
  return [status, body.toString()] as const;
};

const names = () => owner.names(container.slice(1));

test.each(['account', 'container'])(
  'files become objects, signed with a key of the %s',
  async (key) => {
    const folder = `${container}/in/`;
    const files: FormFile[] = [
      [
        'a b/é.txt',
        'one\r\n--\r\n',
        'Content-Type: text/plain; charset=utf-8\r\nContent-Encoding: gzip\r\n',
      ],
      ['two', '', ''],
    ];
    expect(await submit(folder, signed(folder, {}, key), files)).toEqual([201, '201 Created']);
    expect(await names()).toEqual(['in/a b/é.txt', 'in/two']);
    const { headers, body } = await owner.ask('GET', `${container}/in/a%20b/%C3%A9.txt`);
    expect(body.toString()).toBe('one\r\n--\r\n');
    expect(['type', 'encoding'].map((each) => headers.get(`content-${each}`))).toEqual([
      'text/plain; charset=utf-8',
      'gzip',
    ]);
  },
);

test('what the form says of files counts for all of them', async () => {
  const more = { 'content-type': 'x/y', 'Content-Encoding': 'br', x_delete_at: '9999999999' };
  expect(
    await submit(container, { ...signed(container, {}, 'account', 'sha512'), ...more }),
  ).toEqual([201, '201 Created']);
  const { headers } = await owner.ask('HEAD', `${container}/f`);
  expect(
    ['content-type', 'content-encoding', 'x-delete-at'].map((each) => headers.get(each)),
  ).toEqual(['x/y', 'br', '9999999999']);
});

test('a prefix of names is no folder, and the container of a path is one', async () => {
  await submit(`${container}/pre`, signed(`${container}/pre`));
  await submit(container, signed(container));
  expect(await names()).toEqual(['f', 'pref']);
});

test.each<[string, (path: string) => Fields, number, string]>([
  ['another key', (path) => signed(path, {}, 'wrong'), 401, 'FormPost: Invalid Signature'],
  ['another path', () => signed('/elsewhere'), 401, 'FormPost: Invalid Signature'],
  ['no signature', () => LIMITS, 401, 'FormPost: Invalid Signature'],
  [
    'a raised limit',
    (path) => ({ ...signed(path), max_file_size: '21' }),
    401,
    'FormPost: Invalid Signature',
  ],
  [
    'a digest that nobody knows',
    (path) => ({ ...signed(path), signature: 'md5:AAAA' }),
    401,
    'FormPost: Invalid Signature',
  ],
  ['a time that is past', (path) => signed(path, { expires: '1' }), 401, 'FormPost: Form Expired'],
  [
    'a time that is none',
    (path) => signed(path, { expires: 'soon' }),
    400,
    'FormPost: expired not an integer',
  ],
  [
    'a count that is none',
    (path) => signed(path, { max_file_count: 'x' }),
    400,
    'FormPost: max_file_count not an integer',
  ],
  [
    'a size that is none',
    (path) => signed(path, { max_file_size: 'x' }),
    400,
    'FormPost: max_file_size not an integer',
  ],
  [
    'no files allowed',
    (path) => signed(path, { max_file_count: '' }),
    400,
    '400 Bad Request\r\nFormPost: Max File Count Exceeded',
  ],
  [
    'too small a size',
    (path) => signed(path, { max_file_size: '6' }),
    400,
    'FormPost: max_file_size exceeded',
  ],
  [
    'a bad time of expiry',
    (path) => ({ ...signed(path), x_delete_at: 'x' }),
    400,
    'FormPost: x_delete_at not an integer: Unix timestamp required.',
  ],
  [
    'a bad life',
    (path) => ({ ...signed(path), x_delete_after: 'x' }),
    400,
    'FormPost: x_delete_after not an integer: Number of seconds required.',
  ],
  [
    'a content type that is no header',
    (path) => ({ ...signed(path), 'content-type': 'a/b\r\nX-Evil: 1' }),
    400,
    'FormPost: content-type contains characters that are not allowed in a header',
  ],
  [
    'a content encoding that is no header',
    (path) => ({ ...signed(path), 'content-encoding': 'a\0b' }),
    400,
    'FormPost: content-encoding contains characters that are not allowed in a header',
  ],
  [
    'an expiry that is past',
    (path) => ({ ...signed(path), x_delete_at: '1' }),
    400,
    '400 Bad Request',
  ],
])('a form with %s is refused, and leaves nothing', async (_, fields, status, text) => {
  expect(await submit(container, fields(container))).toEqual([status, text]);
  expect(await names()).toEqual([]);
});

test('a container that is not there, or an account, takes no files', async () => {
  expect(await submit('/none', signed('/none'))).toEqual([404, '404 Not Found']);
  expect(await submit('', signed(''))).toEqual([401, 'FormPost: Invalid Signature']);
  expect(await submit(container, signed(container), [])).toEqual([
    400,
    '400 Bad Request\r\nFormPost: No Files To Process',
  ]);
});

test('fields that come after a file do not count for it', async () => {
  const { signature = '', ...rest } = signed(container);
  const late = [
    ...Object.entries(rest).map(fieldPart),
    filePart(['f', 'x']),
    fieldPart(['signature', signature]),
  ];
  const { status } = await post(container, `${late.join('')}--${BOUNDARY}--\r\n`);
  expect(status).toBe(401);
  expect(await names()).toEqual([]);
});

test('of too many files, or of one that is too long, those before it are kept', async () => {
  const files: FormFile[] = ['a', 'b', 'c'].map((name) => [name, name]);
  expect((await submit(container, signed(container), files))[1]).toMatch(/Max File Count Exceeded/);
  expect(await names()).toEqual(['a', 'b']);
  const long: FormFile[] = [
    ['d', 'x'.repeat(20)],
    ['e', 'x'.repeat(21)],
  ];
  expect(await submit(container, signed(container), long)).toEqual([
    400,
    'FormPost: max_file_size exceeded',
  ]);
  expect(await names()).toEqual(['a', 'b', 'd']);
});

test.each([
  ['http://a.example/done', 'http://a.example/done?status=201&message='],
  ['http://a.example/done?x=y', 'http://a.example/done?x=y&status=201&message='],
])('the browser is sent on to %s', async (redirect, location) => {
  const fields = signed(container, { redirect });
  const { status, headers, body } = await post(container, formBody(fields, [['f', 'x']]));
  expect([status, headers.get('location')]).toEqual([303, location]);
  expect(body.toString()).toBe(
    `<html><body><p><a href="${location}">Click to continue...</a></p></body></html>`,
  );
});

test('a page that the form redirects to is told what went wrong, and cannot be written into', async () => {
  const redirect = 'http://a.example/"><script>';
  const { status, headers, body } = await post(
    container,
    formBody(signed(container, { redirect }), []),
  );
  expect([status, headers.get('location')]).toEqual([
    303,
    `${redirect}?status=400&message=no%20files%20to%20process`,
  ]);
  expect(body.toString()).not.toContain('<script>');
  const split = signed(container, { redirect: 'http://a.example\r\nX-Evil: 1' });
  expect(await submit(container, split)).toEqual([400, 'FormPost: redirect is not a valid URL']);
});

test('scripts of a page that the container allows may read the answer', async () => {
  await owner.ask('POST', container, {
    'X-Container-Meta-Access-Control-Allow-Origin': 'http://a.example',
  });
  const body = formBody(signed(container), [['f', 'x']]);
  const { headers } = await post(container, body, { Origin: 'http://a.example' });
  expect(headers.get('access-control-allow-origin')).toBe('http://a.example');
});

test.each<[string, (body: string) => string, string]>([
  [
    'does not begin with its boundary',
    (body) => `preamble\r\n${body}`,
    'invalid starting boundary',
  ],
  ['is empty', () => '', 'invalid starting boundary'],
  ['has only its end', () => `--${BOUNDARY}--`, 'invalid starting boundary'],
  [
    'ends in the middle of a file',
    (body) => body.slice(0, -BOUNDARY.length),
    'the form ends without its boundary',
  ],
])('a form that %s is refused, and leaves nothing', async (_, change, reason) => {
  const body = change(formBody(signed(container), [['f', 'content']]));
  const { status, body: said } = await post(container, body);
  expect([status, said.toString()]).toEqual([400, `FormPost: ${reason}`]);
  expect(await names()).toEqual([]);
});

test('a file whose name is not UTF-8 is refused', async () => {
  const body = Buffer.from(formBody(signed(container), [['f\xff', 'x']]), 'latin1');
  const { status, body: said } = await browser.ask('POST', container, FORM_TYPE, body);
  expect([status, said.toString()]).toEqual([
    400,
    'FormPost: the name of a file is not UTF-8 text',
  ]);
  expect(await names()).toEqual([]);
});

test("what a file's own part says of it must be a header, too", async () => {
  const files: FormFile[] = [['f', 'x', 'Content-Type: a/b\nX-Evil: 1\r\n']];
  const reason = 'FormPost: content-type contains characters that are not allowed in a header';
  expect(await submit(container, signed(container), files)).toEqual([400, reason]);
  expect(await names()).toEqual([]);
});

test('a boundary that is too long to be searched for is refused', async () => {
  const boundary = 'b'.repeat(257);
  const body = formBody(signed(container), [['f', 'x']]).replaceAll(BOUNDARY, boundary);
  const type = { 'Content-Type': `multipart/form-data; boundary=${boundary}` };
  const { status, body: said } = await post(container, body, type);
  expect([status, said.toString()]).toEqual([
    400,
    'FormPost: the boundary has more than 256 characters',
  ]);
  expect(await names()).toEqual([]);
});

test('a POST that only looks like a form is an ordinary one', async () => {
  await owner.ask('PUT', `${container}/o`, {}, 'x');
  const { status } = await owner.ask('POST', `${container}/o`, {
    'Content-Type': 'multipart/form-data',
  });
  expect(status).toBe(202);
});

test('each file of a versioned container is a version', async () => {
  await owner.ask('PUT', `${container}-archive`);
  await owner.ask('POST', container, { 'X-History-Location': `${container.slice(1)}-archive` });
  for (const content of ['one', 'two', 'x'.repeat(21), 'three'])
    await submit(container, signed(container), [['f', content]]);
  expect((await owner.ask('GET', `${container}/f`)).body.toString()).toBe('three');
  const archive = `${container.slice(1)}-archive`;
  const archived = (await owner.names(archive)).map((name) =>
    owner.ask('GET', `/${archive}/${name}`),
  );
  expect((await Promise.all(archived)).map(({ body }) => body.toString())).toEqual(['one', 'two']);
});

test('a browser that leaves in the middle of a large file leaves nothing', async () => {
  const fields = signed(container, { max_file_size: '10000000' });
  const body = formBody(fields, [['f', 'x'.repeat(300_000)]]);
  const { hostname, port } = new URL(server.url);
  const socket = connect(Number(port), hostname).on('error', () => undefined);
  socket.write(
    `POST /v1/AUTH_test${container} HTTP/1.1\r\nHost: x\r\nContent-Type: ${FORM_TYPE['Content-Type']}\r\nContent-Length: ${body.length}\r\n\r\n`,
  );
  socket.write(body.slice(0, 200_000), () => setTimeout(() => socket.destroy(), 50));
  await eventually('the log tells of it', () =>
    /"POST"[^\n]*"status":499/.test(server.log.join('')),
  );
  expect(await names()).toEqual([]);
});
