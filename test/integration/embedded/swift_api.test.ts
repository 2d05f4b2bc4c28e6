import { Readable } from 'node:stream';
import { readAll, type Body } from '../../../src/http/body';
import { Headers } from '../../../src/http/headers';
import { NO_BODY, textResponse, type Handler, type Request } from '../../../src/swift_api/message';
import { createEmbeddedApp } from '../../../src/stores/embedded/app';
import { createHandler } from '../../../src/stores/embedded/api/handler';
import { openStorage } from '../../../src/stores/embedded/storage/lmdb_storage';
import type { Storage } from '../../../src/stores/embedded/storage/storage';
import { clientRequest } from '../../support/stores/upstream_store';
import { unlimited } from '../../support/stores/authority';
import { temporaryFolders } from '../../support/running/temporary_folders';

const folder = temporaryFolders();
let storage: Storage;
let handler: Handler;
let reads: number;

beforeEach(async () => {
  storage = await openStorage(await folder());
  reads = 0;
  const counted = new Proxy(storage, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name);
      if (name === 'read') reads++;
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
  handler = createHandler(counted);
  await ask('PUT', '/v1/a/c');
});

afterEach(() => storage.close());

async function ask(
  method: string,
  url: string,
  headers: Record<string, string> = {},
  body: Body | string = NO_BODY,
  more: Partial<Request> = {},
) {
  const [path = '', query = ''] = url.split('?');
  const bytes = typeof body === 'string' ? Buffer.from(body) : body;
  const length =
    Buffer.isBuffer(bytes) && /PUT|POST/.test(method) ? String(bytes.length) : undefined;
  const response = await handler({
    method,
    path,
    query,
    headers: Headers.of({ 'Content-Length': length }).withAll(Headers.of(headers)),
    body: bytes,
    signal: new AbortController().signal,
    transactionId: 'tx',
    authority: 'client',
    authorise: () => undefined,
    receivedBytes: () => 0,
    ...more,
  });
  const text = await readAll(response.body, 1e9);
  return { status: response.status, headers: response.headers, body: text?.toString() ?? '' };
}

test.each([
  ['PUT', '/v1/a/c/o'],
  ['GET', '/v1/a/c/o'],
  ['POST', '/v1/a/c/o'],
  ['DELETE', '/v1/a/c/o'],
  ['COPY', '/v1/a/c/o'],
  ['GET', '/v1/a/c'],
  ['POST', '/v1/a/c'],
  ['DELETE', '/v1/a/c'],
  ['GET', '/v1/a'],
])('%s %s of a client that no filter has judged is refused', async (method, url) => {
  await ask('PUT', '/v1/a/c/o', {}, 'hello');
  const headers = Headers.of({ 'Content-Length': '0', Destination: 'c/copy' });
  const request = clientRequest({ method, path: url, headers, authority: 'client' });
  expect((await handler(request)).status).toBe(401);
  const result = await createEmbeddedApp(storage).mayWrite(request, {
    version: 'v1',
    account: 'a',
    container: 'c',
    object: 'o',
  });
  expect(result).toMatchObject({ status: 401 });
  expect((await ask('GET', '/v1/a/c')).body).toBe('o\n');
});

test('an object is kept with its metadata and shown in listings', async () => {
  const put = await ask(
    'PUT',
    '/v1/a/c/o',
    { 'Content-Type': 'x/y', 'X-Object-Meta-K': 'v' },
    'hello',
  );
  expect([put.status, put.headers.get('etag')]).toEqual([201, '5d41402abc4b2a76b9719d911017c592']);
  const got = await ask('GET', '/v1/a/c/o');
  expect([got.status, got.body, got.headers.get('x-object-meta-k')]).toEqual([200, 'hello', 'v']);
  const listing = await ask('GET', '/v1/a/c?format=json');
  expect(JSON.parse(listing.body)).toMatchObject([{ name: 'o', bytes: 5, content_type: 'x/y' }]);
  expect((await ask('HEAD', '/v1/a/c')).headers.get('x-container-object-count')).toBe('1');
  expect((await ask('DELETE', '/v1/a/c')).status).toBe(409);
  expect((await ask('DELETE', '/v1/a/c/o')).status).toBe(204);
  expect((await ask('DELETE', '/v1/a/c/o')).status).toBe(404);
});

test.each([
  ['bytes=1-2', 206, 'el'],
  ['bytes=-2', 206, 'lo'],
  ['bytes=9-', 416, expect.stringContaining('Range')],
  ['nonsense', 200, 'hello'],
  ['bytes=0-0,4-4', 206, expect.stringMatching(/h\r\n--[\s\S]*o\r\n--/)],
])('Range: %s', async (range, status, body) => {
  await ask('PUT', '/v1/a/c/o', {}, 'hello');
  const got = await ask('GET', '/v1/a/c/o', { Range: range });
  expect([got.status, got.body]).toEqual([status, body]);
  expect(got.headers.get('content-length')).toBe(String(got.body.length));
});

test.each<[string, Record<string, string>, number]>([
  ['a wrong ETag', { ETag: 'bad' }, 422],
  ['its ETag in capitals', { ETag: '632A2406BBCBCD553EEC45AC14B40A0A' }, 422],
  ['the same in quotes', { ETag: '"632A2406BBCBCD553EEC45AC14B40A0A"' }, 422],
  ['a body that is too short', { 'Content-Length': '9' }, 499],
  ['If-None-Match: *', { 'If-None-Match': '*' }, 412],
  ['another If-None-Match', { 'If-None-Match': 'x' }, 400],
  ['a reserved content type', { 'Content-Type': 'a/b;swift_x=1' }, 400],
  ['a time of expiry in the past', { 'X-Delete-At': '1' }, 400],
  ['more than 5 GiB', { 'Content-Length': '5368709123' }, 413],
  ['a manifest that names nothing', { 'X-Object-Manifest': 'c' }, 400],
])('a PUT with %s changes nothing', async (_, headers, status) => {
  await ask('PUT', '/v1/a/c/o', {}, 'before');
  expect((await ask('PUT', '/v1/a/c/o', headers, 'after')).status).toBe(status);
  expect((await ask('GET', '/v1/a/c/o')).body).toBe('before');
});

test('an ETag is that of the content, with or without quotes', async () => {
  for (const ETag of ['632a2406bbcbcd553eec45ac14b40a0a', '"632a2406bbcbcd553eec45ac14b40a0a"'])
    expect((await ask('PUT', '/v1/a/c/o', { ETag }, 'after')).status).toBe(201);
});

test('what lists versions is refused of a container, and ignored of an object, as on Swift', async () => {
  const versions = { 'X-Versions-Enabled': 'true' };
  expect((await ask('PUT', '/v1/a/c/o?versions', versions, 'hello')).status).toBe(201);
  expect(await ask('GET', '/v1/a/c/o?versions')).toMatchObject({ status: 200, body: 'hello' });
  expect((await ask('HEAD', '/v1/a/c/o?versions=&versions=1')).status).toBe(200);
  expect((await ask('POST', '/v1/a/c/o?versions')).status).toBe(202);
  expect((await ask('DELETE', '/v1/a/c/o?versions')).status).toBe(204);
  expect((await ask('GET', '/v1/a/c/o?versions')).status).toBe(404);
  expect((await ask('GET', '/v1/a/c?versions')).status).toBe(501);
  expect((await ask('PUT', '/v1/a/d', versions)).status).toBe(501);
  // this one would read another version than is meant
  expect((await ask('GET', '/v1/a/c/o?version-id=1')).status).toBe(501);
});

test('a body that breaks off leaves nothing', async () => {
  async function* broken() {
    yield Buffer.from('half');
    await Promise.resolve();
    throw new Error('gone');
  }
  await expect(ask('PUT', '/v1/a/c/o', {}, Readable.from(broken()))).rejects.toThrow('gone');
  expect((await ask('GET', '/v1/a/c/o')).status).toBe(404);
});

test('a PUT without a length is 411, and one in chunks is not', async () => {
  const none = await ask('PUT', '/v1/a/c/o', {}, NO_BODY, { headers: Headers.none });
  expect(none.status).toBe(411);
  expect((await ask('PUT', '/v1/a/c/o', {}, Readable.from([Buffer.from('x')]))).status).toBe(201);
});

test('the client is told to send its body only once the PUT may happen', async () => {
  let told = 0;
  const sendContinue = () => {
    told++;
  };
  const authorise = () => textResponse(403, 'no');
  expect((await ask('PUT', '/v1/a/c/o', {}, 'x', { sendContinue, authorise })).status).toBe(403);
  expect((await ask('PUT', '/v1/a/no/o', {}, 'x', { sendContinue })).status).toBe(404);
  expect(told).toBe(0);
  await ask('PUT', '/v1/a/c/o', {}, 'x', { sendContinue });
  expect(told).toBe(1);
});

test('a copy reads no bytes, and keeps what the source had', async () => {
  await ask('PUT', '/v1/a/c/o', { 'Content-Type': 'x/y', 'X-Object-Meta-K': 'v' }, 'hello');
  reads = 0;
  const copy = await ask('COPY', '/v1/a/c/o', { Destination: 'c/p', 'X-Object-Meta-L': 'w' });
  expect([copy.status, copy.headers.get('x-copied-from'), reads]).toEqual([201, 'c/o', 0]);
  const got = await ask('GET', '/v1/a/c/p');
  expect(got.body).toBe('hello');
  expect(
    ['x-object-meta-k', 'x-object-meta-l', 'content-type'].map((each) => got.headers.get(each)),
  ).toEqual(['v', 'w', 'x/y']);
  await ask('PUT', '/v1/a/c/q', { 'X-Copy-From': 'c/o', 'X-Fresh-Metadata': 'true' });
  expect((await ask('HEAD', '/v1/a/c/q')).headers.get('x-object-meta-k')).toBeUndefined();
});

test("a client's raw copy of a manifest or a link is looked at anew", async () => {
  await ask('PUT', '/v1/a/c/s1', {}, 'segment');
  const manifest = JSON.stringify([{ path: '/c/s1' }]);
  await ask('PUT', '/v1/a/c/slo?multipart-manifest=put', {}, manifest);
  await ask('PUT', '/v1/a/c/link', { 'X-Symlink-Target': 'c/s1' });
  const raw = (name: string) => `/v1/a/c/${name}?multipart-manifest=get&symlink=get`;
  const onto = async (name: string, to: string) =>
    (await ask('COPY', raw(name), { Destination: `c/${to}` })).status;
  expect([await onto('slo', 's1'), await onto('link', 's1')]).toEqual([400, 400]);
  expect([await onto('slo', 'slo2'), await onto('link', 'link2')]).toEqual([201, 201]);
  await ask('DELETE', '/v1/a/c/s1');
  expect([await onto('slo', 'slo3'), await onto('link', 'link3')]).toEqual([400, 201]);
});

test('large objects and links show what they name, and what is archived of them shares it', async () => {
  for (const name of ['s1', 's2']) await ask('PUT', `/v1/a/c/${name}`, {}, `<${name}>`);
  const manifest = JSON.stringify([
    { path: '/c/s1' },
    { data: 'Kys=' },
    { path: '/c/s2', range: '1-2' },
  ]);
  expect((await ask('PUT', '/v1/a/c/slo?multipart-manifest=put', {}, manifest)).status).toBe(201);
  await ask('PUT', '/v1/a/c/dlo', { 'X-Object-Manifest': 'c/s' });
  await ask('PUT', '/v1/a/c/link', { 'X-Symlink-Target': 'c/slo' });
  reads = 0;
  for (const name of ['slo', 'link']) {
    const raw = `/v1/a/c/${name}?multipart-manifest=get&symlink=get`;
    const to = { Destination: `c/${name}-copy` };
    expect((await ask('COPY', raw, to, NO_BODY, { authority: unlimited() })).status).toBe(201);
  }
  expect(reads).toBe(0);
  for (const name of ['slo', 'slo-copy', 'link', 'link-copy'])
    expect((await ask('GET', `/v1/a/c/${name}`)).body).toBe('<s1>++s2');
  expect((await ask('GET', '/v1/a/c/slo', { Range: 'bytes=3-6' })).body).toBe('>++s');
  await ask('DELETE', '/v1/a/c/s1');
  expect((await ask('GET', '/v1/a/c/slo')).status).toBe(409);
});

test('names that every object of JavaScript has mean nothing', async () => {
  for (const name of ['constructor', 'toString', '__proto__']) {
    expect((await ask('PUT', `/v1/a/c/x.${name}`, {}, 'x')).status).toBe(201);
    const { headers } = await ask('HEAD', `/v1/a/c/x.${name}`);
    expect(headers.get('content-type')).toBe('application/octet-stream');
    const listing = await ask('GET', `/v1/a/c?format=${name}&limit=1`);
    expect([listing.status, listing.headers.get('content-type')]).toEqual([
      200,
      'text/plain; charset=utf-8',
    ]);
  }
});

test.each([
  ['.00000', 204],
  [' ', 204],
  ['.5', 412],
  ['.', 400],
  ['e0', 400],
])(
  'X-If-Delete-At is a time as Swift reads one: with %j behind its seconds',
  async (more, status) => {
    const expires = String(Math.floor(Date.now() / 1000) + 1000);
    await ask('PUT', '/v1/a/c/o', { 'X-Delete-At': expires }, 'x');
    expect((await ask('DELETE', '/v1/a/c/o', { 'X-If-Delete-At': expires + more })).status).toBe(
      status,
    );
  },
);

test('a DELETE of what expires leaves what takes its place meanwhile', async () => {
  const expires = String(Math.floor(Date.now() / 1000) + 1000);
  await ask('PUT', '/v1/a/c/o', { 'X-Delete-At': expires }, 'old');
  let isOvertaken = false;
  const overtaken = new Proxy(storage, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      const method = value.bind(target) as (...of: unknown[]) => unknown;
      if (name !== 'deleteObject' || isOvertaken) return method;
      return async (...of: unknown[]) => {
        isOvertaken = true;
        expect((await ask('PUT', '/v1/a/c/o', {}, 'new')).status).toBe(201);
        return method(...of);
      };
    },
  });
  const request = clientRequest({
    method: 'DELETE',
    path: '/v1/a/c/o',
    headers: Headers.of({ 'X-If-Delete-At': expires }),
    authority: 'client',
    authorise: () => undefined,
  });
  expect((await createHandler(overtaken)(request)).status).toBe(412);
  expect(await ask('GET', '/v1/a/c/o')).toMatchObject({ status: 200, body: 'new' });
});
