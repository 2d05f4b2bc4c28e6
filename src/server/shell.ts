import express, { type Express } from 'express';
import { createProxyMiddleware } from 'http-proxy-middleware';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Log } from '../log';
import { transactionId } from '../http/transaction';

/**
 * The Express app for what is outside the object API, which goes to the store as it is: logging in, and whatever else the store
 * serves.
 *
 * @param upstream the store
 * @param host what the store is to see as Host; undefined: what the client wrote
 */
export function createShell(upstream: URL, host: string | undefined, log: Log): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.use((req, res, next) => {
    logWhenDone(req, res, log);
    next();
  });
  app.use(
    createProxyMiddleware({
      target: upstream.origin,
      changeOrigin: false,
      xfwd: false,
      ...(host === undefined ? {} : { headers: { host } }),
      on: {
        proxyRes: (answer, req) => {
          const storage = answer.headers['x-storage-url'];
          const own = req.headers.host;
          if (typeof storage === 'string' && own !== undefined) {
            answer.headers['x-storage-url'] = leadBack(storage, own, [upstream.host, host]);
          }
        },
        error: (error, _, res) => {
          log.warn({ err: error.message }, 'the store failed');
          if (!('writeHead' in res)) return void res.destroy();
          if (res.headersSent) return void res.destroy();
          const reason = `the store cannot be reached: ${error.message || ('code' in error ? String(error.code) : '')}\n`;
          res.writeHead(503, { 'Content-Type': 'text/plain; charset=utf-8', 'Retry-After': '1' });
          res.end(Buffer.from(reason));
        },
      },
    }),
  );
  return app;
}

/** A storage URL that names the store itself would send its client past the proxy. */
function leadBack(storage: string, own: string, store: readonly (string | undefined)[]): string {
  try {
    const url = new URL(storage);
    return store.includes(url.host)
      ? storage.replace(`${url.protocol}//${url.host}`, `${url.protocol}//${own}`)
      : storage;
  } catch {
    return storage;
  }
}

/** The line that the filter proxy-logging writes for requests of the pipeline. */
function logWhenDone(req: IncomingMessage, res: ServerResponse, log: Log): void {
  const began = performance.now();
  const before = req.socket.bytesRead;
  const id = transactionId();
  res.on('close', () => {
    log.info({
      method: req.method,
      path: (req.url ?? '').split('?')[0],
      status: res.writableFinished ? res.statusCode : 499,
      bytes_in: req.socket.bytesRead - before,
      bytes_out: Number(res.getHeader('content-length') ?? 0),
      ms: Math.round((performance.now() - began) * 100) / 100,
      txid: id,
      x_trans_id: res.getHeader('x-trans-id'),
    });
  });
}
