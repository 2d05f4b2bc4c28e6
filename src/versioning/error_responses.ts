import { CoordinationUnavailable } from '../util/errors';
import { Headers } from '../http/headers';
import type { Power } from '../swift_api/authority/authority';
import { textResponse, type Request, type Response } from '../swift_api/message';
import { LockTimeout } from '../coordination/locks/locker';
import { NameRefused } from '../coordination/locks/lock_names';
import type { Log } from '../util/log';
import { StoreError } from '../util/store_error';

/** To be tried again soon. */
export function unavailable(reason: string): Response {
  return textResponse(503, `${reason}\n`, Headers.of({ 'Retry-After': '1' }));
}

/**
 * The answer to a request that was not carried out, by what was thrown: 503 for what may be tried again; and where the store refused what versions need, what
 * the client can mend is 412, as in Swift, and what its own token may not do is the store's own 401 or 403. All else is thrown again.
 *
 * @param power in whose name the store was asked
 */
export function errorResponse(error: unknown, request: Request, power: Power, log: Log): Response {
  if (error instanceof CoordinationUnavailable || error instanceof LockTimeout)
    return unavailable(error.message);
  if (error instanceof NameRefused)
    return textResponse(400, `Not a name that can be written to: ${error.message}\n`);
  if (!(error instanceof StoreError) || error.code !== 'refused') throw error;
  const { status, message } = error;
  log.warn({ txid: request.transactionId, status, err: message }, 'a request was refused');
  if (status !== 401 && status !== 403) return textResponse(412, `${message}\n`);
  if (power === 'client') return textResponse(status, `${message}\n`);
  return unavailable(`the service user may not do what versions need: ${message}`);
}
