import { z } from 'zod';
import { watch } from '../../src/http/body';
import { ClientGone, type Filter, type Request, type Response } from '../../src/swift_api/message';
import { toText, unquote } from '../../src/http/bytes';
import type { Log } from '../../src/util/log';
import type { FilterPlugin } from '../../src/plugin/plugin';
import { StoreError } from '../../src/util/store_error';
import { X_TRANS_ID } from '../../src/swift_api/header_names';

const options = z.object({});

/**
 * Logs one line per request, once it is over. Never logs the query (it may hold a
 * signature) or any header but the transaction id.
 */
export const proxyLogging: FilterPlugin<typeof options> = {
  name: 'proxy-logging',
  options,
  create: (_, { log }) => accessLogFilter(log),
};

/** The status logged if the client left before its response, as in nginx and Swift. */
const CLIENT_LEFT = 499;

/**
 * Logs each request that passes: once its body has been read, or before a body of bytes
 * at hand is sent.
 */
export function accessLogFilter(log: Log): Filter {
  return (next) => async (request) => {
    const start = performance.now();
    const logLine = (status: number, sent: number, response?: Response) => {
      const ms = Math.round((performance.now() - start) * 100) / 100;
      log.info(
        accessLine(request, request.signal.aborted ? CLIENT_LEFT : status, sent, ms, response),
      );
    };
    let response: Response;
    try {
      response = await next(request);
    } catch (error) {
      logLine(
        error instanceof ClientGone ? CLIENT_LEFT : error instanceof StoreError ? 503 : 500,
        0,
      );
      throw error;
    }
    if (Buffer.isBuffer(response.body)) {
      logLine(response.status, request.method === 'HEAD' ? 0 : response.body.length, response);
      return response;
    }
    let sent = 0;
    watch(
      response.body,
      (bytes) => (sent += bytes),
      () => logLine(response.status, sent, response),
    );
    return response;
  };
}

function accessLine(
  request: Request,
  status: number,
  sent: number,
  ms: number,
  response?: Response,
) {
  return {
    method: request.method,
    path: toText(unquote(request.path)),
    status,
    bytes_in: request.receivedBytes(),
    bytes_out: sent,
    ms,
    txid: request.transactionId,
    x_trans_id: response?.headers.get(X_TRANS_ID),
  };
}
