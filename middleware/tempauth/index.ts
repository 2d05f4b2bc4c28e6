import { z } from 'zod';
import { isLoopback } from '../../src/config/loopback';
import { wholeNumber } from '../../src/config/options';
import { keyWeakness } from '../../src/config/weak_keys';
import { toBytes } from '../../src/http/bytes';
import { withInfo } from '../../src/plugin/info';
import { withoutBody, type Filter } from '../../src/swift_api/message';
import { parseTarget } from '../../src/swift_api/target';
import type { FilterPlugin } from '../../src/plugin/plugin';
import { createAuthorise, denyAccess } from './authorise';
import { handleLogin, type LoginParts } from './login';
import { GROUP_OPTION, primaryPrefix, readResellers, type Resellers } from './resellers';
import { Tokens } from './tokens';
import { keyOfUserOption, findUserMistakes, readUsers, USER_OPTION, type User } from './users';
import { X_AUTH_TOKEN, X_SERVICE_TOKEN, X_STORAGE_TOKEN } from '../../src/swift_api/header_names';

const options = z
  .object({
    reseller_prefix: z
      .string()
      .default('AUTH')
      .describe(
        "Prefixes of accounts, separated by commas. The first is that of the account that a login returns; `''` is the empty prefix.",
      ),
    auth_prefix: z
      .string()
      .startsWith('/')
      .endsWith('/')
      .default('/auth/')
      .describe('Beginning of the paths for logins.'),
    token_life: wholeNumber(1, 10 * 365 * 86_400)
      .default(86_400)
      .describe('Seconds for which a token is valid.'),
    storage_url_scheme: z
      .enum(['default', 'http', 'https'])
      .default('default')
      .describe('Scheme of `X-Storage-Url`; `default` is `http`. Set `https` behind TLS.'),
  })
  .catchall(z.string())
  .superRefine((config, context) => {
    for (const { option, cause } of findUserMistakes(usersIn(config)))
      context.addIssue({ code: 'custom', path: [option], message: cause });
  });

type Options = z.infer<typeof options>;

const AUTHORISES = 'it decides what the client may do';

/**
 * Swift's `tempauth`: logs in the users of the configuration, and decides what each may
 * do. Users have Swift's option form `user_ACCOUNT_NAME = KEY [.admin]
 * [.reseller_admin]`. For an app that stores objects itself; a Swift behind the proxy has
 * its own.
 */
export const tempauth: FilterPlugin<typeof options> = {
  name: 'tempauth',
  options,
  banner: (config) => {
    const sample = sampleUser(config);
    return sample ? { user: sample } : {};
  },
  authenticates: true,
  prefixes: ({ auth_prefix }) => [auth_prefix],
  precedesGuard: true,
  precedes: {
    container_quotas: AUTHORISES,
    account_quotas: AUTHORISES,
    versioned_writes: AUTHORISES,
  },
  objections: (config, { bind_ip }) => {
    if (isLoopback(bind_ip)) return [];
    return Object.entries(usersIn(config)).flatMap(([option, value]) => {
      const weakness = keyWeakness(keyOfUserOption(value));
      return weakness === undefined
        ? []
        : [{ option, cause: `the key ${weakness}: change it before you bind to ${bind_ip}` }];
    });
  },
  users: (config) =>
    [...usersOf(config).values()].map(({ name, key }) => {
      const secret = toBytes(key);
      return { accessKey: name, secretKey: secret, user: name, key: secret };
    }),
  moreOptions: {
    pattern: new RegExp(`${USER_OPTION.source}|${GROUP_OPTION.source}`),
    meanings: {
      user_ACCOUNT_NAME:
        'A user: `KEY [GROUP...]`, with the groups `.admin` (owner of the account), `.reseller_admin` (owner of all accounts) and `.reseller_reader` (reads all accounts), or others that ACLs name. `user64_...` has both names in base64, for names with an underscore.',
      PREFIX_require_group:
        'With several prefixes: group that an admin of an account with this prefix needs as well.',
    },
  },
  create: (config) => {
    const resellers = resellersOf(config);
    const users = usersOf(config);
    const tokens = new Tokens(users, primaryPrefix(resellers), config.token_life);
    return authenticate(
      resellers,
      { users, tokens, scheme: config.storage_url_scheme },
      config.auth_prefix,
    );
  },
};

/** The key of the users in the sample configurations in config/. */
const SAMPLE_KEY = 'testing';

function sampleUser(config: Options): User | undefined {
  return [...usersOf(config).values()].find(({ key }) => key === SAMPLE_KEY);
}

function resellersOf(config: Options): Resellers {
  return readResellers(config.reseller_prefix, config);
}

function usersOf(config: Options): Map<string, User> {
  return readUsers(usersIn(config), [...resellersOf(config).keys()]);
}

/** Picks the options that define users. */
function usersIn(config: Readonly<Record<string, unknown>>): Record<string, string> {
  const entries = Object.entries(config).filter(([name]) => USER_OPTION.test(name));
  return Object.fromEntries(entries) as Record<string, string>;
}

function authenticate(resellers: Resellers, parts: LoginParts, authPrefix: string): Filter {
  const userOf = (token: string | undefined) =>
    token === undefined ? undefined : parts.tokens.read(token);
  return (next) =>
    withInfo(
      (request) => {
        // an earlier filter has authorised the request (Swift's
        // `swift.authorize_override`)
        if (request.authorise) return next(request);
        if (request.path.startsWith(authPrefix))
          return Promise.resolve(
            handleLogin(request, request.path.slice(authPrefix.length), parts),
          );
        const { headers } = request;
        const token = headers.get(X_AUTH_TOKEN) ?? headers.get(X_STORAGE_TOKEN);
        const user = userOf(token);
        if (!user && token?.startsWith(primaryPrefix(resellers))) {
          const refusal = denyAccess(false, parseTarget(request.path)?.account ?? 'unknown');
          return Promise.resolve(request.method === 'HEAD' ? withoutBody(refusal) : refusal);
        }
        const service = user && userOf(headers.get(X_SERVICE_TOKEN));
        const groups = [...(user?.groups ?? []), ...(service?.groups ?? [])];
        const isReseller = groups.includes('.reseller_admin');
        return next({
          ...request,
          authorise: createAuthorise(request, groups, resellers),
          isReseller,
        });
      },
      { tempauth: { account_acls: true } },
    );
}
