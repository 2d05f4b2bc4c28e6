import { parseQuery } from './target';

/** The parameters by which a request is another than its method and its path say. */
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
 * Whether a query asks for something else if parameters end at semicolons, too: before 3.9.2 Python read them so, and
 * which Python a store has nobody knows.
 */
export function isReadTwoWays(query: string): boolean {
  if (!query.includes(';')) return false;
  const [one, other] = [parseQuery(query), parseQuery(query.replaceAll(';', '&'))];
  return DECIDING.some((name) => one.get(name) !== other.get(name));
}
