import { z } from 'zod';
import { isLoopback } from '../../src/config/loopback';
import { whole } from '../../src/config/options';
import { weaknessOfKey } from '../../src/config/weak_keys';
import { toBytes } from '../../src/http/bytes';
import { withInfo } from '../../src/plugin/info';
import { withoutBody, type Filter } from '../../src/swift_api/message';
import { parseTarget } from '../../src/swift_api/target';
import type { FilterPlugin } from '../../src/plugin/plugin';
import { authoriser, denied } from './authorise';
import { login, type LoginParts } from './login';
import { GROUP_OPTION, ownPrefix, readResellers, type Resellers } from './resellers';
import { Tokens } from './tokens';
import { keyIn, mistakesOfUsers, readUsers, USER_OPTION, type User } from './users';

const options = z
  .object({
    reseller_prefix: z.string().default('AUTH'),
    auth_prefix: z.string().startsWith('/').endsWith('/').default('/auth/'),
    token_life: whole(1, 10 * 365 * 86_400).default(86_400),
    storage_url_scheme: z.enum(['default', 'http', 'https']).default('default'),
  })
  .catchall(z.string())
  .superRefine((given, context) => {
    for (const { option, cause } of mistakesOfUsers(usersIn(given)))
      context.addIssue({ code: 'custom', path: [option], message: cause });
  });

type Options = z.infer<typeof options>;

const IT_JUDGES = 'that asks what the client may do';

/**
 * Logs users of the configuration in, and tells the app what each may do: Swift's `tempauth`, with its option form
 * `user_ACCOUNT_NAME = KEY [.admin] [.reseller_admin]`. For an app that keeps objects itself; a Swift behind has its own.
 */
export const tempauth: FilterPlugin<typeof options> = {
  name: 'tempauth',
  options,
  banner: (given) => {
    const shipped = shippedUser(given);
    return shipped ? { user: shipped } : {};
  },
  authenticates: true,
  precedes: {
    container_quotas: IT_JUDGES,
    account_quotas: IT_JUDGES,
    versioned_writes: IT_JUDGES,
  },
  objections: (given, { bind_ip }) => {
    if (isLoopback(bind_ip)) return [];
    return Object.entries(usersIn(given)).flatMap(([option, value]) => {
      const weakness = weaknessOfKey(keyIn(value));
      return weakness === undefined
        ? []
        : [{ option, cause: `the key ${weakness}: change it before you bind to ${bind_ip}` }];
    });
  },
  users: (given) =>
    [...usersOf(given).values()].map(({ name, key }) => {
      const secret = toBytes(key);
      return { accessKey: name, secretKey: secret, user: name, key: secret };
    }),
  moreOptions: {
    pattern: new RegExp(`${USER_OPTION.source}|${GROUP_OPTION.source}`),
    form: 'user_ACCOUNT_NAME, PREFIX_require_group',
  },
  create: (given) => {
    const resellers = resellersOf(given);
    const users = usersOf(given);
    const tokens = new Tokens(users, ownPrefix(resellers), given.token_life);
    return authenticate(
      resellers,
      { users, tokens, scheme: given.storage_url_scheme },
      given.auth_prefix,
    );
  },
};

/** The key of the users in config/. */
const SHIPPED_KEY = 'testing';

function shippedUser(given: Options): User | undefined {
  return [...usersOf(given).values()].find(({ key }) => key === SHIPPED_KEY);
}

function resellersOf(given: Options): Resellers {
  return readResellers(given.reseller_prefix, given);
}

function usersOf(given: Options): Map<string, User> {
  return readUsers(usersIn(given), [...resellersOf(given).keys()]);
}

/** The options that are users. */
function usersIn(given: Readonly<Record<string, unknown>>): Record<string, string> {
  const named = Object.entries(given).filter(([name]) => USER_OPTION.test(name));
  return Object.fromEntries(named) as Record<string, string>;
}

function authenticate(resellers: Resellers, parts: LoginParts, authPrefix: string): Filter {
  const userOf = (token: string | undefined) =>
    token === undefined ? undefined : parts.tokens.read(token);
  return (next) =>
    withInfo(
      (request) => {
        // a filter before this one has found that the client may (Swift's `swift.authorize_override`)
        if (request.authorise) return next(request);
        if (request.path.startsWith(authPrefix))
          return Promise.resolve(login(request, request.path.slice(authPrefix.length), parts));
        const { headers } = request;
        const token = headers.get('x-auth-token') ?? headers.get('x-storage-token');
        const user = userOf(token);
        if (!user && token?.startsWith(ownPrefix(resellers))) {
          const refusal = denied(false, parseTarget(request.path)?.account ?? 'unknown');
          return Promise.resolve(request.method === 'HEAD' ? withoutBody(refusal) : refusal);
        }
        const service = user && userOf(headers.get('x-service-token'));
        const groups = [...(user?.groups ?? []), ...(service?.groups ?? [])];
        const isReseller = groups.includes('.reseller_admin');
        return next({ ...request, authorise: authoriser(request, groups, resellers), isReseller });
      },
      { tempauth: { account_acls: true } },
    );
}
