import type { Request as ExpressRequest, RequestHandler } from 'express';
import { z } from 'zod';
import { catchErrors } from '../../../middleware/catch_errors';
import { guarding, mayKeepHost } from '../../../middleware/gatekeeper';
import { versionedWrites as versionedWritesPlugin } from '../../../middleware/versioned_writes';
import { ConfigError } from '../../config/error';
import { bodyMemory } from '../../config/body_memory';
import { seconds } from '../../config/options';
import { alone } from '../../coordination/coordination';
import { fenced } from '../../coordination/fenced';
import { throughRedis } from '../../coordination/through_redis';
import { Credentials } from '../../auth/credential';
import {
  isReading,
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
import { ofTransaction } from '../../swift_api/transaction';
import { createLog, type Log } from '../../util/log';
import { buildPipeline } from '../../pipeline/build';
import type { FilterContext } from '../../plugin/plugin';
import { redisUrl, withoutRedis } from '../../coordination/redis/url';
import { Fence } from '../../coordination/sole_server';
import { createLookout, createSwiftApp, storeOptions } from '../../stores/swift/app';
import { headersOf, serve } from '../listener';
import { soleServerContext } from '../lookout';
import { refusalOf } from '../routes';

const dropInOptions = z.object({
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
  | Names<typeof dropInOptions>;

/**
 * The options of `[filter:versioned_writes]` and `[app:proxy-server]`, and of `[DEFAULT]` those that concern it, under the names they have there and
 * read as there (times in seconds); `upstream` is needed, and `allow_versioned_writes` is true unless it is given.
 */
export type VersionedWritesOptions = {
  readonly [name in OptionName]?: string | number | boolean | undefined;
} & { readonly upstream: string };

/** The middleware, and how to end its connections. */
export type VersionedWritesMiddleware = RequestHandler & { close(): Promise<void> };

/**
 * Express middleware that gives the containers of a Swift their versions, for an app that passes requests to that Swift with a
 * proxy middleware of its own. Mount it before that and before anything that reads bodies. What writes, and what asks of containers, it
 * answers itself, from the same Swift; for everything else it calls `next()`. It counts as a server over that Swift: with others it needs a
 * `redis_url` in common. Where one is found that does not share it, writes to versioned containers get 503.
 *
 * @param log where warnings go; nothing is logged without
 * @throws ConfigError naming the option that is unknown or cannot be read
 */
export function versionedWrites(
  options: VersionedWritesOptions,
  log: Log = createLog('silent'),
): VersionedWritesMiddleware {
  const given = { allow_versioned_writes: true, ...options };
  const [forSwift, forFilter, own] = divide(given, [
    storeOptions,
    versionedWritesPlugin.options,
    dropInOptions,
  ]);
  const optionsForSwift = read(storeOptions, forSwift);
  const optionsForFilter = read(versionedWritesPlugin.options, forFilter);
  const { redis_url, lock_lease, without_redis, ...serving } = read(dropInOptions, own);
  const listening = {
    clientTimeout: serving.client_timeout,
    memory: new BodyMemory(serving.max_body_memory),
  };
  const app = createSwiftApp(optionsForSwift);
  const redis = redis_url && throughRedis(redis_url, lock_lease, log, without_redis);
  const shared = redis ?? alone();
  const guard = new Fence();
  const lookout = createLookout(optionsForSwift, soleServerContext(redis, log, guard.publish));
  lookout?.run();
  const coordination = lookout ? fenced(shared, guard) : shared;
  const context: FilterContext = {
    log,
    app,
    coordination,
    credentials: Credentials.none,
    claims: () => false,
  };
  const declined = new WeakSet<Request>();
  const keepsHost = (request: Request) => mayKeepHost(request, context.claims);
  const handler = buildPipeline(
    [
      catchErrors.create({}, context),
      guarding(
        context.claims,
        app.upstream,
        (request) => isReading(request.method) || keepsHost(request),
      ),
      versionedWritesPlugin.create(optionsForFilter, context),
    ],
    (request) => {
      if (!originals.has(request))
        return app.handler(keepsHost(request) ? request : withoutHost(request));
      declined.add(request);
      return Promise.resolve(NOT_HERE);
    },
  );
  const originals = new WeakSet<Request>();
  const answering =
    (target: RequestTarget): Handler =>
    (request) => {
      if (mayDecline(request, target)) originals.add(request);
      return handler(request);
    };
  const middleware: RequestHandler = (req, res, next) => {
    const target = readTarget(req.url);
    const place = placeOf(req, target);
    if (place === 'of the app') {
      next();
      return;
    }
    const serves = place === 'refused' ? refusing(target) : answering(target);
    serve(serves, listening, req, res, target, (request) => declined.has(request)).then(
      (served) => {
        if (!served) next();
      },
      (error: unknown) => next(error),
    );
  };
  const close = async () => {
    await lookout?.close();
    await app.close();
    redis?.close();
  };
  return Object.assign(middleware, { close });
}

const NOT_HERE: Response = { status: 404, headers: Headers.none, body: NO_BODY };

/**
 * Whose a request is. What the store's own S3 API would write is answered here. An app that mounts
 * this at a part of the object API's paths hides that part, and would pass everything by.
 */
function placeOf(req: ExpressRequest, target: RequestTarget): 'here' | 'of the app' | 'refused' {
  if (target.reading === 'api') return 'here';
  const mounted = req.originalUrl === req.url ? target : readTarget(req.originalUrl);
  if (target.reading !== 'outside' || mounted.reading !== 'outside') return 'refused';
  const writesByS3 =
    !isReading(req.method) &&
    isSignedForS3(headersOf(req, target).get('authorization'), target.query);
  return writesByS3 ? 'here' : 'of the app';
}

const refusing =
  (target: RequestTarget): Handler =>
  ({ transactionId }) =>
    Promise.resolve(ofTransaction(textResponse(400, refusalOf(target)), transactionId));

/** Only what reads, and what no proxy of the app could take for something else by folding its path. */
function mayDecline({ method }: Request, target: RequestTarget): boolean {
  return isReading(method) && target.authority === undefined && isPlain(target);
}

/** A store may take Host for an account and a container (Swift's `domain_remap`). */
function withoutHost(request: Request): Request {
  return { ...request, headers: request.headers.without('host') };
}

function divide(
  given: Readonly<Record<string, string | number | boolean | undefined>>,
  schemas: readonly z.ZodObject[],
): Record<string, string>[] {
  const parts = schemas.map((): Record<string, string> => ({}));
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined) continue;
    const at = schemas.findIndex(({ shape }) => name in shape);
    const part = parts[at];
    if (!part) {
      const known = schemas.flatMap(({ shape }) => Object.keys(shape));
      throw wrong(`no option ${name}; known: ${known.join(', ')}`);
    }
    part[name] = String(value);
  }
  return parts;
}

function read<T extends z.ZodObject>(schema: T, given: Record<string, string> = {}): z.infer<T> {
  const result = schema.safeParse(given);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw wrong(`${String(issue?.path[0])}: ${issue?.message ?? 'cannot be read'}`);
}

function wrong(cause: string): ConfigError {
  return new ConfigError([{ file: 'versionedWrites', line: undefined, cause }]);
}
