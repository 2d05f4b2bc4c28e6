import { CoordinationUnavailable } from '../util/errors';
import { toText } from '../http/bytes';
import { textResponse, type Request, type Response } from '../swift_api/message';
import type { ObjectTarget } from '../swift_api/target';
import { LockTimeout } from '../coordination/locks/locker';
import type { Log } from '../util/log';
import type { App } from '../plugin/plugin';
import { errorResponse, unavailable } from './error_responses';
import { UploadStalled } from './progress';

/** Does something to an object that takes its lock, and turns what can go wrong with that into answers. */
export async function withErrorResponses(
  request: Request,
  written: ObjectTarget,
  { log, app }: { readonly log: Log; readonly app: Pick<App, 'power'> },
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
    return errorResponse(error, request, app.power, log);
  }
}
