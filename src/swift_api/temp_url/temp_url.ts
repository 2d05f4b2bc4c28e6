import type { ByteString } from '../../http/bytes';
import { signatureOf } from '../../http/digest';
import type { Request } from '../message';
import { formatQuery, queryPairs, type ObjectTarget } from '../target';

/** All of a temporary URL's query that Swift's `tempurl` reads; whatever else is in it was not signed, and is taken out there. */
const PARAMETERS: ReadonlySet<string> = new Set([
  'temp_url_sig',
  'temp_url_expires',
  'temp_url_prefix',
  'temp_url_ip_range',
  'filename',
  'inline',
]);

/** Whether a request is to be judged by a signature in its query (Swift's `tempurl`), and by no token. */
export function isTempUrl({ method, query }: Pick<Request, 'method' | 'query'>): boolean {
  // most requests have no query
  if (query === '' || method === 'OPTIONS') return false;
  return queryPairs(query).some(([name]) => name === 'temp_url_sig' || name === 'temp_url_expires');
}

/** What counts of a temporary URL's query, as it came. */
export function tempUrlQuery(query: string): string {
  const counts = (pair: string) => queryPairs(pair).some(([name]) => PARAMETERS.has(name));
  return query.split('&').filter(counts).join('&');
}

/**
 * The query that lets whoever has it do one thing to one object.
 *
 * @param expires seconds since 1970
 */
export function signTempUrl(
  { value, digest }: { readonly value: ByteString; readonly digest: string },
  method: string,
  expires: number,
  { account, container, object }: ObjectTarget,
): string {
  // what Python writes without an exponent
  const time = String(Math.min(expires, Number.MAX_SAFE_INTEGER));
  const message = `${method}\n${time}\n/v1/${account}/${container}/${object}`;
  return formatQuery({ temp_url_sig: signatureOf(value, message, digest), temp_url_expires: time });
}
