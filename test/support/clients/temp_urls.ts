import { createHmac } from 'node:crypto';
import { LATER } from './forms';

/** The parameters of a temporary URL; defaults are the usual ones. */
export interface Temporary {
  readonly key: string;
  readonly digest?: string;
  readonly expires?: string;
  /** The time to sign; `expires` by default. */
  readonly time?: string;
  readonly prefix?: string;
  readonly ipRange?: string;
}

/**
 * The query of a temporary URL.
 *
 * @param path the object's path, not encoded; with a prefix, the container's with a slash
 */
export function temporary(method: string, path: string, parameters: Temporary): string {
  const { key, digest = 'sha256', expires = LATER, time = expires, prefix, ipRange } = parameters;
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
