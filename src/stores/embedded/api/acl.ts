import { toText, type ByteString } from '../../../http/bytes';
import { htmlResponse, Refused } from './answers';

const REFERRERS = ['.r', '.ref', '.referer', '.referrer'];

/**
 * Normalises an ACL to the form in which it is stored (Swift's `clean_acl`).
 *
 * @throws Refused if it is invalid
 */
export function cleanAcl(name: string, acl: ByteString): ByteString {
  const values: ByteString[] = [];
  for (const element of acl.split(',').map((part) => part.trim())) {
    const colon = element.indexOf(':');
    const first = element.slice(0, colon).trim();
    if (element === '') continue;
    if (colon < 0 || !first.startsWith('.')) values.push(element);
    else if (!REFERRERS.includes(first))
      throw badRequest(`Unknown designator '${first}' in ACL: '${element}'`);
    else if (name.endsWith('write'))
      throw badRequest(`Referrers not allowed in write ACL: '${element}'`);
    else values.push('.r:' + referrer(element, element.slice(colon + 1).trim()));
  }
  return values.join(',');
}

function referrer(element: ByteString, value: ByteString): ByteString {
  const negated = value.startsWith('-');
  let host = negated ? value.slice(1).trim() : value;
  if (host !== '*' && host.startsWith('*')) host = host.slice(1).trim();
  if (host === '' || host === '.')
    throw badRequest(`No host/domain value after referrer designation in ACL: '${element}'`);
  return (negated ? '-' : '') + host;
}

function badRequest(reason: string): Refused {
  return new Refused(htmlResponse(400, toText(reason)));
}
