import { CoordinationUnavailable } from '../../src/errors';
import { toText } from '../../src/http/bytes';
import { textResponse, type Request, type Response } from '../../src/http/message';
import type { ObjectTarget } from '../../src/http/path';
import { LockTimeout } from '../../src/lockers/locker';
import type { Log } from '../../src/log';
import type { App } from '../../src/plugin';
import { StoreError } from '../../src/stores/error';
import { UploadStalled } from './progress';
import { unavailable } from './unavailable';

/** Does something to an object that takes its lock, and turns what can go wrong with that into answers. */
export async function answeringTroubles(
  request: Request,
  written: ObjectTarget,
  { log, app }: { readonly log: Log; readonly app: Pick<App, 'authority'> },
  work: () => Promise<Response>,
): Promise<Response> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof LockTimeout) {
      const name = toText(`${written.container}/${written.object}`);
      return unavailable(`other writes of ${name} are not done yet: ${error.message}`);
    }
    if (error instanceof UploadStalled) return textResponse(408, `${error.message}\n`);
    if (error instanceof CoordinationUnavailable) {
      log.warn({ txid: request.transactionId, err: error.message }, 'a write was given up');
      return unavailable(error.message);
    }
    if (!(error instanceof StoreError) || error.code !== 'refused') throw error;
    log.warn(
      { txid: request.transactionId, status: error.status, err: error.message },
      'a write was refused',
    );
    return refusalOf(error, app);
  }
}

/** The archive or the restored version was refused: what the client can mend is 412, as in Swift. */
function refusalOf({ status = 412, message }: StoreError, app: Pick<App, 'authority'>): Response {
  const unauthorised = status === 401 || status === 403;
  if (unauthorised && app.authority === 'service')
    return unavailable(`the service user may not do what versions need: ${message}`);
  return textResponse(unauthorised ? status : 412, `${message}\n`);
}
