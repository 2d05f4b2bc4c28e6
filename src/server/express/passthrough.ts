import express, { type Express } from 'express';
import { createProxyMiddleware } from 'http-proxy-middleware';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { toText, unquote } from '../../http/bytes';
import { endToEndHeaders, Headers } from '../../http/headers';
import type { Log } from '../../util/log';
import type { UpstreamServer } from '../../plugin/plugin';
import { TRANSACTION_IDS, newTransactionId } from '../../swift_api/transaction';
import { closeLingering } from '../lingering_close';
import { rewriteStoreUrl } from '../../swift_api/lead_back';
import { filterPaths } from '../../pipeline/registry';
import { originForm, readTarget } from '../../swift_api/request_target';
import { X_STORAGE_URL, X_TRANS_ID } from '../../swift_api/header_names';

/**
 * Creates the Express app for requests outside the object API that `passthrough` names,
 * usually logins. They go to the store unchanged, with the store's own name as Host,
 * since it may take Host for an account and a container (Swift's `domain_remap`).
 */
export function createPassthrough({ origin, host, timeout }: UpstreamServer, log: Log): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.use((req, res, next) => {
    const id = newTransactionId();
    for (const name of TRANSACTION_IDS) res.setHeader(name, id);
    logWhenDone(req, res, id, log);
    if (!reframe(req, res)) return;
    req.headers.host = host ?? origin.host;
    next();
  });
  app.use(
    createProxyMiddleware({
      target: origin.origin,
      changeOrigin: false,
      xfwd: false,
      preserveHeaderKeyCase: true,
      proxyTimeout: timeout,
      on: {
        start: countBody,
        proxyReq: (proxyRequest, req, res) => {
          // http-proxy normalizes paths, but this one was checked as received
          proxyRequest.path = originForm(readTarget(String(req.url), filterPaths));
          res.on('close', () => proxyRequest.destroy());
        },
        proxyRes: (proxyResponse, req, res) => {
          const names = TRANSACTION_IDS.map((name) => name.toLowerCase());
          const [id] = names.flatMap((name) => proxyResponse.headers[name] ?? []);
          if (id !== undefined) for (const name of names) proxyResponse.headers[name] = id;
          const storage = proxyResponse.headers[X_STORAGE_URL];
          const requestHost = Headers.fromRaw(req.rawHeaders).get('host');
          if (typeof storage === 'string' && requestHost !== undefined) {
            proxyResponse.headers[X_STORAGE_URL] = rewriteStoreUrl(storage, requestHost, [
              origin.host,
              host,
            ]);
          }
          proxyResponse.on('close', () => {
            if (!proxyResponse.complete) res.destroy();
          });
        },
        error: (error, _, res) => {
          log.warn({ err: error.message }, 'the store failed');
          if (!('writeHead' in res) || res.headersSent) return void res.destroy();
          const reason = error.message || ('code' in error ? String(error.code) : '');
          refuse(res, 503, `the store cannot be reached: ${reason}`, { 'Retry-After': '1' });
        },
      },
    }),
  );
  return app;
}

/**
 * Reduces a request's headers to those that http-proxy may pass on: it knows neither the
 * hop-by-hop ones nor the spellings that the store takes for them, and would send the
 * chunked body of a DELETE as a request of its own.
 *
 * @returns whether the request may go on; otherwise it is answered
 */
function reframe(req: IncomingMessage, res: ServerResponse): boolean {
  if (/^multipart\/form-data\b/i.test(req.headers['content-type'] ?? '')) {
    closeLingering(req);
    refuse(res, 403, 'forms are not accepted on this path: their signature is not checked here', {
      Connection: 'close',
    });
    return false;
  }
  const isChunked = req.headers['transfer-encoding'] !== undefined;
  if (isChunked && !['POST', 'PUT', 'PATCH'].includes(req.method ?? '')) {
    closeLingering(req);
    refuse(res, 411, 'a request with a body needs a Content-Length here', { Connection: 'close' });
    return false;
  }
  if (req.headers.expect !== undefined && req.httpVersionMinor > 0) res.writeContinue();
  const headers = endToEndHeaders(Headers.fromRaw(req.rawHeaders)).without('expect');
  req.headers = Object.fromEntries(headers.byName());
  return true;
}

function refuse(
  res: ServerResponse,
  status: number,
  reason: string,
  headers: Record<string, string>,
): void {
  res.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8', ...headers });
  res.end(Buffer.from(`${reason}\n`));
}

/** The bytes of each request's body that were passed on to the store. */
const bodyBytes = new WeakMap<IncomingMessage, number>();

function countBody(req: IncomingMessage): void {
  let bytes = 0;
  req.on('data', (chunk: Buffer) => bodyBytes.set(req, (bytes += chunk.length)));
}

/** Logs a request like the filter proxy-logging does for requests of the pipeline. */
function logWhenDone(req: IncomingMessage, res: ServerResponse, id: string, log: Log): void {
  const start = performance.now();
  res.on('close', () => {
    log.info({
      method: req.method,
      path: toText(unquote(readTarget(req.url ?? '', filterPaths).path)),
      status: res.writableFinished ? res.statusCode : 499,
      bytes_in: bodyBytes.get(req) ?? 0,
      bytes_out: req.method === 'HEAD' ? 0 : Number(res.getHeader('content-length') ?? 0),
      ms: Math.round((performance.now() - start) * 100) / 100,
      txid: id,
      x_trans_id: res.getHeader(X_TRANS_ID),
    });
  });
}
