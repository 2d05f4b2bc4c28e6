import { parseDate } from '../http/dates';
import type { Headers } from '../http/headers';
import { ceilSeconds } from './times';

/**
 * Evaluates the conditions of a GET or HEAD. Returns the status, 304 or 412; undefined if
 * they hold (swob's `_get_conditional_response_status`, in its order).
 */
export function failedCondition(
  headers: Headers,
  etag: string,
  timestamp: string,
): 304 | 412 | undefined {
  const noneMatch = headers.get('if-none-match');
  if (noneMatch && matches(noneMatch, etag)) return 304;
  const match = headers.get('if-match');
  if (match !== undefined && !matches(match, etag)) return 412;
  const modified = ceilSeconds(timestamp);
  const since = parseSeconds(headers.get('if-modified-since'));
  if (since !== undefined && modified <= since) return 304;
  const unmodified = parseSeconds(headers.get('if-unmodified-since'));
  return unmodified !== undefined && modified > unmodified ? 412 : undefined;
}

/** Whether a header's `*` or one of its entity tags matches this ETag. */
function matches(header: string, etag: string): boolean {
  const wanted = unquoteEtag(etag);
  return header.split(',').some((tag) => tag.trim() === '*' || unquoteEtag(tag.trim()) === wanted);
}

/** Strips the quotes of an ETag. */
export function unquoteEtag(etag: string): string {
  return /^"[^"]*"$/.test(etag) ? etag.slice(1, -1) : etag;
}

function parseSeconds(date: string | undefined): number | undefined {
  const time = parseDate(date);
  return time === undefined ? undefined : time / 1000;
}
