import { ask, type Caller, type Session } from '../../../src/buckets/caller';
import { PartsMemory } from '../../../src/buckets/uploads/parts_memory';
import { loginThrough, Sessions } from '../../../src/buckets/sessions';
import { readAll } from '../../../src/http/body';
import { Headers } from '../../../src/http/headers';
import { NO_BODY, type Handler } from '../../../src/swift_api/message';
import { LoginRefused } from '../../../src/auth/logins';
import { StoreError } from '../../../src/util/store_error';
import { asRequest, inPieces } from '../../support/clients/s3/requests';

const CREDENTIAL = { accessKey: 'AK', secretKey: 'SK', user: 'test:tester', key: 'testing' };

function counted(life?: number) {
  const logins: string[] = [];
  const sessions = new Sessions(async ({ user }) => {
    logins.push(user);
    await Promise.resolve();
    const expires = life === undefined ? undefined : Date.now() + life;
    return { token: `token${logins.length}`, accountPath: '/v1/AUTH_test', expires };
  });
  return { sessions, logins };
}

it('all requests share one login', async () => {
  const { sessions, logins } = counted(3600_000);
  const all = await Promise.all(Array.from({ length: 20 }, () => sessions.session(CREDENTIAL)));
  expect(new Set(all.map(({ token }) => token))).toEqual(new Set(['token1']));
  expect(logins).toHaveLength(1);
});

it('a refused token is renewed once for all refused requests', async () => {
  const { sessions, logins } = counted();
  await sessions.session(CREDENTIAL);
  const all = await Promise.all(
    Array.from({ length: 20 }, () => sessions.session(CREDENTIAL, 'token1')),
  );
  expect(new Set(all.map(({ token }) => token))).toEqual(new Set(['token2']));
  expect(logins).toHaveLength(2);
});

it('a token that is over is not used', async () => {
  const { sessions, logins } = counted(1000);
  await sessions.session(CREDENTIAL);
  await sessions.session(CREDENTIAL);
  expect(logins.length).toBeGreaterThan(1);
});

it('the account may be configured', async () => {
  const { sessions } = counted();
  expect(await sessions.session({ ...CREDENTIAL, account: 'AUTH_other' })).toMatchObject({
    account: 'AUTH_other',
  });
});

it("an access key that has come to be another user's has a session of that user", async () => {
  const { sessions, logins } = counted();
  await sessions.session(CREDENTIAL);
  await sessions.session({ ...CREDENTIAL, user: 'test:other' });
  await sessions.session({ ...CREDENTIAL, user: 'test:other', key: 'new' });
  await sessions.session({ ...CREDENTIAL, user: 'test:other', key: 'new' });
  expect(logins).toEqual(['test:tester', 'test:other', 'test:other']);
});

it('a client that cannot log in is refused; a store that cannot answer is unavailable', async () => {
  const refused = new Sessions(() => Promise.reject(new LoginRefused('no')));
  await expect(refused.session(CREDENTIAL)).rejects.toMatchObject({ code: 'access-denied' });
  const away = new Sessions(() => Promise.reject(new StoreError('unreachable', 'away')));
  await expect(away.session(CREDENTIAL)).rejects.toBeInstanceOf(StoreError);
});

it.each([
  [401, {}, 'access-denied'],
  [200, { 'X-Auth-Token': 't', 'X-Storage-Url': 'nonsense' }, 'access-denied'],
])('a login that answers %d %j lets nobody in', async (status, headers, code) => {
  const next: Handler = () =>
    Promise.resolve({ status, headers: Headers.of(headers), body: NO_BODY });
  await expect(
    new Sessions(loginThrough(next, '/auth/v1.0')).session(CREDENTIAL),
  ).rejects.toMatchObject({
    code,
  });
});

describe('asking the store', () => {
  const GET = { method: 'GET', target: '/', fields: [], body: Buffer.alloc(0) };

  function caller(takesBody: boolean): {
    readonly caller: Caller;
    readonly tokens: (string | undefined)[];
  } {
    const tokens: (string | undefined)[] = [];
    const next: Handler = async ({ headers, body }) => {
      const token = headers.get('x-auth-token');
      tokens.push(token);
      if (takesBody) await readAll(body, Infinity);
      return { status: token === 'new' ? 201 : 401, headers: Headers.none, body: NO_BODY };
    };
    const session = (refused?: string): Promise<Session> =>
      Promise.resolve({ account: 'AUTH_test', token: refused === undefined ? 'old' : 'new' });
    const parts = new PartsMemory();
    return {
      caller: { next, request: asRequest(GET), user: 'test:tester', parts, session },
      tokens,
    };
  }

  it.each<[string, boolean]>([
    ['nothing of the body was read', false],
    ['the body was read', true],
  ])('with a token that has expired, where %s', async (_, takesBody) => {
    const { caller: one, tokens } = caller(takesBody);
    const pending = ask(one, {
      method: 'PUT',
      container: 'c',
      object: 'o',
      body: inPieces(Buffer.from('hello'), [1]),
    });
    if (takesBody) await expect(pending).rejects.toMatchObject({ code: 'unavailable' });
    else expect(await pending).toMatchObject({ status: 201 });
    expect(tokens).toEqual(takesBody ? ['old'] : ['old', 'new']);
  });
});
