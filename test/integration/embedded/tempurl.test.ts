import { createHmac } from 'node:crypto';
import type { Client } from '../../support/clients/client';
import { suiteEmbedded } from '../../support/servers/embedded';

const LATER = Math.floor(Date.now() / 1000) + 600;

const server = suiteEmbedded(
  '[filter:tempurl]\noutgoing_remove_headers = x-object-meta-* x-secret',
);
let owner: Client;
let anyone: Client;

beforeAll(async () => {
  owner = await server.login('test:tester', 'testing');
  anyone = server.anonymous();
  await owner.ask('POST', '', {
    'X-Account-Meta-Temp-Url-Key': 'account',
    'X-Account-Meta-Temp-Url-Key-2': 'second',
  });
  await owner.ask('PUT', '/c', { 'X-Container-Meta-Temp-Url-Key': 'container' });
  await owner.ask('PUT', '/d');
  await owner.ask(
    'PUT',
    '/c/o',
    { 'X-Object-Meta-A': 'hidden', 'X-Object-Meta-Public-A': 'shown' },
    'content',
  );
  await owner.ask('PUT', '/d/o', {}, 'elsewhere');
});

interface Signed {
  key?: string;
  method?: string;
  expires?: number | string;
  digest?: string;
  encoding?: 'hex' | 'base64' | 'base64url';
  prefix?: string;
  ip?: string;
  more?: string;
}

/** Returns the path and query of a temporary URL. */
function sign(path: string, signed: Signed = {}): string {
  const {
    key = 'account',
    method = 'GET',
    expires = LATER,
    digest = 'sha256',
    prefix,
    ip,
  } = signed;
  const encoding = signed.encoding ?? 'hex';
  const whole = `/v1/AUTH_test${path}`;
  const container = whole.split('/').slice(0, 4).join('/');
  const meant = prefix === undefined ? whole : `prefix:${container}/${prefix}`;
  const time = typeof expires === 'number' ? expires : Date.parse(expires) / 1000;
  const message = `${ip === undefined ? '' : `ip=${ip}\n`}${method}\n${time}\n${meant}`;
  const mac = createHmac(digest, key).update(message).digest(encoding);
  const sig = encoding === 'hex' ? mac : `${digest}:${encodeURIComponent(mac)}`;
  const more = [
    prefix === undefined ? '' : `&temp_url_prefix=${prefix}`,
    ip ? `&temp_url_ip_range=${ip}` : '',
  ];
  return `${path}?temp_url_sig=${sig}&temp_url_expires=${expires}${more.join('')}${signed.more ?? ''}`;
}

const ask = async (method: string, path: string, headers = {}, body?: string) => {
  const answer = await anyone.ask(method, path, headers, body);
  return [answer.status, answer.body.toString()] as const;
};

const INVALID = [401, '401 Unauthorized: Temp URL invalid\n'];

test.each<[string, Signed]>([
  ['a key of the account', {}],
  ["the account's second key", { key: 'second' }],
  ['a key of the container', { key: 'container' }],
  ['SHA-1', { digest: 'sha1' }],
  ['SHA-512', { digest: 'sha512' }],
  ['base64', { encoding: 'base64' }],
  ['the base64 of URLs', { encoding: 'base64url', digest: 'sha512' }],
  ['a time as text', { expires: '2034-05-06T07:08:09Z' }],
  ['a prefix', { prefix: 'o' }],
  ['the empty prefix', { prefix: '' }],
  ['an address', { ip: '127.0.0.1' }],
  ['a range of addresses', { ip: '127.0.0.0/8' }],
])('a GET that is signed with %s', async (_, signed) => {
  expect(await ask('GET', sign('/c/o', signed))).toEqual([200, 'content']);
  expect((await ask('HEAD', sign('/c/o', signed)))[0]).toBe(200);
});

test.each<[string, string, Signed, string?]>([
  ['another key', '/c/o', { key: 'wrong' }],
  ["the other container's key", '/d/o', { key: 'container' }],
  ['another method', '/c/o', { method: 'PUT' }],
  ['a time that is past', '/c/o', { expires: 1 }],
  ['a day that is none', '/c/o', { expires: '2034-02-30T00:00:00Z' }],
  ['a digest that nobody knows', '/c/o', { digest: 'md5', encoding: 'base64' }],
  ['a prefix that does not fit', '/c/o', { prefix: 'p' }],
  ['another address', '/c/o', { ip: '10.0.0.0/8' }],
  ['a range that is none', '/c/o', { ip: '127.0.0.1/8' }],
])('a GET that is signed with %s is refused', async (_, path, signed) => {
  const answer = await anyone.ask('GET', sign(path, signed));
  expect([answer.status, answer.body.toString()]).toEqual(INVALID);
  expect(answer.headers.get('www-authenticate')).toBe('Swift realm="unknown"');
});

test.each([
  ['no signature', (url: string) => url.replace(/temp_url_sig=[^&]*&/, '')],
  ['no time', (url: string) => url.replace(/&temp_url_expires=.*/, '')],
  ['half a signature', (url: string) => url.replace(/(temp_url_sig=.{32})[^&]*/, '$1')],
  [
    'a signature in capitals',
    (url: string) => url.replace(/sig=([^&]*)/, (_, hex: string) => `sig=${hex.toUpperCase()}`),
  ],
  ['another time', (url: string) => url.replace(String(LATER), String(LATER + 1))],
  ['a second signature', (url: string) => url.replace('?', '?temp_url_sig=0&')],
  ['broken base64', (url: string) => url.replace(/sig=[^&]*/, 'sig=sha256:!!')],
])('an URL with %s is refused', async (_, change) => {
  expect(await ask('GET', change(sign('/c/o')))).toEqual(INVALID);
  expect((await ask('HEAD', change(sign('/c/o'))))[0]).toBe(401);
});

test('only objects have such URLs, and only for the methods that are allowed', async () => {
  expect(await ask('GET', sign('/c'))).toEqual(INVALID);
  expect(await ask('COPY', sign('/c/o', { method: 'COPY' }), { Destination: 'c/p' })).toEqual(
    INVALID,
  );
});

test.each<[string, string | undefined, string]>([
  ['', undefined, `attachment; filename="o"; filename*=UTF-8''o`],
  ['', 'inline; filename="kept"', 'inline; filename="kept"'],
  ['&inline', undefined, 'inline'],
  [
    '&filename=a%20b%2Fc%22',
    undefined,
    `attachment; filename="a b/c%22"; filename*=UTF-8''a%20b/c%22`,
  ],
  ['&inline&filename=%C3%A9', 'x', `inline; filename="%C3%A9"; filename*=UTF-8''%C3%A9`],
])('a browser is told with %j and %j: %s', async (more, kept, expected) => {
  await owner.ask('POST', '/c/o', {
    'X-Object-Meta-A': 'hidden',
    'X-Object-Meta-Public-A': 'shown',
    ...(kept === undefined ? {} : { 'Content-Disposition': kept }),
  });
  const { headers } = await anyone.ask('GET', sign('/c/o', { more }));
  expect(headers.get('content-disposition')).toBe(expected);
  expect(headers.get('expires')).toBe(new Date(LATER * 1000).toUTCString());
  expect([headers.has('x-object-meta-a'), headers.get('x-object-meta-public-a')]).toEqual([
    false,
    'shown',
  ]);
});

test('what else the query asks for was not signed', async () => {
  const manifest = JSON.stringify([{ path: '/c/o' }]);
  await owner.ask('PUT', '/c/slo?multipart-manifest=put', {}, manifest);
  expect(await ask('GET', sign('/c/slo', { more: '&multipart-manifest=get' }))).toEqual([
    200,
    'content',
  ]);
  const url = sign('/c/slo', { method: 'DELETE', more: '&multipart-manifest=delete' });
  expect((await ask('DELETE', url))[0]).toBe(204);
  expect((await ask('GET', sign('/c/o')))[1]).toBe('content');
});

test('a key reaches no further than what it is for', async () => {
  await owner.ask('PUT', '/c/dlo', { 'X-Object-Manifest': 'd/o' });
  await owner.ask('PUT', '/c/link', { 'X-Symlink-Target': 'd/o' });
  await owner.ask('PUT', '/c/slo?multipart-manifest=put', {}, JSON.stringify([{ path: '/d/o' }]));
  for (const name of ['dlo', 'link', 'slo']) {
    expect(await ask('GET', sign(`/c/${name}`))).toEqual([200, 'elsewhere']);
    expect([401, 409]).toContain((await ask('GET', sign(`/c/${name}`, { key: 'container' })))[0]);
  }
});

test('a PUT makes the object, and neither a pointer to others nor a copy of them', async () => {
  const url = sign('/c/new', { method: 'PUT' });
  for (const name of ['X-Object-Manifest', 'X-Symlink-Target', 'X-Copy-From']) {
    const refused = [400, `The header '${name}' is not allowed in this tempurl`];
    expect(await ask('PUT', url, { [name]: 'd/o' }, '')).toEqual(refused);
  }
  expect((await ask('PUT', url, {}, 'new'))[0]).toBe(201);
  expect((await ask('GET', url))[0]).toBe(401);
  expect((await ask('HEAD', url))[0]).toBe(200);
  expect((await owner.ask('GET', '/c/new')).body.toString()).toBe('new');
});

test('what it overwrites and deletes is archived', async () => {
  await owner.ask('PUT', '/archive');
  await owner.ask('PUT', '/v', { 'X-History-Location': 'archive' });
  for (const body of ['one', 'two']) {
    expect((await ask('PUT', sign('/v/o', { method: 'PUT' }), {}, body))[0]).toBe(201);
  }
  expect((await ask('DELETE', sign('/v/o', { method: 'DELETE' })))[0]).toBe(204);
  const names = await owner.names('archive');
  const bodies = names.map(async (name) =>
    (await owner.ask('GET', `/archive/${name}`)).body.toString(),
  );
  expect(await Promise.all(bodies)).toEqual(['one', 'two', '']);
});

test('a token that is no good does not stop a signed request, and a good one does not help an unsigned one', async () => {
  expect((await anyone.ask('GET', sign('/c/o'), { 'X-Auth-Token': 'AUTH_tkx' })).status).toBe(200);
  expect((await owner.ask('GET', sign('/c/o', { key: 'wrong' }))).status).toBe(401);
});

test('no signature is logged', async () => {
  await ask('GET', sign('/c/o'));
  expect(server.log.join('')).toContain('/v1/AUTH_test/c/o');
  expect(server.log.join('')).not.toMatch(/temp_url|[0-9a-f]{40}/);
});
