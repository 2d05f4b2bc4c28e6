import { verifySignature, type Signature } from '../../http/digest';
import type { ObjectTarget } from '../target';
import type { Key } from './keys';
import type { Parameters } from './parameters';

/**
 * Returns the key that signed a temporary URL for a method and an object; undefined if
 * none did, or if the URL has expired. Does not check from which address it is used.
 */
export function findSigningKey(
  keys: readonly Key[],
  method: string,
  { account, container, object }: ObjectTarget,
  { expires, prefix, ipRange }: Parameters,
  signature: Signature,
): Key | undefined {
  if (expires === 0 || (prefix !== undefined && !object.startsWith(prefix))) return undefined;
  const folder = `/v1/${account}/${container}/`;
  const path = prefix === undefined ? folder + object : `prefix:${folder}${prefix}`;
  // anyone who may read or write an object may also ask for its metadata
  const methods = method === 'HEAD' ? ['HEAD', 'GET', 'POST', 'PUT'] : [method];
  const ip = ipRange === undefined ? '' : `ip=${ipRange}\n`;
  const messages = methods.map((each) => `${ip}${each}\n${expires}\n${path}`);
  return keys.find(({ value }) =>
    messages.some((message) => verifySignature(value, message, signature)),
  );
}
