import { Headers } from '../../../src/http/headers';
import { Client } from '../../support/clients/client';
import { suiteEmbedded } from '../../support/servers/embedded';

const server = suiteEmbedded(
  '',
  'reseller_prefix = AUTH, SERVICE\nSERVICE_require_group = service',
);
let owner: Client;
let guest: Client;

beforeAll(async () => {
  owner = await server.login('test:tester', 'testing');
  guest = await server.login('test2:tester2', 'testing2', 'AUTH_test');
  await owner.ask('PUT', '/c', { 'X-Container-Meta-Temp-Url-Key': 'key' });
  await owner.ask('PUT', '/c/o', {}, 'content');
});

const grant = (acl: object) =>
  owner
    .ask('POST', '', { 'X-Account-Access-Control': JSON.stringify(acl) })
    .then(({ status }) => status);

const statuses = async (client: Client, ...requests: [method: string, path: string][]) => {
  const answers: number[] = [];
  for (const [method, path] of requests) answers.push((await client.ask(method, path)).status);
  return answers;
};

const EVERYTHING: [string, string][] = [
  ['GET', ''],
  ['GET', '/c'],
  ['GET', '/c/o'],
  ['POST', ''],
  ['PUT', '/new'],
  ['PUT', '/c/p'],
  ['DELETE', '/c/p'],
];

test.each([
  ['nothing', {}, [403, 403, 403, 403, 403, 403, 403]],
  ['read-only', { 'read-only': ['test2:tester2'] }, [200, 200, 200, 403, 403, 403, 403]],
  ['read-write', { 'read-write': ['test2'] }, [200, 200, 200, 403, 201, 201, 204]],
  ['admin', { admin: ['test2:tester2'] }, [200, 200, 200, 204, 201, 201, 204]],
  [
    'nothing, since another is meant',
    { admin: ['test2:other'] },
    [403, 403, 403, 403, 403, 403, 403],
  ],
])('an ACL of the account grants %s', async (_, acl, expected) => {
  expect(await grant(acl)).toBe(204);
  expect(await statuses(guest, ...EVERYTHING)).toEqual(expected);
  await owner.ask('DELETE', '/new');
  expect(await statuses(server.anonymous(), ...EVERYTHING)).toEqual(EVERYTHING.map(() => 401));
});

test('only owners see the ACL and what else is theirs, and only they set it', async () => {
  await grant({ 'read-write': ['test2:tester2'] });
  expect((await owner.ask('HEAD', '')).headers.get('x-account-access-control')).toBe(
    '{"read-write":["test2:tester2"]}',
  );
  expect((await guest.ask('HEAD', '')).headers.has('x-account-access-control')).toBe(false);
  expect((await guest.ask('HEAD', '/c')).headers.has('x-container-meta-temp-url-key')).toBe(false);
  const secrets = {
    'X-Container-Meta-Temp-Url-Key': 'mine',
    'X-Container-Read': '.r:*',
    'X-Container-Meta-A': 'b',
  };
  expect((await guest.ask('POST', '/c', secrets)).status).toBe(204);
  const { headers } = await owner.ask('HEAD', '/c');
  expect(['temp-url-key', 'a'].map((name) => headers.get(`x-container-meta-${name}`))).toEqual([
    'key',
    'b',
  ]);
  expect(headers.has('x-container-read')).toBe(false);
  await grant({ admin: ['test2:tester2'] });
  expect((await guest.ask('HEAD', '/c')).headers.get('x-container-meta-temp-url-key')).toBe('key');
  expect((await guest.ask('POST', '', { 'X-Account-Access-Control': '{}' })).status).toBe(204);
  expect((await guest.ask('GET', '')).status).toBe(403);
});

test('it is shown sorted and in ASCII, and an empty one is none', async () => {
  const acl = Buffer.from('{ "read-only": ["é"], "admin": [] }').toString('latin1');
  await owner.ask('POST', '', { 'X-Account-Access-Control': acl });
  const readAcl = async () => (await owner.ask('HEAD', '')).headers.get('x-account-access-control');
  expect(await readAcl()).toBe('{"admin":[],"read-only":["\\u00e9"]}');
  await owner.ask('POST', '', { 'X-Account-Access-Control': '' });
  expect(await readAcl()).toBeUndefined();
});

test.each([
  ['nonsense', "Syntax error in input ('nonsense')"],
  ["it's", 'Syntax error in input ("it\'s")'],
  ['["admin"]', 'Syntax error in input (\'["admin"]\')'],
  ['{"owner":[]}', 'Key "owner" not recognized'],
  ['{"admin":"x"}', 'Value for key "admin" must be a list'],
  ['{"read-only":[1]}', 'Elements of "read-only" list must be strings'],
])('what is no ACL is refused: %s', async (acl, error) => {
  const { status, headers, body } = await owner.ask('POST', '', {
    'X-Account-Access-Control': acl,
  });
  expect([status, headers.get('content-type')]).toEqual([400, 'text/plain; charset=UTF-8']);
  expect(body.toString()).toBe(`X-Account-Access-Control invalid: ${error}\n\nInput: ${acl}\n`);
});

test('who reads everything reads, and does nothing else; only resellers make accounts', async () => {
  const reader = await server.login('admin:reader', 'secret', 'AUTH_test');
  expect(
    await statuses(reader, ['GET', ''], ['GET', '/c/o'], ['POST', ''], ['PUT', '/c/p']),
  ).toEqual([200, 200, 403, 403]);
  const reseller = await server.login('admin:admin', 'secret', 'AUTH_fresh');
  expect(await statuses(reseller, ['PUT', ''], ['DELETE', ''])).toEqual([201, 204]);
  expect(await statuses(owner, ['PUT', ''], ['DELETE', ''])).toEqual([403, 403]);
});

test('an account of a service takes the token of the service besides the one of its user', async () => {
  const user = new Client(server.url, owner.credentials, '/v1/SERVICE_test');
  const service = await server.login('svc:worker', 'secret');
  const token = service.credentials.get('x-auth-token') ?? '';
  expect((await user.ask('PUT', '/c')).status).toBe(403);
  expect((await user.ask('PUT', '/c', { 'X-Service-Token': 'AUTH_tkforged.x' })).status).toBe(403);
  expect((await user.ask('PUT', '/c', { 'X-Service-Token': token })).status).toBe(201);
  const alone = new Client(server.url, service.credentials, '/v1/SERVICE_test');
  expect((await alone.ask('GET', '/c')).status).toBe(403);
});

test.each([
  ['/auth/v1.0', { 'X-Auth-User': 'test:tester', 'X-Auth-Key': 'testing' }, 200],
  ['/auth/auth', { 'X-Storage-User': 'test:tester', 'X-Storage-Pass': 'testing' }, 200],
  ['/auth/v1/test/auth', { 'X-Storage-User': 'tester', 'X-Storage-Pass': 'testing' }, 200],
  ['/auth/v1/test/auth', { 'X-Auth-User': 'test:tester', 'X-Auth-Key': 'testing' }, 200],
  ['/auth/v1/test2/auth', { 'X-Auth-User': 'test:tester', 'X-Auth-Key': 'testing' }, 401],
  ['/auth/v1.0', { 'X-Auth-User': 'test:tester', 'X-Auth-Key': 'wrong' }, 401],
  ['/auth/v1.0', { 'X-Auth-User': 'tester', 'X-Auth-Key': 'testing' }, 401],
  ['/auth/v1', { 'X-Auth-User': 'test:tester', 'X-Auth-Key': 'testing' }, 400],
  ['/auth/v3', {}, 400],
  ['/auth/', {}, 404],
])('a login at %s with %j', async (path, headers, status) => {
  const answer = await new Client(server.url, Headers.none).send('GET', path, headers);
  expect(answer.status).toBe(status);
  expect(answer.headers.has('x-auth-token')).toBe(status === 200);
});

test('/info tells of it', async () => {
  const { body } = await server.anonymous().send('GET', '/info');
  expect(JSON.parse(body.toString())).toMatchObject({
    tempauth: { account_acls: true },
    tempurl: {
      methods: ['GET', 'HEAD', 'PUT', 'POST', 'DELETE'],
      allowed_digests: ['sha1', 'sha256', 'sha512'],
    },
    formpost: { deprecated_digests: ['sha1'] },
    versioned_writes: { allowed_flags: ['x-versions-location', 'x-history-location'] },
  });
});
