import { z } from 'zod';
import { watch } from '../../src/http/body';
import { ClientGone, type Filter, type Request, type Response } from '../../src/swift_api/message';
import { toText, unquote } from '../../src/http/bytes';
import type { Log } from '../../src/util/log';
import type { FilterPlugin } from '../../src/plugin/plugin';
import { StoreError } from '../../src/util/store_error';

const options = z.object({});

/** One line for each request, when it is over. No query is logged (it may sign), and no header but the transaction id. */
export const proxyLogging: FilterPlugin<typeof options> = {
  name: 'proxy-logging',
  options,
  create: (_, { log }) => logEach(log),
};

/** The status that is logged for a client that left before it had its answer (nginx's, and Swift's). */
const CLIENT_LEFT = 499;

/** Logs each request that passes, when its answer is out. */
export function logEach(log: Log): Filter {
  return (next) => async (request) => {
    const began = performance.now();
    const line = (status: number, sent: number, response?: Response) => {
      const ms = Math.round((performance.now() - began) * 100) / 100;
      log.info(
        accessLine(request, request.signal.aborted ? CLIENT_LEFT : status, sent, ms, response),
      );
    };
    let response: Response;
    try {
      response = await next(request);
    } catch (error) {
      line(error instanceof ClientGone ? CLIENT_LEFT : error instanceof StoreError ? 503 : 500, 0);
      throw error;
    }
    if (Buffer.isBuffer(response.body)) {
      line(response.status, request.method === 'HEAD' ? 0 : response.body.length, response);
      return response;
    }
    let sent = 0;
    watch(
      response.body,
      (bytes) => (sent += bytes),
      () => line(response.status, sent, response),
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
    bytes_in: request.received(),
    bytes_out: sent,
    ms,
    txid: request.transactionId,
    x_trans_id: response?.headers.get('x-trans-id'),
  };
}
