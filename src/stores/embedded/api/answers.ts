import { statusResponse, htmlResponse } from '../../../swift_api/responses';
import { Headers } from '../../../http/headers';
import type { Response } from '../../../swift_api/message';

export { statusResponse, htmlResponse } from '../../../swift_api/responses';

/** Ends the handling of a request with a response. Never leaves the handler. */
export class Refused extends Error {
  override readonly name = 'Refused';

  constructor(readonly response: Response) {
    super(`answered with ${response.status}`);
  }
}

/**
 * Returns the result of `handle`, or the response of the `Refused` that it throws: it
 * gets CORS headers like other responses.
 */
export async function catchRefused<T>(handle: () => Promise<T>): Promise<T | Response> {
  try {
    return await handle();
  } catch (error) {
    if (error instanceof Refused) return error.response;
    throw error;
  }
}

/** Refuses with Swift's page for a status. */
export function refuse(status: number, headers?: Headers): Refused {
  return new Refused(statusResponse(status, headers));
}

const PLAIN = Headers.of({ 'Content-Type': 'text/plain' });

/** Refuses with a status and a reason in plain text, as Swift does. */
export function refuseWith(status: number, reason: string, headers: Headers = PLAIN): Refused {
  return new Refused(htmlResponse(status, reason, headers));
}
