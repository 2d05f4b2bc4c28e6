import { z } from 'zod';
import { whole } from '../../src/config/options';
import { unquote } from '../../src/http/bytes';
import { Headers } from '../../src/http/headers';
import {
  NO_BODY,
  textResponse,
  withoutBody,
  type Filter,
  type Request,
  type Response,
} from '../../src/http/message';
import { parseTarget } from '../../src/http/path';
import type { FilterPlugin } from '../../src/plugin';
import { authoriser, denied } from './authorise';
import { isKeyOf, Tokens } from './tokens';
import { readUsers, USER_OPTION, type User } from './users';

const options = z
  .object({
    reseller_prefix: z.string().default('AUTH'),
    auth_prefix: z.string().startsWith('/').endsWith('/').default('/auth/'),
    token_life: whole(1, 10 * 365 * 86_400).default(86_400),
  })
  .catchall(z.string());

/**
 * Logs users of the configuration in, and tells the app what each may do: Swift's `tempauth`, with its option form
 * `user_ACCOUNT_NAME = KEY [.admin] [.reseller_admin]`. For an app that keeps objects itself; a Swift behind has its own.
 */
export const tempauth: FilterPlugin<typeof options> = {
  name: 'tempauth',
  options,
  introduce: (given) => {
    const shipped = [...usersOf(given).values()].find(({ key }) => key === SHIPPED_KEY);
    return shipped ? { user: shipped } : {};
  },
  objection: (given, { bind_ip }) => {
    const shipped = [...usersOf(given).values()].find(({ key }) => key === SHIPPED_KEY);
    if (!shipped || isLoopback(bind_ip)) return undefined;
    return `the user ${shipped.name} has the key that is in the samples for everybody to read: change it before you bind to ${bind_ip}`;
  },
  moreOptions: { pattern: USER_OPTION, form: 'user_ACCOUNT_NAME' },
  create: (given) => {
    const users = usersOf(given);
    const prefix = prefixOf(given);
    return authenticate(users, new Tokens(users, prefix, given.token_life), prefix, given.auth_prefix);
  },
};

/** The key of the users in config/. */
const SHIPPED_KEY = 'testing';

function prefixOf({ reseller_prefix }: z.infer<typeof options>): string {
  return reseller_prefix === '' ? '' : reseller_prefix.replace(/_?$/, '_');
}

function usersOf(given: z.infer<typeof options>): Map<string, User> {
  const named = Object.entries(given).filter(([name]) => USER_OPTION.test(name));
  return readUsers(Object.fromEntries(named) as Record<string, string>, prefixOf(given));
}

function isLoopback(address: string): boolean {
  return address === 'localhost' || address === '::1' || address.startsWith('127.');
}

function authenticate(
  users: ReadonlyMap<string, User>,
  tokens: Tokens,
  prefix: string,
  authPrefix: string,
): Filter {
  return (next) => (request) => {
    if (request.path.startsWith(authPrefix)) {
      return Promise.resolve(login(request, request.path.slice(authPrefix.length), users, tokens));
    }
    const token = request.headers.get('x-auth-token') ?? request.headers.get('x-storage-token');
    const user = token === undefined ? undefined : tokens.read(token);
    const account = parseTarget(request.path)?.account ?? 'unknown';
    if (token?.startsWith(prefix) && !user) {
      const refusal = denied(undefined, account);
      return Promise.resolve(request.method === 'HEAD' ? withoutBody(refusal) : refusal);
    }
    return next({ ...request, authorise: authoriser(request, user, prefix) });
  };
}

/** `GET /auth/v1.0` with X-Auth-User and X-Auth-Key, in all the spellings that Swift knows. */
function login(request: Request, path: string, users: ReadonlyMap<string, User>, tokens: Tokens): Response {
  if (request.method !== 'GET') return textResponse(405, 'Only GET logs in\n', Headers.of({ Allow: 'GET' }));
  const [version = '', account, last] = unquote(path).split('/');
  const { headers } = request;
  const [userHeader, keyHeader] = [
    headers.get('x-auth-user') ?? headers.get('x-storage-user') ?? '',
    headers.get('x-auth-key') ?? headers.get('x-storage-pass') ?? '',
  ];
  if (!['v1', 'v1.0', 'auth'].includes(version)) return textResponse(400, 'Known are v1, v1.0 and auth\n');
  const name =
    version === 'v1' && last === 'auth' && !userHeader.includes(':')
      ? `${account ?? ''}:${userHeader}`
      : userHeader;
  const user = users.get(name);
  if (!user || !isKeyOf(user, keyHeader)) return denied(undefined, name.split(':')[0] ?? 'unknown');
  const { token, seconds } = tokens.create(user);
  const host = headers.get('host') ?? 'localhost';
  return {
    status: 200,
    headers: Headers.of({
      'Content-Type': 'text/html; charset=UTF-8',
      'Content-Length': '0',
      'X-Auth-Token': token,
      'X-Storage-Token': token,
      'X-Auth-Token-Expires': String(seconds),
      'X-Storage-Url': `http://${host}/v1/${user.account}`,
    }),
    body: NO_BODY,
  };
}
