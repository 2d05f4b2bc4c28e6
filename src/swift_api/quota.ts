import { htmlResponse } from './responses';
import type { Headers } from '../http/headers';
import { headersAuthority } from './authority/closed_list';
import type { Power } from './authority/authority';
import { SwiftClient } from './client';
import type { Handler, Request, Response } from './message';
import type { Target } from './target';

/** Swift's response to an upload beyond a quota. */
export function quotaExceeded(): Response {
  return htmlResponse(413, 'Upload exceeds quota.');
}

/** Whether `amount` exceeds a quota. A value that is not a number sets none. */
export function exceedsQuota(quota: string | undefined, amount: number): boolean {
  return isNumber(quota) && Number(quota) < amount;
}

/** Whether a value consists of digits (Python's `isdigit`). */
export function isNumber(value: string | undefined): boolean {
  return value !== undefined && /^\d+$/.test(value);
}

/**
 * The headers of an account or a container, whatever the client may see; undefined if the
 * store refuses them.
 */
export async function fetchHeaders(
  target: Target,
  request: Request,
  next: Handler,
  power: Power,
): Promise<Headers | undefined> {
  const authority = power === 'client' ? 'client' : headersAuthority(target);
  const response = await new SwiftClient(next, request, authority).head(target);
  return response.status < 300 ? response.headers : undefined;
}
