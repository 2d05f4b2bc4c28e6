import express from 'express';
import { createProxyMiddleware } from 'http-proxy-middleware';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { versionedWrites, type VersionedWritesOptions } from '../../../src';

/**
 * An Express app that proxies requests to a Swift, with our middleware mounted before its
 * proxy.
 */
export interface ExpressApp {
  readonly url: string;
  /** Requests that its own proxy passed on: method and URL, as they came. */
  readonly passedOn: string[];
  close(): Promise<void>;
}

/** The options for the lab's service user at an upstream. */
export function serviceUser(upstream: string) {
  return { auth_url: `${upstream}/auth/v1.0`, auth_user: 'admin:admin', auth_key: 'admin' };
}

export async function startExpressApp(
  upstream: string,
  options: Partial<VersionedWritesOptions> = serviceUser(upstream),
): Promise<ExpressApp> {
  const passedOn: string[] = [];
  // many tests start several over one store
  const versions = versionedWrites({ upstream, sole_server_check: false, ...options });
  const app = express();
  app.use(versions);
  app.use((req, _res, next) => {
    passedOn.push(`${req.method} ${req.url}`);
    next();
  });
  app.use(createProxyMiddleware({ target: upstream, changeOrigin: false }));
  const server = createServer(app);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    passedOn,
    close: async () => {
      await closed(server);
      await versions.close();
    },
  };
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
