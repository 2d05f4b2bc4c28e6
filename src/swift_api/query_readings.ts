import { parseQuery } from './target';

/** Parameters that change what a request does. */
const DECIDING = [
  'multipart-manifest',
  'bulk-delete',
  'extract-archive',
  'symlink',
  'version-id',
  'versions',
  'async',
  'heartbeat',
  'temp_url_sig',
  'temp_url_expires',
];

/**
 * Whether a query means something else if semicolons separate parameters, too: Python
 * before 3.9.2 read it so, and the Python version of a store is unknown.
 */
export function isAmbiguousQuery(query: string): boolean {
  if (!query.includes(';')) return false;
  const [one, other] = [parseQuery(query), parseQuery(query.replaceAll(';', '&'))];
  return DECIDING.some((name) => one.get(name) !== other.get(name));
}
