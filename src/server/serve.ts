import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { alone, type Coordination } from '../coordination/coordination';
import { throughRedis } from '../coordination/redis';
import { ClientGone } from '../http/message';
import type { Log } from '../log';
import { buildPipeline } from '../pipeline/build';
import type { Config } from '../pipeline/load';
import type { ProcessRole } from '../plugin';
import { createListener, serve } from './listener';
import { isForPipeline } from './routes';
import { createShell } from './shell';

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
}

/**
 * Starts a server by its configuration, in this process; resolves once it listens. Where that names a Redis, it is what this process has in common with
 * others, whatever `coordination` is.
 */
export async function startServer(
  config: Config,
  log: Log,
  { role, coordination }: Membership = { role: 'alone', coordination: alone() },
): Promise<RunningServer> {
  const { bind_ip, bind_port, client_timeout, max_header_size, shutdown_timeout, redis_url, lock_lease } =
    config.server;
  const app = await config.createApp(log, role);
  const redis = redis_url && throughRedis(redis_url, lock_lease, log);
  const handler = buildPipeline(
    config.createFilters({ log, app, coordination: redis ?? coordination }),
    app.handler,
  );
  const options = { clientTimeout: client_timeout, maxHeaderSize: max_header_size };
  const shell = app.upstream && createShell(app.upstream, log);

  const server = createListener(options, (req, res) => {
    if (shell && !isForPipeline(req.url ?? '/', req.headers.authorization)) return void shell(req, res);
    serve(handler, options, req, res).catch((error: unknown) => {
      if (!(error instanceof ClientGone)) log.error({ err: error }, 'a request failed outside the pipeline');
      res.destroy();
    });
  });
  await listen(server, bind_port, bind_ip);
  const { address, family, port } = server.address() as AddressInfo;
  return {
    url: `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`,
    close: async () => {
      await drained(server, shutdown_timeout);
      await app.close();
      redis?.close();
    },
  };
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
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
