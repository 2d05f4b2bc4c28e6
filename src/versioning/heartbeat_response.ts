import type { Outcome } from './archive/execute';
import { chunks, destroy, streamOf } from '../http/body';
import { isTrueValue } from '../http/bytes';
import type { Response } from '../swift_api/message';
import type { Call } from './calls';

/** Characters of the body to search for the status, which precedes long lists. */
const MAX_SEARCHED = 64 * 1024;

/** The status in plain text, JSON or XML. */
const STATUS = /response[ _]status"?[:>] *"?(\d{3})/i;

/**
 * Whether the store began a response before the outcome was known, as it may for a large
 * object's manifest (`heartbeat=on`).
 */
export function isHeartbeatResponse(call: Pick<Call, 'query'>, response: Response): boolean {
  return response.status === 202 && isTrueValue(call.query.get('heartbeat'));
}

/**
 * Follows a heartbeat response to its end, which reports the outcome of the request.
 *
 * @param onEnd runs before the client sees the end
 * @returns the response to pass on, and the outcome: `unknown` if the body was not read
 *   to its end
 */
export function followHeartbeat(
  response: Response,
  onEnd: () => Promise<unknown>,
): { readonly response: Response; readonly outcome: Promise<Outcome> } {
  let resolveOutcome: (outcome: Outcome) => void = () => undefined;
  const outcome = new Promise<Outcome>((resolve) => (resolveOutcome = resolve));
  const body = streamOf(
    (async function* () {
      let text = '';
      for await (const chunk of chunks(response.body)) {
        if (text.length < MAX_SEARCHED) text = (text + chunk.toString('latin1')).trimStart();
        yield chunk;
      }
      resolveOutcome(outcomeOf(Number(STATUS.exec(text)?.[1])));
      await onEnd();
    })(),
  );
  // the generator of a stream that is never read does not run
  body.once('close', () => {
    destroy(response.body);
    resolveOutcome('unknown');
  });
  return { response: { ...response, body }, outcome };
}

function outcomeOf(status: number): Outcome {
  if (status >= 200 && status < 300) return 'done';
  return status >= 400 && status < 500 ? 'failed' : 'unknown';
}
