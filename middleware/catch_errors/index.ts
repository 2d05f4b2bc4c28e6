import { pipeline, Transform, type Readable } from 'node:stream';
import { z } from 'zod';
import { codeOf, messageOf } from '../../src/util/errors';
import { destroy } from '../../src/http/body';
import { BodyMemoryFull } from '../../src/http/body_memory';
import { ClientGone, textResponse, type Filter, type Response } from '../../src/swift_api/message';
import { Headers } from '../../src/http/headers';
import type { Log } from '../../src/util/log';
import type { FilterPlugin } from '../../src/plugin/plugin';
import { withTransactionId } from '../../src/swift_api/transaction';
import { StoreError } from '../../src/util/store_error';

const options = z.object({});

/**
 * The outermost filter: whatever goes wrong further in becomes an answer, every answer has a transaction id, and no body is
 * longer or shorter than its Content-Length says.
 */
export const catchErrors: FilterPlugin<typeof options> = {
  name: 'catch_errors',
  options,
  first: true,
  create: (_, { log }) => catchErrorsFilter(log),
};

function catchErrorsFilter(log: Log): Filter {
  return (next) => async (request) => {
    let response: Response;
    try {
      response = await next(request);
    } catch (error) {
      if (error instanceof ClientGone) throw error;
      response = lastResort(error, request.transactionId, log);
      destroy(request.body);
    }
    const length = response.headers.get('content-length');
    const headers = withTransactionId(response.headers, request.transactionId);
    if (length === undefined || Buffer.isBuffer(response.body)) return { ...response, headers };
    const brokeOff = (error: unknown) => {
      if (request.signal.aborted || codeOf(error) === 'ERR_STREAM_PREMATURE_CLOSE') return;
      log.warn({ txid: request.transactionId, err: messageOf(error) }, 'an answer broke off');
    };
    return { ...response, headers, body: exactly(response.body, Number(length), brokeOff) };
  };
}

function lastResort(error: unknown, transactionId: string, log: Log): Response {
  if (error instanceof BodyMemoryFull)
    return textResponse(503, `${error.message}\n`, Headers.of({ 'Retry-After': '1' }));
  if (error instanceof StoreError) {
    log.warn({ txid: transactionId, status: error.status, err: error.message }, 'the store failed');
    return textResponse(503, `${error.message}\n`, Headers.of({ 'Retry-After': '1' }));
  }
  log.error({ txid: transactionId, err: error }, 'a request failed by a bug');
  return textResponse(500, `An error occurred; the log names it under ${transactionId}\n`);
}

/** The same bytes, but failing where they are fewer or more than they should be. */
function exactly(body: Readable, length: number, brokeOff: (error: unknown) => void): Readable {
  let seen = 0;
  const checked = new Transform({
    transform(chunk: Buffer, _, done) {
      seen += chunk.length;
      if (seen > length) done(new Error(`more than the ${length} bytes of Content-Length came`));
      else done(null, chunk);
    },
    flush(done) {
      done(
        seen < length
          ? new Error(`${seen} instead of the ${length} bytes of Content-Length came`)
          : null,
      );
    },
  });
  // unlike `pipe`, this also ends where the body had broken off before anybody read it
  return pipeline(body, checked, (error) => {
    destroy(body);
    if (error) brokeOff(error);
  });
}
