import type { Headers } from '../http/headers';
import { isReserved } from '../swift_api/reserved';
import { KEPT_PREFIX } from './metadata';

/** Headers that clients set on an object and that a POST replaces as a whole: a store may keep fewer of them. */
const SETTABLE = new Set([
  'content-disposition',
  'content-encoding',
  'cache-control',
  'content-language',
  'expires',
  'x-robots-tag',
  'x-delete-at',
  // without it a dynamic large object would be an empty one
  'x-object-manifest',
]);

/**
 * Of an answer to HEAD, what a POST must send again so that it is not lost, and what an object made in the place of another has from that one:
 * all but its content type. What the proxy itself notes of the object's versions is left out.
 */
export function ownHeaders(headers: Headers): Headers {
  const kept = KEPT_PREFIX.toLowerCase();
  return headers.filter((name) => {
    if (name.startsWith(kept)) return true;
    return SETTABLE.has(name) || (name.startsWith('x-object-meta-') && !isReserved(name));
  });
}
