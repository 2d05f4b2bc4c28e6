import { z } from 'zod';
import { flag, seconds, httpUrl, wholeNumber } from '../../config/options';
import {
  formatRules,
  NO_PASSTHROUGH,
  passthroughHostsOption,
  passthroughOption,
  ruleMistakes,
  type Passthrough,
} from '../../config/passthrough';
import { destroy, drain, isUnread } from '../../http/body';
import type { Request, Response } from '../../swift_api/message';
import type {
  App,
  AppPlugin,
  SoleServerMonitor,
  SoleServerContext,
  UpstreamServer,
} from '../../plugin/plugin';
import { loginKeystone, loginV1 } from '../../auth/logins';
import { UserSession, type Login } from '../../auth/session';
import { StoreError } from '../../util/store_error';
import { RecordMonitor } from './sole_server/monitor';
import { Rights } from './rights';
import { SelfTest } from './self_test';
import { ServerRecords } from './sole_server/server_records';
import { StoreInfoCache } from './store_info';
import { AnonymousRefusals } from './anonymous_refusals';
import { Upstream } from './upstream';

const origin = httpUrl.refine(({ pathname, search }) => pathname === '/' && search === '', {
  error: 'only scheme, host and port: request paths are passed on unchanged',
});

/** The login of the service user. */
const serviceUser = {
  auth_type: z
    .enum(['v1', 'password'], { error: 'not known; known: v1, password' })
    .default('v1')
    .describe('How the service user logs in. `v1`: TempAuth. `password`: Keystone v3.'),
  auth_url: httpUrl
    .optional()
    .describe(
      "Where the service user logs in. Unset: there is none, and clients' own tokens are used.",
    ),
  auth_user: z
    .string()
    .optional()
    .describe('With `v1`, required: service user, in the group `.reseller_admin`.'),
  auth_key: z.string().optional().describe('With `v1`, required: key of that user.'),
  username: z
    .string()
    .optional()
    .describe('With `password`, required: service user, with a role in `reseller_admin_role`.'),
  password: z.string().optional().describe('With `password`, required: password of that user.'),
  project_name: z.string().optional().describe('With `password`, required: project of that user.'),
  user_domain_name: z.string().default('Default').describe('Domain of that user in Keystone.'),
  project_domain_name: z
    .string()
    .default('Default')
    .describe('Domain of that project in Keystone.'),
};

const storeShape = {
  upstream: origin.describe('Address of the store: scheme, host and port only.'),
  upstream_host: z
    .string()
    .optional()
    .describe('Sent to the store as `Host`. Unset: the host in `upstream`.'),
  conn_timeout: seconds(0.01, 600)
    .default(10_000)
    .describe('Time in which a connection to the store must be established; then 503.'),
  upstream_timeout: seconds(0.01, 86_400)
    .default(600_000)
    .describe(
      'Longest silence of the store before and within a response; then 503. A copy within the store is silent until it is done.',
    ),
  connections: wholeNumber(1, 100_000)
    .default(256)
    .describe('Most connections of each process to the store; further requests wait.'),
  small_copies: wholeNumber(0, 1024 * 1024)
    .default(64 * 1024)
    .describe(
      'Max bytes of an object that is archived by GET and PUT, which costs the store less than its COPY. 0: none. If the store uses ACLs of S3 (`s3_acl`), it copies all objects itself, since only it can keep them.',
    ),
  rights_cache_time: seconds(0, 60)
    .default(60_000)
    .describe(
      "Time for which a client's right to write is cached, where the store checks the request once more. 0: the store is asked each time.",
    ),
  ...serviceUser,
  sole_server_check: flag
    .default(true)
    .describe(
      'Look for other servers of the store that share no Redis with this one. Off: it neither looks nor is seen, and two servers that do not know of each other lose versions.',
    ),
};

type LoginOptions = Pick<
  z.infer<z.ZodObject<typeof storeShape>>,
  'auth_url' | 'auth_type' | 'auth_user' | 'auth_key' | 'username' | 'password' | 'project_name'
>;

/** Options that mean nothing without `auth_url`. */
const LOGIN_NAMES = ['auth_user', 'auth_key', 'username', 'password', 'project_name'] as const;

function checkLogin(login: LoginOptions, context: z.RefinementCtx): void {
  if (login.auth_url === undefined) return;
  const needed =
    login.auth_type === 'v1'
      ? (['auth_user', 'auth_key'] as const)
      : (['username', 'password', 'project_name'] as const);
  for (const name of needed) {
    if (login[name] === undefined) {
      context.addIssue({
        code: 'custom',
        path: [name],
        message: `needed with auth_url and auth_type = ${login.auth_type}`,
      });
    }
  }
}

/** The options for requests of the object API. */
export const storeOptions = z.object(storeShape).superRefine(checkLogin);

const options = z
  .object({
    ...storeShape,
    passthrough: passthroughOption,
    passthrough_hosts: passthroughHostsOption,
  })
  .superRefine(checkLogin);

type StoreOptions = z.infer<typeof storeOptions>;

/** The app `swift`: an OpenStack Swift, or another store with its API, over HTTP. */
export const swift: AppPlugin<typeof options> = {
  name: 'swift',
  aliases: ['proxy'],
  options,
  objections: ({ passthrough }, { authenticators, paths }) => [
    ...authenticators.map((name) => ({
      cause: `the store authenticates clients itself, and does not know the users of ${name}: remove it from the pipeline`,
    })),
    ...ruleMistakes(passthrough, paths).map((cause) => ({ option: 'passthrough', cause })),
  ],
  remarks: (config, { dialects = [] }) => {
    const { passthrough, passthrough_hosts: hosts } = config;
    const unused = config.auth_url ? [] : LOGIN_NAMES.filter((name) => config[name] !== undefined);
    const isOpen = dialects.length > 0 && loginOf(config) === undefined;
    return [
      `outside the object API, only these requests reach the store: ${formatRules(passthrough)} (passthrough); others get 404`,
      `read-only sites that the store serves by Host: ${hosts.join(', ') || 'none'} (passthrough_hosts)`,
      ...(unused.length > 0
        ? [`without auth_url there is no service user: ${unused.join(', ')} is unused`]
        : []),
      ...(isOpen ? [PARTS_ARE_WRITTEN] : []),
    ];
  },
  create: (config) => {
    const { passthrough, passthrough_hosts: hosts } = config;
    return createSwiftApp(config, { rules: passthrough, hosts });
  },
  soleServerMonitor: createSoleServerMonitor,
};

const PARTS_ARE_WRITTEN =
  'without a service user (auth_url), the container BUCKET+segments, which holds the parts of uploads, keeps the write ACL of its bucket: a client with that right that reaches the store directly can overwrite and delete the parts of others, and of versions';

/**
 * Connects to a store; sends nothing before the first request.
 *
 * @param passthrough what a server passes on besides the object API; by default nothing
 */
export function createSwiftApp(
  options: StoreOptions,
  passthrough: Passthrough = NO_PASSTHROUGH,
): App {
  const server: UpstreamServer = {
    origin: options.upstream,
    host: options.upstream_host,
    timeout: options.upstream_timeout,
    passthrough,
  };
  const { conn_timeout: connectTimeout, connections } = options;
  const upstream = new Upstream({ ...server, connectTimeout, connections });
  const anonymousRefusals = new AnonymousRefusals((request) => upstream.send(request));
  const login = loginOf(options);
  const user = login && new UserSession(login);

  const handler = async (request: Request): Promise<Response> => {
    if (request.authority !== 'client') request.authority.check(request);
    if (request.authority === 'client' || user === undefined) {
      const response = await anonymousRefusals.answer(request);
      if (response.status === 401 || response.status === 403) rights.invalidate(request);
      return response;
    }
    const { token } = await user.get();
    const response = await upstream.send(withToken(request, token));
    if (response.status !== 401) return response;
    await drain(response.body);
    const { token: freshToken } = await user.get(token);
    // a stream cannot be sent again: the store would take the rest of it, or nothing, for
    // the whole
    if (isUnread(request.body)) return upstream.send(withToken(request, freshToken));
    destroy(request.body);
    throw new StoreError('unavailable', 'the store refused the token of the service user');
  };
  const selfTest = new SelfTest(handler, async () => (await user?.get())?.accountPath);
  const rights = new Rights(handler, user && selfTest, options.rights_cache_time);

  const info = new StoreInfoCache(handler);

  return {
    handler,
    power: user ? 'service' : 'client',
    upstream: server,
    mayWrite: (request, target, { fresh } = {}) => rights.mayWrite(request, target, fresh),
    mayLock: (request, target) => rights.mayLock(request, target),
    maxSnapshot: (request) => {
      if (options.small_copies === 0) return 0;
      // a write must not wait for /info while others wait for its object
      return info.peek(request)?.hidesMetadata === false ? options.small_copies : 0;
    },
    limits: async (request) => (await info.get(request)).limits,
    shownBySignature: async (request) => (await info.get(request)).shownBySignature,
    close: () => upstream.close(),
  };
}

/** Creates a monitor for other servers of the same Swift, which needs a service user. */
export function createSoleServerMonitor(
  options: StoreOptions,
  { log, through, locks, publish }: SoleServerContext,
): SoleServerMonitor | undefined {
  if (!options.sole_server_check) return undefined;
  const login = loginOf(options);
  if (login === undefined) {
    if (through === 'itself') log.warn(UNCHECKED);
    return undefined;
  }
  const app = createSwiftApp(options);
  const user = new UserSession(login);
  const ownAccount = async () => (await user.get()).accountPath;
  const records = new ServerRecords(app.handler, ownAccount, log);
  const monitor = new RecordMonitor(records, locks, publish, log);
  return {
    start: () => monitor.start(),
    run: () => monitor.run(),
    close: async () => {
      await monitor.close();
      await app.close();
    },
  };
}

const UNCHECKED =
  'without a service user (auth_url), there is no check for other servers that write to this store: two servers without a common redis_url lose versions';

function loginOf(options: StoreOptions): Login | undefined {
  const {
    auth_type,
    auth_url,
    auth_user = '',
    auth_key = '',
    username = '',
    password = '',
    project_name = '',
  } = options;
  if (auth_url === undefined) return undefined;
  if (auth_type === 'v1') return loginV1(auth_url, auth_user, auth_key);
  const { user_domain_name, project_domain_name } = options;
  return loginKeystone(auth_url, {
    username,
    password,
    project_name,
    user_domain_name,
    project_domain_name,
  });
}

function withToken(request: Request, token: string): Request {
  return { ...request, headers: request.headers.with('X-Auth-Token', token) };
}
