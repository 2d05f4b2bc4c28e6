import { createHmac } from 'node:crypto';
import { LATER } from './forms';

/** A temporary URL's query, and what of it differs from the usual. */
export interface Temporary {
  readonly key: string;
  readonly digest?: string;
  readonly expires?: string;
  /** What is signed as the time; `expires` unless given. */
  readonly time?: string;
  readonly prefix?: string;
  readonly ipRange?: string;
}

/**
 * A temporary URL's query.
 *
 * @param path the object's, not encoded; with a prefix, the container's with a slash
 */
export function temporary(method: string, path: string, given: Temporary): string {
  const { key, digest = 'sha256', expires = LATER, time = expires, prefix, ipRange } = given;
  const address = prefix === undefined ? path : `prefix:${path}${prefix}`;
  const message = `${ipRange === undefined ? '' : `ip=${ipRange}\n`}${method}\n${time}\n${address}`;
  const more = new URLSearchParams({
    temp_url_sig: createHmac(digest, key).update(message).digest('hex'),
    temp_url_expires: expires,
    ...(prefix === undefined ? {} : { temp_url_prefix: prefix }),
    ...(ipRange === undefined ? {} : { temp_url_ip_range: ipRange }),
  });
  return more.toString();
}
