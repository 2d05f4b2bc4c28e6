import { toText, type ByteString } from '../../../http/bytes';
import { page, Refused } from './answers';

const REFERRERS = ['.r', '.ref', '.referer', '.referrer'];

/**
 * An ACL in the one form in which it is kept (Swift's `clean_acl`).
 *
 * @throws Refused where it cannot be one
 */
export function cleanAcl(name: string, acl: ByteString): ByteString {
  const values: ByteString[] = [];
  for (const each of acl.split(',').map((part) => part.trim())) {
    const colon = each.indexOf(':');
    const first = each.slice(0, colon).trim();
    if (each === '') continue;
    if (colon < 0 || !first.startsWith('.')) values.push(each);
    else if (!REFERRERS.includes(first))
      throw bad(`Unknown designator '${first}' in ACL: '${each}'`);
    else if (name.endsWith('write')) throw bad(`Referrers not allowed in write ACL: '${each}'`);
    else values.push('.r:' + referrer(each, each.slice(colon + 1).trim()));
  }
  return values.join(',');
}

function referrer(whole: ByteString, given: ByteString): ByteString {
  const negated = given.startsWith('-');
  let host = negated ? given.slice(1).trim() : given;
  if (host !== '*' && host.startsWith('*')) host = host.slice(1).trim();
  if (host === '' || host === '.')
    throw bad(`No host/domain value after referrer designation in ACL: '${whole}'`);
  return (negated ? '-' : '') + host;
}

function bad(reason: string): Refused {
  return new Refused(page(400, toText(reason)));
}
