import type { Headers } from '../http/headers';
import { isReserved } from '../swift_api/reserved';
import { DIALECT_PREFIX } from './metadata';
import { X_DELETE_AT, X_OBJECT_MANIFEST } from '../swift_api/header_names';

/**
 * Headers that clients set on an object and that a POST replaces as a whole. A store may
 * keep fewer of them.
 */
const SETTABLE = new Set([
  'content-disposition',
  'content-encoding',
  'cache-control',
  'content-language',
  'expires',
  'x-robots-tag',
  X_DELETE_AT,
  // without it a dynamic large object would become an empty one
  X_OBJECT_MANIFEST,
]);

/**
 * Returns the headers of a HEAD response that a POST must repeat to keep them, and that
 * an object inherits from the one it replaces: all but the content type. Leaves out the
 * proxy's notes on versions.
 */
export function settableHeaders(headers: Headers): Headers {
  const dialectPrefix = DIALECT_PREFIX.toLowerCase();
  return headers.filter((name) => {
    if (name.startsWith(dialectPrefix)) return true;
    return SETTABLE.has(name) || (name.startsWith('x-object-meta-') && !isReserved(name));
  });
}
