import { z } from 'zod';
import type { Session as AccountSession } from '../buckets/caller';
import { BucketError, type BucketErrorCode } from '../buckets/errors';
import { loginThrough, Sessions, type LoginOf } from '../buckets/sessions';
import { seconds, httpUrl } from '../config/options';
import type { Credential, CredentialSource, Credentials } from '../auth/credential';
import { toText, type ByteString } from '../http/bytes';
import type { Headers } from '../http/headers';
import type { Handler } from '../swift_api/message';
import { isApi, parseTarget } from '../swift_api/target';
import { KeystoneCredentials } from '../auth/keystone_credentials';
import { loginKeystone, loginV1, LoginRefused } from '../auth/logins';
import { CachedCredentials } from '../auth/cached_credentials';
import type { Session } from '../auth/session';
import type { Query } from './query';
import { signForKeystone } from './sigv4/for_keystone';

/** Options for the users of access keys and their login. */
export const loginOptions = {
  auth_type: z
    .enum(['v1', 'password', 'ec2'], { error: 'not known; known: v1, password, ec2' })
    .default('v1')
    .describe(
      'How the users of access keys log in. `v1`: TempAuth. `password`: Keystone v3, a user is `PROJECT:USER`. `ec2`: the same, and access keys that users have created in Keystone.',
    ),
  auth_url: httpUrl
    .optional()
    .describe(
      'Where users log in. Required with `password` and `ec2`. With `v1` and without this option they log in at `auth_path`.',
    ),
  auth_path: z
    .string()
    .startsWith('/')
    .default('/auth/v1.0')
    .describe('Path of the login, which is requested from the rest of the pipeline.'),
  username: z
    .string()
    .optional()
    .describe(
      'With `ec2`, required: service user that may read credentials in Keystone, which usually requires the role `admin`.',
    ),
  password: z.string().optional().describe('With `ec2`, required: password of that user.'),
  project_name: z.string().optional().describe('With `ec2`, required: project of that user.'),
  user_domain_name: z.string().default('Default').describe('Domain of users in Keystone.'),
  project_domain_name: z.string().default('Default').describe('Domain of projects in Keystone.'),
  reseller_prefix: z
    .string()
    .default('AUTH')
    .describe(
      'With Keystone: prefix of accounts (`PREFIX_PROJECT`) if its catalogue does not name them.',
    ),
  credentials_cache_time: seconds(1, 3600)
    .default(60_000)
    .describe(
      'With `ec2`: time for which a secret key is cached. A credential that was deleted in Keystone may be accepted for that long.',
    ),
};

type LoginOptions = z.infer<z.ZodObject<typeof loginOptions>>;

/** Reports options that are missing. */
export function checkLogins(options: LoginOptions, context: z.RefinementCtx): void {
  const { auth_type } = options;
  const required = {
    v1: [],
    password: ['auth_url'],
    ec2: ['auth_url', 'username', 'password', 'project_name'],
  } as const;
  for (const name of required[auth_type])
    if (options[name] === undefined)
      context.addIssue({
        code: 'custom',
        path: [name],
        message: `needed with auth_type = ${auth_type}`,
      });
}

/** The users by access key, and their sessions. */
export interface Logins {
  readonly credentialSource: CredentialSource;
  readonly sessions: Sessions;
}

/** The signer of a request with a valid signature, or an anonymous client. */
export interface Principal {
  readonly user: ByteString;
  /** Set if the request is not signed. */
  readonly isAnonymous?: true;
  /** Whether a user with a name is known. */
  isUser?(name: ByteString): boolean;
  /** @param refused a token that the store no longer accepts */
  session(refused?: ByteString): Promise<AccountSession>;
}

/** Returns the owner of a credential, which is one of `credentialSource`. */
export function principalOf(
  credential: Credential,
  { credentialSource, sessions }: Logins,
): Principal {
  return {
    user: credential.user,
    isUser: (name) => credentialSource.hasUser?.(name) === true,
    session: (refused) => sessions.session(credential, refused),
  };
}

/**
 * Returns the principal of an unsigned request.
 *
 * @throws BucketError `access-denied` if anonymous requests are not allowed;
 *   `invalid-request` if the query overrides response headers. That requires a signature:
 *   otherwise anyone could make a link that turns a public object into a page of theirs
 */
export function anonymousPrincipal(anonymous: AccountSession | undefined, query: Query): Principal {
  if (anonymous === undefined) throw new BucketError('access-denied', 'The request is not signed.');
  if ([...query.keys()].some((name) => name.toLowerCase().startsWith('response-')))
    throw new BucketError(
      'invalid-request',
      'Request specific response headers cannot be used for anonymous GET requests.',
    );
  return unsignedPrincipal(anonymous);
}

/** Returns the principal of a request that nobody has signed. */
export function unsignedPrincipal(anonymous: AccountSession): Principal {
  return { user: 'anonymous', isAnonymous: true, session: () => Promise.resolve(anonymous) };
}

/**
 * @throws BucketError with `code` if there are several: readers might disagree on which
 *   one counts
 */
export function authorizationIn(headers: Headers, code: BucketErrorCode): ByteString | undefined {
  const [first, ...more] = [...headers.entries()].filter(([name]) => name === 'authorization');
  if (more.length > 0) throw new BucketError(code, 'Authorization is given twice.');
  return first?.[1];
}

/** @param next the rest of the pipeline */
export function loginsOf(options: LoginOptions, configured: Credentials, next: Handler): Logins {
  const { auth_type, auth_url, auth_path } = options;
  if (auth_url === undefined)
    return { credentialSource: configured, sessions: new Sessions(loginThrough(next, auth_path)) };
  if (auth_type === 'v1') {
    const login: LoginOf = ({ user, key }) =>
      loginV1(auth_url, toText(user), toText(key), 'user')();
    return { credentialSource: configured, sessions: new Sessions(login) };
  }
  const loginByPassword = withAccounts(passwordLogin(auth_url, options), options);
  if (auth_type === 'password')
    return { credentialSource: configured, sessions: new Sessions(loginByPassword) };
  return keystoneLogins(auth_url, options, configured, loginByPassword);
}

/** The configured users, and all others that Keystone knows. */
function keystoneLogins(
  authUrl: URL,
  options: LoginOptions,
  configured: Credentials,
  loginByPassword: LoginOf,
): Logins {
  const {
    username = '',
    password = '',
    project_name = '',
    user_domain_name,
    project_domain_name,
  } = options;
  const keystone = new KeystoneCredentials(authUrl, {
    username,
    password,
    project_name,
    user_domain_name,
    project_domain_name,
  });
  const others = new CachedCredentials(keystone, options.credentials_cache_time);
  const loginBySignature = withAccounts(
    (credential) => keystone.login(signForKeystone(credential, authUrl.host, Date.now())),
    options,
  );
  const isConfigured = (credential: Credential) =>
    configured.find(credential.accessKey) === credential;
  return {
    credentialSource: {
      find: (accessKey) => configured.find(accessKey) ?? others.find(accessKey),
      hasUser: (user) => configured.hasUser(user),
    },
    sessions: new Sessions((credential) =>
      isConfigured(credential) ? loginByPassword(credential) : loginBySignature(credential),
    ),
  };
}

/** A Keystone user is configured as `PROJECT:USER`. */
function passwordLogin(
  authUrl: URL,
  { user_domain_name, project_domain_name }: LoginOptions,
): LoginOf {
  return ({ user, key }) => {
    const [name, password] = [toText(user), toText(key)];
    const [project_name = '', ...username] = name.split(':');
    if (username.length === 0)
      return Promise.reject(new LoginRefused(`the user ${name} is not of the form PROJECT:USER`));
    const domains = { user_domain_name, project_domain_name };
    return loginKeystone(
      authUrl,
      { username: username.join(':'), password, project_name, ...domains },
      'user',
    )();
  };
}

/** Sets the account to the project's if Keystone's catalogue does not name it. */
function withAccounts(login: LoginOf, { reseller_prefix }: LoginOptions): LoginOf {
  const prefix = reseller_prefix.replace(/_?$/, '_');
  return async (credential): Promise<Session> => {
    const session = await login(credential);
    const target = parseTarget(session.accountPath ?? '');
    if ((target && isApi(target)) || session.project === undefined) return session;
    return { ...session, accountPath: `/v1/${prefix}${session.project}` };
  };
}
