import { answer, page } from '../../../swift_api/responses';
import { quote } from '../../../http/bytes';
import { Headers } from '../../../http/headers';
import type { Response } from '../../../swift_api/message';

export { answer, page } from '../../../swift_api/responses';

/** Ends the handling of a request with an answer. Never leaves the handler. */
export class Refused extends Error {
  override readonly name = 'Refused';

  constructor(readonly response: Response) {
    super(`answered with ${response.status}`);
  }
}

/** What comes of it, or the answer of who refused it, like others: scripts from elsewhere can read that too. */
export async function settled<T>(handle: () => Promise<T>): Promise<T | Response> {
  try {
    return await handle();
  } catch (error) {
    if (error instanceof Refused) return error.response;
    throw error;
  }
}

/** Swift's page for a status. */
export function refuse(status: number, headers?: Headers): Refused {
  return new Refused(answer(status, headers));
}

const PLAIN = Headers.of({ 'Content-Type': 'text/plain' });

/** A status with the reason as plain text, as Swift gives it. */
export function refuseWith(status: number, reason: string, headers: Headers = PLAIN): Refused {
  return new Refused(page(status, reason, headers));
}

/** The path of an object as Swift writes it into headers. */
export function quotedPath(...parts: readonly string[]): string {
  return '/' + parts.map((part) => quote(part)).join('/');
}
