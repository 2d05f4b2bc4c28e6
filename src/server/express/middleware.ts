import type { Request as ExpressRequest, RequestHandler } from 'express';
import { z } from 'zod';
import { catchErrors } from '../../../middleware/catch_errors';
import { corsFilter } from '../../../middleware/cors';
import { gatekeeperFilter, mayKeepHost } from '../../../middleware/gatekeeper';
import { versionedWrites as versionedWritesPlugin } from '../../../middleware/versioned_writes';
import { ConfigError } from '../../config/error';
import { bodyMemory } from '../../config/body_memory';
import { seconds } from '../../config/options';
import { createLocalCoordination } from '../../coordination/coordination';
import { withFence } from '../../coordination/fenced';
import { createRedisCoordination } from '../../coordination/through_redis';
import { Credentials } from '../../auth/credential';
import {
  isReadMethod,
  NO_BODY,
  textResponse,
  type Handler,
  type Request,
  type Response,
} from '../../swift_api/message';
import { BodyMemory } from '../../http/body_memory';
import { Headers } from '../../http/headers';
import { isPlain, readTarget, type RequestTarget } from '../../swift_api/request_target';
import { isSignedForS3 } from '../../swift_api/s3_requests';
import { addTransactionId } from '../../swift_api/transaction';
import { createLog, type Log } from '../../util/log';
import { buildPipeline } from '../../pipeline/build';
import { filterPaths } from '../../pipeline/registry';
import type { FilterContext } from '../../plugin/plugin';
import { redisUrl, withoutRedis } from '../../coordination/redis/url';
import { Fence } from '../../coordination/sole_server';
import { createSoleServerMonitor, createSwiftApp, storeOptions } from '../../stores/swift/app';
import { headersOf, parseHead, serve } from '../listener';
import { soleServerContext } from '../sole_server_context';
import { refusalMessage } from '../routes';

const middlewareOptions = z.object({
  client_timeout: seconds(0.01, 86_400).default(60_000),
  redis_url: redisUrl.optional(),
  lock_lease: seconds(1, 3600).default(10_000),
  without_redis: withoutRedis.default('refuse'),
  max_body_memory: bodyMemory,
});

type Names<T extends z.ZodObject> = keyof T['shape'];
type OptionName =
  | Names<typeof storeOptions>
  | Names<typeof versionedWritesPlugin.options>
  | Names<typeof middlewareOptions>;

/**
 * The options of `[filter:versioned_writes]` and `[app:proxy-server]`, and the relevant
 * ones of `[DEFAULT]`, with the same names and syntax (times in seconds). `upstream` is
 * required, and `allow_versioned_writes` defaults to true.
 */
export type VersionedWritesOptions = {
  readonly [name in OptionName]?: string | number | boolean | undefined;
} & { readonly upstream: string };

/** The middleware; `close` closes its connections. */
export type VersionedWritesMiddleware = RequestHandler & { close(): Promise<void> };

/**
 * Creates Express middleware that adds versions to the containers of a Swift, for an app
 * that forwards requests to that Swift with a proxy middleware of its own. Mount it
 * before that and before anything that reads bodies. It answers writes and requests for
 * containers itself, from the same Swift; for everything else it calls `next()`. It
 * counts as a server of that Swift: with others it needs a common `redis_url`. If it
 * finds one that does not share it, writes to versioned containers get 503.
 *
 * @param log for warnings; by default nothing is logged
 * @throws ConfigError that names the option that is unknown or cannot be read
 */
export function versionedWrites(
  options: VersionedWritesOptions,
  log: Log = createLog('silent'),
): VersionedWritesMiddleware {
  const allOptions = { allow_versioned_writes: true, ...options };
  const [swiftValues, filterValues, ownValues] = divide(allOptions, [
    storeOptions,
    versionedWritesPlugin.options,
    middlewareOptions,
  ]);
  const swiftOptions = read(storeOptions, swiftValues);
  const filterOptions = read(versionedWritesPlugin.options, filterValues);
  const { redis_url, lock_lease, without_redis, ...serving } = read(middlewareOptions, ownValues);
  const servingOptions = {
    clientTimeout: serving.client_timeout,
    memory: new BodyMemory(serving.max_body_memory),
  };
  const app = createSwiftApp(swiftOptions);
  const redis = redis_url && createRedisCoordination(redis_url, lock_lease, log, without_redis);
  const shared = redis ?? createLocalCoordination();
  const fence = new Fence();
  const monitor = createSoleServerMonitor(
    swiftOptions,
    soleServerContext(redis, log, fence.publish),
  );
  monitor?.run();
  const coordination = monitor ? withFence(shared, fence) : shared;
  const context: FilterContext = {
    log,
    app,
    coordination,
    credentials: Credentials.none,
    claims: () => false,
    isUnclaimed: () => false,
    paths: filterPaths,
  };
  const declined = new WeakSet<Request>();
  const keepsHost = (request: Request) => mayKeepHost(request, context.claims);
  const handler = buildPipeline(
    [
      catchErrors.create({}, context),
      gatekeeperFilter(
        context.claims,
        app.upstream,
        (request) => isReadMethod(request.method) || keepsHost(request),
      ),
      corsFilter(app),
      versionedWritesPlugin.create(filterOptions, context),
    ],
    (request) => {
      if (!declinable.has(request))
        return app.handler(keepsHost(request) ? request : withoutHost(request));
      declined.add(request);
      return Promise.resolve(DECLINED);
    },
  );
  const declinable = new WeakSet<Request>();
  const answer =
    (target: RequestTarget): Handler =>
    (request) => {
      if (mayDecline(request, target)) declinable.add(request);
      return handler(request);
    };
  const middleware: RequestHandler = (req, res, next) => {
    const target = readTarget(req.url, filterPaths);
    const place = placeOf(req, target);
    if (place === 'app') {
      next();
      return;
    }
    const targetHandler = place === 'refused' ? refuse(target) : answer(target);
    const head = parseHead(req, target);
    serve(targetHandler, servingOptions, req, res, head, (request) => declined.has(request)).then(
      (isServed) => {
        if (!isServed) next();
      },
      (error: unknown) => next(error),
    );
  };
  const close = async () => {
    await monitor?.close();
    await app.close();
    redis?.close();
  };
  return Object.assign(middleware, { close });
}

const DECLINED: Response = { status: 404, headers: Headers.none, body: NO_BODY };

/**
 * Decides who serves a request. What the store's own S3 API would write is answered here.
 * An app that mounts this at a part of the object API's paths hides that part, and
 * everything would bypass this.
 */
function placeOf(req: ExpressRequest, target: RequestTarget): 'here' | 'app' | 'refused' {
  if (target.reading === 'api') return 'here';
  const mounted = req.originalUrl === req.url ? target : readTarget(req.originalUrl, filterPaths);
  if (target.reading !== 'outside' || mounted.reading !== 'outside') return 'refused';
  const writesByS3 =
    !isReadMethod(req.method) &&
    isSignedForS3(headersOf(req, target).get('authorization'), target.query);
  return writesByS3 ? 'here' : 'app';
}

const refuse =
  (target: RequestTarget): Handler =>
  ({ transactionId }) =>
    Promise.resolve(addTransactionId(textResponse(400, refusalMessage(target)), transactionId));

/**
 * Returns whether a request may go to the app: only a read whose path no proxy of the app
 * could normalize to another.
 */
function mayDecline({ method }: Request, target: RequestTarget): boolean {
  return isReadMethod(method) && target.authority === undefined && isPlain(target);
}

/**
 * Removes Host, which a store may take for an account and a container (Swift's
 * `domain_remap`).
 */
function withoutHost(request: Request): Request {
  return { ...request, headers: request.headers.without('host') };
}

function divide(
  options: Readonly<Record<string, string | number | boolean | undefined>>,
  schemas: readonly z.ZodObject[],
): Record<string, string>[] {
  const parts = schemas.map((): Record<string, string> => ({}));
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined) continue;
    const at = schemas.findIndex(({ shape }) => name in shape);
    const part = parts[at];
    if (!part) {
      const optionNames = schemas.flatMap(({ shape }) => Object.keys(shape));
      throw configError(`no option ${name}; known: ${optionNames.join(', ')}`);
    }
    part[name] = String(value);
  }
  return parts;
}

function read<T extends z.ZodObject>(schema: T, values: Record<string, string> = {}): z.infer<T> {
  const result = schema.safeParse(values);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw configError(`${String(issue?.path[0])}: ${issue?.message ?? 'cannot be read'}`);
}

function configError(cause: string): ConfigError {
  return new ConfigError([{ file: 'versionedWrites', line: undefined, cause }]);
}
