import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { accessLogFilter } from '../../middleware/proxy-logging';
import { BodyMemory } from '../http/body_memory';
import { createLocalCoordination, type Coordination } from '../coordination/coordination';
import { withFence } from '../coordination/fenced';
import {
  ClientGone,
  textResponse,
  type Handler,
  type Request,
  type Response,
} from '../swift_api/message';
import { originForm, readTarget } from '../swift_api/request_target';
import { addTransactionId } from '../swift_api/transaction';
import type { Log } from '../util/log';
import { buildPipeline } from '../pipeline/build';
import type { Config } from '../pipeline/load';
import { filterPaths } from '../pipeline/registry';
import type { App, ProcessRole } from '../plugin/plugin';
import { Fence } from '../coordination/sole_server';
import { createListener, parseHead, serve } from './listener';
import { bindError } from './start_error';
import { soleServerContext } from './sole_server_context';
import { limitConnections } from './max_connections';
import { connectionLimit, enforceConnectionLimit } from './open_files';
import { loadPassthrough, loadRedisCoordination } from './lazy';
import { refusalMessage, routeOf, type Route } from './routes';
import { s3Handler, siteHandler } from './sites';

/** A running server. */
export interface RunningServer {
  /** The URL on which it listens. */
  readonly url: string;
  /**
   * Stops accepting requests, and waits for those in progress; aborts them after
   * `shutdown_timeout`.
   */
  close(): Promise<void>;
}

/** The part of a process in its server. */
export interface Membership {
  readonly role: ProcessRole;
  readonly coordination: Coordination;
  /**
   * Holds the status from the server's monitor; undefined if there is none, or if this
   * process runs it.
   */
  readonly fence?: Fence | undefined;
}

/**
 * Starts a server in this process; resolves once it listens. If the configuration names a
 * Redis, that is the coordination, whatever `membership` says.
 */
export async function startServer(
  config: Config,
  log: Log,
  membership: Membership = { role: 'alone', coordination: createLocalCoordination() },
): Promise<RunningServer> {
  const { redis_url, lock_lease, without_redis, shutdown_timeout } = config.server;
  // loaded before anything is open, since loading can fail
  if (redis_url) loadRedisCoordination();
  const app = await config.createApp(log, membership.role);
  const redis =
    redis_url &&
    loadRedisCoordination().createRedisCoordination(redis_url, lock_lease, log, without_redis);
  const localFence = new Fence();
  const monitor =
    membership.role === 'alone'
      ? config.createSoleServerMonitor(soleServerContext(redis, log, localFence.publish))
      : undefined;
  const release = async () => {
    await monitor?.close();
    await app.close();
    redis?.close();
  };
  try {
    const shared = redis ?? membership.coordination;
    const fence = monitor ? localFence : membership.fence;
    await monitor?.start();
    const { server, url } = await open(config, log, app, fence ? withFence(shared, fence) : shared);
    return {
      url,
      close: async () => {
        await drain(server, shutdown_timeout);
        await release();
      },
    };
  } catch (error) {
    await release();
    throw error;
  }
}

/** Opens a listening server with the pipeline of a configuration. */
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
  const passthrough = app.upstream && loadPassthrough().createPassthrough(app.upstream, log);
  const handlers = handlersOf(handler, log);

  const server = createListener(options, (req, res) => {
    const target = readTarget(req.url ?? '/', filterPaths);
    const parsed = parseHead(req, target);
    const head = { method: req.method ?? 'GET', ...parsed };
    const route = routeOf(head, config, app.upstream?.passthrough);
    if (route === 'store') return void passthrough?.(req, res);
    serve(handlers[route], options, req, res, parsed).catch((error: unknown) => {
      if (!(error instanceof ClientGone))
        log.error({ err: error }, 'a request failed outside the pipeline');
      res.destroy();
    });
  });
  limitConnections(server, config.server.max_connections, log);
  enforceConnectionLimit(server, connectionLimit(), log);
  await listen(server, bind_port, bind_ip);
  const { address, family, port } = server.address() as AddressInfo;
  return { server, url: `http://${family === 'IPv6' ? `[${address}]` : address}:${port}` };
}

/** Returns the handlers of all routes but `store`. */
function handlersOf(
  pipeline: Handler,
  log: Log,
): Readonly<Record<Exclude<Route, 'store'>, Handler>> {
  const logged = accessLogFilter(log);
  return {
    pipeline,
    site: siteHandler(pipeline),
    s3: s3Handler(pipeline),
    absent: logged((request) => refuse(request, 404, NOT_PASSED_ON)),
    refused: logged((request) =>
      refuse(request, 400, refusalMessage(readTarget(originForm(request), filterPaths))),
    ),
  };
}

const NOT_PASSED_ON =
  'Nothing is here; paths of the store are only served if the option passthrough names them\n';

function refuse({ transactionId }: Request, status: number, reason: string): Promise<Response> {
  return Promise.resolve(addTransactionId(textResponse(status, reason), transactionId));
}

/** @throws StartError if it cannot bind to the address */
function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (error: unknown) => reject(bindError(error, port, host));
    server.once('error', fail);
    server.listen(port, host, () => {
      server.off('error', fail);
      resolve();
    });
  });
}

/** Milliseconds between two sweeps for idle connections while the server closes. */
const SWEEP = 100;

async function drain(server: Server, timeout: number): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  const sweep = setInterval(() => server.closeIdleConnections(), SWEEP);
  const timer = setTimeout(() => server.closeAllConnections(), timeout);
  await closed;
  clearInterval(sweep);
  clearTimeout(timer);
}
