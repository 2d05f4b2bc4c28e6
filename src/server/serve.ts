import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { logEach } from '../../middleware/proxy-logging';
import { BodyMemory } from '../http/body_memory';
import { alone, type Coordination } from '../coordination/coordination';
import { fenced } from '../coordination/fenced';
import { throughRedis } from '../coordination/through_redis';
import {
  ClientGone,
  textResponse,
  type Handler,
  type Request,
  type Response,
} from '../swift_api/message';
import { originForm, readTarget } from '../swift_api/request_target';
import { ofTransaction } from '../swift_api/transaction';
import type { Log } from '../util/log';
import { buildPipeline } from '../pipeline/build';
import type { Config } from '../pipeline/load';
import type { App, ProcessRole } from '../plugin/plugin';
import { Fence } from '../coordination/sole_server';
import { createListener, headersOf, serve } from './listener';
import { notListening } from './start_error';
import { soleServerContext } from './lookout';
import { limitConnections } from './max_connections';
import { connectionsInLimit, keepWithinLimit } from './open_files';
import { refusalOf, routeOf, type Route } from './routes';
import { createPassthrough } from './express/passthrough';
import { s3Handler, siteHandler } from './sites';

/** A server that answers. */
export interface RunningServer {
  /** Where it listens. */
  readonly url: string;
  /** Takes no new requests, lets those in progress end for as long as the configuration says, then ends them. */
  close(): Promise<void>;
}

/** What a process has in common with others of its server. */
export interface Membership {
  readonly role: ProcessRole;
  readonly coordination: Coordination;
  /** Knows what the server's lookout tells; not there where it has none, or where that is this process's own matter. */
  readonly guard?: Fence | undefined;
}

/**
 * Starts a server by its configuration, in this process; resolves once it listens. Where that names a Redis, it is what this process has in common with
 * others, whatever `coordination` is.
 */
export async function startServer(
  config: Config,
  log: Log,
  membership: Membership = { role: 'alone', coordination: alone() },
): Promise<RunningServer> {
  const { redis_url, lock_lease, without_redis, shutdown_timeout } = config.server;
  const app = await config.createApp(log, membership.role);
  const redis = redis_url && throughRedis(redis_url, lock_lease, log, without_redis);
  const own = new Fence();
  const lookout =
    membership.role === 'alone'
      ? config.lookout(soleServerContext(redis, log, own.publish))
      : undefined;
  const release = async () => {
    await lookout?.close();
    await app.close();
    redis?.close();
  };
  try {
    const shared = redis ?? membership.coordination;
    const guard = lookout ? own : membership.guard;
    await lookout?.start();
    const { server, url } = await open(config, log, app, guard ? fenced(shared, guard) : shared);
    return {
      url,
      close: async () => {
        await drained(server, shutdown_timeout);
        await release();
      },
    };
  } catch (error) {
    await release();
    throw error;
  }
}

/** A listening server with the pipeline of a configuration. */
async function open(
  config: Config,
  log: Log,
  app: App,
  coordination: Coordination,
): Promise<{ readonly server: Server; readonly url: string }> {
  const { bind_ip, bind_port, client_timeout, max_header_size, max_body_memory } = config.server;
  const handler = buildPipeline(config.createFilters({ log, app, coordination }), app.handler);
  const options = {
    clientTimeout: client_timeout,
    maxHeaderSize: max_header_size,
    memory: new BodyMemory(max_body_memory),
  };
  const shell = app.upstream && createPassthrough(app.upstream, log);
  const handlers = handlersOf(handler, log);

  const server = createListener(options, (req, res) => {
    const target = readTarget(req.url ?? '/');
    const head = { method: req.method ?? 'GET', target, headers: headersOf(req, target) };
    const route = routeOf(head, (asked) => config.claims(asked), app.upstream?.passthrough);
    if (route === 'store') return void shell?.(req, res);
    serve(handlers[route], options, req, res, target).catch((error: unknown) => {
      if (!(error instanceof ClientGone))
        log.error({ err: error }, 'a request failed outside the pipeline');
      res.destroy();
    });
  });
  limitConnections(server, config.server.max_connections, log);
  keepWithinLimit(server, connectionsInLimit(), log);
  await listen(server, bind_port, bind_ip);
  const { address, family, port } = server.address() as AddressInfo;
  return { server, url: `http://${family === 'IPv6' ? `[${address}]` : address}:${port}` };
}

/** What answers a request on each route but that past the pipeline. */
function handlersOf(
  pipeline: Handler,
  log: Log,
): Readonly<Record<Exclude<Route, 'store'>, Handler>> {
  const logged = logEach(log);
  return {
    pipeline,
    site: siteHandler(pipeline),
    s3: s3Handler(pipeline),
    absent: logged((request) => refused(request, 404, NOT_PASSED_ON)),
    refused: logged((request) => refused(request, 400, refusalOf(readTarget(originForm(request))))),
  };
}

const NOT_PASSED_ON =
  'Nothing is here; what the store has here is passed on only if passthrough names it\n';

function refused({ transactionId }: Request, status: number, reason: string): Promise<Response> {
  return Promise.resolve(ofTransaction(textResponse(status, reason), transactionId));
}

/** @throws StartError if the address cannot be bound to */
function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (error: unknown) => reject(notListening(error, port, host));
    server.once('error', fail);
    server.listen(port, host, () => {
      server.off('error', fail);
      resolve();
    });
  });
}

/** How often connections that have become idle are looked for while the server closes, in milliseconds. */
const SWEEP = 100;

async function drained(server: Server, timeout: number): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  const sweep = setInterval(() => server.closeIdleConnections(), SWEEP);
  const timer = setTimeout(() => server.closeAllConnections(), timeout);
  await closed;
  clearInterval(sweep);
  clearTimeout(timer);
}
