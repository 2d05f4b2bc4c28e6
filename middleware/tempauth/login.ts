import { statusResponse, unauthorised } from '../../src/swift_api/responses';
import { quote, unquote, type ByteString } from '../../src/http/bytes';
import { Headers } from '../../src/http/headers';
import { NO_BODY, type Request, type Response } from '../../src/swift_api/message';
import { isKeyOf, type Tokens } from './tokens';
import type { User } from './users';

export interface LoginParts {
  readonly users: ReadonlyMap<ByteString, User>;
  readonly tokens: Tokens;
  /** Scheme of the storage URL; `default`: http. */
  readonly scheme: string;
}

/**
 * Handles `GET /auth/v1.0` with X-Auth-User and X-Auth-Key, in all the forms that Swift's
 * `tempauth` accepts.
 *
 * @param path what follows the prefix of all logins
 */
export function handleLogin(request: Request, path: string, parts: LoginParts): Response {
  if (request.method !== 'GET') return statusResponse(405);
  const [version, account, last] = unquote(path).split('/');
  if (version === '') return statusResponse(404);
  const isOld = version === 'v1' && last === 'auth';
  if (!isOld && version !== 'v1.0' && version !== 'auth') return statusResponse(400);
  const name = isOld ? oldName(request.headers, account ?? '') : nameIn(request.headers);
  if (name === undefined) return unauthorised((isOld && account) || 'unknown');
  const user = parts.users.get(name);
  // the same for a wrong name as for a wrong key, so that names cannot be probed
  if (!user || !isKeyOf(user, keyIn(request.headers, isOld))) return unauthorised('unknown');
  return loginResponse(user, request.host ?? request.headers.get('host') ?? 'localhost', parts);
}

function nameIn(headers: Headers): ByteString | undefined {
  const user = headers.get('x-auth-user') || headers.get('x-storage-user');
  return user?.includes(':') ? user : undefined;
}

/**
 * Reads the user of `/v1/ACCOUNT/auth`: the account is in the path, and again in
 * X-Auth-User.
 */
function oldName(headers: Headers, account: ByteString): ByteString | undefined {
  const bare = headers.get('x-storage-user');
  if (bare) return `${account}:${bare}`;
  const user = headers.get('x-auth-user');
  return user?.startsWith(`${account}:`) ? user : undefined;
}

function keyIn(headers: Headers, isOld: boolean): ByteString {
  const names = ['x-auth-key', 'x-storage-pass'];
  const values = (isOld ? names.reverse() : names).map((name) => headers.get(name));
  return values.find(Boolean) ?? '';
}

function loginResponse(user: User, host: string, { tokens, scheme }: LoginParts): Response {
  const { token, seconds } = tokens.create(user);
  return {
    status: 200,
    headers: Headers.of({
      'Content-Type': 'text/html; charset=UTF-8',
      'Content-Length': '0',
      'X-Auth-Token': token,
      'X-Storage-Token': token,
      'X-Auth-Token-Expires': String(seconds),
      'X-Storage-Url': `${scheme === 'default' ? 'http' : scheme}://${host}/v1/${quote(user.account)}`,
    }),
    body: NO_BODY,
  };
}
