import { CoordinationUnavailable } from '../util/errors';
import { toText } from '../http/bytes';
import { Headers } from '../http/headers';
import type { Power } from '../swift_api/authority/authority';
import { textResponse, type Response } from '../swift_api/message';
import { changedObject, writtenObject } from '../swift_api/object_writes';
import { isObject } from '../swift_api/target';
import { LockTimeout } from '../coordination/locks/locker';
import { NameRefused } from '../coordination/locks/lock_names';
import type { Log } from '../util/log';
import { StoreError } from '../util/store_error';
import type { Call } from './calls';
import { SettingsLocked } from './policy';
import { UploadStalled } from './upload_progress';

/** Returns a 503 for a request that the client may retry soon. */
export function unavailableResponse(reason: string): Response {
  return textResponse(503, `${reason}\n`, Headers.of({ 'Retry-After': '1' }));
}

/**
 * Maps an error to a response: 503 if retryable; 412, as in Swift, if the store refused a
 * step that the client can fix; the store's own 401 or 403 if it refused the client's
 * token.
 *
 * @param power in whose name the store was asked
 * @throws the error itself if versioning does not handle it
 */
export function errorResponse(error: unknown, call: Call, power: Power, log: Log): Response {
  const { request } = call;
  if (error instanceof LockTimeout) return unavailableResponse(lockedMessage(call, error));
  if (error instanceof SettingsLocked) return unavailableResponse(error.message);
  if (error instanceof CoordinationUnavailable) {
    log.warn({ txid: request.transactionId, err: error.message }, 'gave up a write');
    return unavailableResponse(error.message);
  }
  if (error instanceof UploadStalled) return textResponse(408, `${error.message}\n`);
  if (error instanceof NameRefused)
    return textResponse(400, `This name cannot be written to: ${error.message}\n`);
  if (!(error instanceof StoreError) || error.code !== 'refused') throw error;
  const { status, message } = error;
  log.warn({ txid: request.transactionId, status, err: message }, 'a request was refused');
  if (status !== 401 && status !== 403) return textResponse(412, `${message}\n`);
  if (power === 'client') return textResponse(status, `${message}\n`);
  return unavailableResponse(`the service user lacks a right that versioning needs: ${message}`);
}

function lockedMessage({ request, target }: Call, error: LockTimeout): string {
  const written = writtenObject(request, target) ?? changedObject(request, target) ?? target;
  if (!isObject(written)) return error.message;
  const name = toText(`${written.container}/${written.object}`);
  return `${name} is locked by another request: ${error.message}`;
}
