import type { ByteString } from '../../http/bytes';
import { signMessage } from '../../http/digest';
import type { Request } from '../message';
import { formatQuery, parseQueryPairs, type ObjectTarget } from '../target';

/**
 * All parameters that Swift's `tempurl` reads; whatever else is in the query was not
 * signed, and is removed there.
 */
const PARAMETERS: ReadonlySet<string> = new Set([
  'temp_url_sig',
  'temp_url_expires',
  'temp_url_prefix',
  'temp_url_ip_range',
  'filename',
  'inline',
]);

/**
 * Whether a request is authorized by a signature in its query (Swift's `tempurl`), not by
 * a token.
 */
export function isTempUrl({ method, query }: Pick<Request, 'method' | 'query'>): boolean {
  // most requests have no query
  if (query === '' || method === 'OPTIONS') return false;
  return parseQueryPairs(query).some(
    ([name]) => name === 'temp_url_sig' || name === 'temp_url_expires',
  );
}

/** The parameters of a temporary URL's query that count, as received. */
export function tempUrlQuery(query: string): string {
  const isUsed = (pair: string) => parseQueryPairs(pair).some(([name]) => PARAMETERS.has(name));
  return query.split('&').filter(isUsed).join('&');
}

/**
 * Creates the query that allows anyone who has it to use one method on one object.
 *
 * @param expires seconds since 1970
 */
export function signTempUrl(
  { value, digest }: { readonly value: ByteString; readonly digest: string },
  method: string,
  expires: number,
  { account, container, object }: ObjectTarget,
): string {
  // Python writes this without an exponent
  const time = String(Math.min(expires, Number.MAX_SAFE_INTEGER));
  const message = `${method}\n${time}\n/v1/${account}/${container}/${object}`;
  return formatQuery({ temp_url_sig: signMessage(value, message, digest), temp_url_expires: time });
}
