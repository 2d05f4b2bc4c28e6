import { Headers } from '../../src/http/headers';
import { textResponse, type Response } from '../../src/http/message';

/** To be tried again soon. */
export function unavailable(reason: string): Response {
  return textResponse(503, `${reason}\n`, Headers.of({ 'Retry-After': '1' }));
}
