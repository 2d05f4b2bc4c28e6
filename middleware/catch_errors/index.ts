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
 * The outermost filter. Turns every error further in into a response, adds a transaction
 * id to every response, and makes sure that a body has exactly the length its
 * Content-Length declares.
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
      response = toErrorResponse(error, request.transactionId, log);
      destroy(request.body);
    }
    const length = response.headers.get('content-length');
    const headers = withTransactionId(response.headers, request.transactionId);
    if (length === undefined || Buffer.isBuffer(response.body)) return { ...response, headers };
    const logCutOff = (error: unknown) => {
      if (request.signal.aborted || codeOf(error) === 'ERR_STREAM_PREMATURE_CLOSE') return;
      log.warn({ txid: request.transactionId, err: messageOf(error) }, 'a response was cut off');
    };
    return { ...response, headers, body: enforceLength(response.body, Number(length), logCutOff) };
  };
}

function toErrorResponse(error: unknown, transactionId: string, log: Log): Response {
  if (error instanceof BodyMemoryFull)
    return textResponse(503, `${error.message}\n`, Headers.of({ 'Retry-After': '1' }));
  if (error instanceof StoreError) {
    log.warn({ txid: transactionId, status: error.status, err: error.message }, 'the store failed');
    return textResponse(503, `${error.message}\n`, Headers.of({ 'Retry-After': '1' }));
  }
  log.error(
    { txid: transactionId, err: error },
    'unexpected error while handling a request: a bug in the proxy',
  );
  return textResponse(
    500,
    `Internal error; see the log of the proxy for transaction ${transactionId}\n`,
  );
}

/** Passes the bytes on, but fails if there are fewer or more than `length`. */
function enforceLength(
  body: Readable,
  length: number,
  onError: (error: unknown) => void,
): Readable {
  let seen = 0;
  const checked = new Transform({
    transform(chunk: Buffer, _, done) {
      seen += chunk.length;
      if (seen > length)
        done(new Error(`the body is longer than its Content-Length of ${length} bytes`));
      else done(null, chunk);
    },
    flush(done) {
      done(
        seen < length
          ? new Error(`the body ended after ${seen} of the ${length} bytes of its Content-Length`)
          : null,
      );
    },
  });
  // unlike `pipe`, this also ends if the body had failed before anybody read it
  return pipeline(body, checked, (error) => {
    destroy(body);
    if (error) onError(error);
  });
}
