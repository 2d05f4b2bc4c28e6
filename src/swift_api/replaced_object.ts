import { parseDate } from '../http/dates';
import type { Headers } from '../http/headers';
import type { ReplacedObject } from './message';
import { isStaticLargeObject } from './stored_manifest';

/** Returns what a write would replace, from the response to a HEAD of it. */
export function replacedObject(headers: Headers): ReplacedObject {
  return {
    etag: (headers.get('etag') ?? '').replaceAll('"', ''),
    contentType: headers.get('content-type') ?? '',
    size: Number(headers.get('content-length') ?? 0),
    modified: parseDate(headers.get('last-modified')) ?? 0,
    ...(isStaticLargeObject(headers) ? { isLarge: true } : {}),
  };
}
