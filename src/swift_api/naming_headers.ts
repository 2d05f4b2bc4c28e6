import { isText, unquote } from '../http/bytes';
import type { Headers } from '../http/headers';
import {
  X_COPY_FROM,
  X_COPY_FROM_ACCOUNT,
  X_HISTORY_LOCATION,
  X_OBJECT_MANIFEST,
  X_SYMLINK_TARGET,
  X_SYMLINK_TARGET_ACCOUNT,
  X_VERSIONS_LOCATION,
} from './header_names';

/** Headers that name a container, or an object or prefix as `container/object`. */
export const NAMING_HEADERS = [
  'destination',
  X_COPY_FROM,
  X_SYMLINK_TARGET,
  X_OBJECT_MANIFEST,
  X_VERSIONS_LOCATION,
  X_HISTORY_LOCATION,
] as const;

const NAMING_ACCOUNTS = [
  'destination-account',
  X_COPY_FROM_ACCOUNT,
  X_SYMLINK_TARGET_ACCOUNT,
] as const;

/**
 * A header with a name that no store has, since it is not UTF-8 or has a NUL; undefined
 * if there is none.
 */
export function findUnreadableName(headers: Headers): string | undefined {
  const names = [...NAMING_HEADERS, ...NAMING_ACCOUNTS];
  return names.find((name) => !isText(unquote(headers.get(name) ?? '')));
}
