import { readAll } from '../../src/http/body';
import { strip, unquote } from '../../src/http/bytes';
import type { Request } from '../../src/http/message';
import { parseQuery, type Target } from '../../src/http/path';
import { leadsToParts } from './named';

/** More than 10,000 names have, of 1,024 bytes each, URL-encoded. */
const MOST_BULK_BYTES = 32 * 1024 * 1024;

/** Whether a request deletes many objects at once by the store's own `bulk`. */
export function isBulkDelete({ method, query }: Request): boolean {
  return /^(POST|DELETE)$/.test(method) && parseQuery(query).has('bulk-delete');
}

/** Whether a request extracts an archive into whatever containers its entries name, by the store's own `bulk`. */
export function isWideExtraction({ method, query }: Request, target: Target): boolean {
  return method === 'PUT' && target.container === undefined && parseQuery(query).has('extract-archive');
}

/** The request with its list of names read; undefined if one of them leads to parts, or there are too many. */
export async function withoutParts(request: Request): Promise<Request | undefined> {
  const { sendContinue, ...rest } = request;
  sendContinue?.();
  const body = await readAll(request.body, MOST_BULK_BYTES);
  const names = body?.toString('latin1').split('\n') ?? [];
  const isFree = body !== undefined && !names.some((name) => leadsToParts(unquote(strip(name))));
  return isFree ? { ...rest, body } : undefined;
}
