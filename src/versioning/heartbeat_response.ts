import type { Outcome } from './archive/execute';
import { chunks, destroy, streamOf } from '../http/body';
import { isTrueValue } from '../http/bytes';
import type { Response } from '../swift_api/message';
import type { Call } from './calls';

/** So much of such an answer is looked at: its facts come before what may be long. */
const MAX_FACTS = 64 * 1024;

/** In plain text, JSON or XML. */
const STATUS = /response[ _]status"?[:>] *"?(\d{3})/i;

/** Whether an answer was begun before what it tells was known: that to a large object's manifest may be (`heartbeat=on`). */
export function isHeartbeatResponse(call: Pick<Call, 'query'>, response: Response): boolean {
  return response.status === 202 && isTrueValue(call.query.get('heartbeat'));
}

/**
 * Follows an answer that was begun early to its end, which tells how the request ended.
 *
 * @param settled what is to be done then, before the client sees the end
 * @returns the answer to pass on, and what it told: `unknown` where it was not read to its end
 */
export function followHeartbeat(
  response: Response,
  settled: () => Promise<unknown>,
): { readonly response: Response; readonly outcome: Promise<Outcome> } {
  let tell: (outcome: Outcome) => void = () => undefined;
  const outcome = new Promise<Outcome>((resolve) => (tell = resolve));
  const body = streamOf(
    (async function* () {
      let facts = '';
      for await (const chunk of chunks(response.body)) {
        if (facts.length < MAX_FACTS) facts = (facts + chunk.toString('latin1')).trimStart();
        yield chunk;
      }
      tell(outcomeOf(Number(STATUS.exec(facts)?.[1])));
      await settled();
    })(),
  );
  // a stream that nobody began to read never runs what makes it
  body.once('close', () => {
    destroy(response.body);
    tell('unknown');
  });
  return { response: { ...response, body }, outcome };
}

function outcomeOf(status: number): Outcome {
  if (status >= 200 && status < 300) return 'done';
  return status >= 400 && status < 500 ? 'failed' : 'unknown';
}
