import { isText, unquote } from '../http/bytes';
import type { Headers } from '../http/headers';

/** Headers that name a container, or an object or prefix as `container/object`. */
export const NAMING_HEADERS = [
  'destination',
  'x-copy-from',
  'x-symlink-target',
  'x-object-manifest',
  'x-versions-location',
  'x-history-location',
] as const;

const NAMING_ACCOUNTS = [
  'destination-account',
  'x-copy-from-account',
  'x-symlink-target-account',
] as const;

/**
 * A header with a name that no store has, since it is not UTF-8 or has a NUL; undefined
 * if there is none.
 */
export function unreadableName(headers: Headers): string | undefined {
  const names = [...NAMING_HEADERS, ...NAMING_ACCOUNTS];
  return names.find((name) => !isText(unquote(headers.get(name) ?? '')));
}
