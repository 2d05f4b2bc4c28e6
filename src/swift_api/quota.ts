import { page } from './responses';
import { drain } from '../http/body';
import { credentials, type Headers } from '../http/headers';
import { lookAtHeaders } from './authority/closed_list';
import type { Power } from './authority/authority';
import { subrequest, type Handler, type Request, type Response } from './message';
import { formatTarget, type Target } from './target';

/** Swift's refusal of what would be too much. */
export function exceeded(): Response {
  return page(413, 'Upload exceeds quota.');
}

/** Whether a value sets a quota that so much is beyond. What is no number sets none. */
export function isBeyond(quota: string | undefined, amount: number): boolean {
  return isNumber(quota) && Number(quota) < amount;
}

/** Whether a value consists of digits (Python's `isdigit`). */
export function isNumber(value: string | undefined): boolean {
  return value !== undefined && /^\d+$/.test(value);
}

/** What an account or a container says of itself, whatever the client may see; undefined where it says nothing. */
export async function factsOf(
  target: Target,
  request: Request,
  next: Handler,
  power: Power,
): Promise<Headers | undefined> {
  const own =
    power === 'client'
      ? { headers: credentials(request.headers) }
      : { authority: lookAtHeaders(target) };
  const response = await next(
    subrequest(request, { method: 'HEAD', path: formatTarget(target), ...own }),
  );
  await drain(response.body);
  return response.status < 300 ? response.headers : undefined;
}
