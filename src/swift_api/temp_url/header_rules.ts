import { Headers } from '../../http/headers';

/** Swift's defaults of which headers readers by temporary URL do not see. */
export const SHOWN_HEADERS = {
  removed: ['x-object-meta-*'],
  allowed: ['x-object-meta-public-*'],
} as const;

/**
 * Removes the headers that `removed` names, except those that `allowed` names as well; a
 * `*` at the end of a name matches any suffix.
 */
export function headerRules(
  removed: readonly string[],
  allowed: readonly string[],
): (headers: Headers) => Headers {
  const isRemoved = matcher(removed);
  const isAllowed = matcher(allowed);
  return (headers) => headers.filter((key) => isAllowed(key) || !isRemoved(key));
}

function matcher(patterns: readonly string[]): (key: string) => boolean {
  const keys = patterns.map((each) => Headers.key(each));
  return (name) =>
    keys.some((key) => (key.endsWith('*') ? name.startsWith(key.slice(0, -1)) : name === key));
}
