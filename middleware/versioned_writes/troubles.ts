import { CoordinationUnavailable } from '../../src/errors';
import { toText } from '../../src/http/bytes';
import { textResponse, type Request, type Response } from '../../src/http/message';
import type { ObjectTarget } from '../../src/http/path';
import { LockTimeout } from '../../src/lockers/locker';
import type { Log } from '../../src/log';
import type { App } from '../../src/plugin';
import { answerTo, unavailable } from './failures';
import { UploadStalled } from './progress';

/** Does something to an object that takes its lock, and turns what can go wrong with that into answers. */
export async function answeringTroubles(
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
    return answerTo(error, request, app.power, log);
  }
}
