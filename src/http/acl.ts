import { unquote, type ByteString } from './bytes';

/** A container's ACL, taken apart: Swift's `parse_acl`. */
export interface Acl {
  /** Hosts that may be the referrer: `*`, a name, `.suffix`, and each of these with `-` before it to be refused. */
  readonly referrers: readonly string[];
  /** Accounts, users (`account:user`), `.rlistings`. */
  readonly groups: readonly string[];
}

/** Takes apart the value of X-Container-Read or X-Container-Write. */
export function parseAcl(value: ByteString | undefined): Acl {
  const parts = value ? value.split(',') : [];
  return {
    referrers: parts.filter((part) => part.startsWith('.r:')).map((part) => part.slice(3)),
    groups: parts.filter((part) => !part.startsWith('.r:')).map(unquote),
  };
}

/** Whether an ACL lets in who comes from a page of that address: the last entry that matches decides (Swift's `referrer_allowed`). */
export function isReferrerAllowed(referer: string | undefined, referrers: readonly string[]): boolean {
  const host = hostOf(referer);
  let allowed = false;
  for (const each of referrers) {
    const refuses = each.startsWith('-');
    const name = refuses ? each.slice(1) : each;
    const matches = name === host || (name.startsWith('.') && host.endsWith(name));
    if (matches || (!refuses && name === '*')) allowed = !refuses;
  }
  return allowed;
}

function hostOf(referer: string | undefined): string {
  try {
    return new URL(referer ?? '').hostname || 'unknown';
  } catch {
    return 'unknown';
  }
}

/**
 * An ACL as a client wrote it, in the form in which it is kept; or what is wrong with it (Swift's `clean_acl`).
 *
 * @param writing it is for X-Container-Write, where referrers have no meaning
 */
export function cleanAcl(value: ByteString, writing: boolean): { acl: ByteString } | { error: string } {
  const kept: string[] = [];
  for (const raw of value.split(',').map((part) => part.trim())) {
    if (raw === '') continue;
    const [first = '', ...rest] = raw.split(':');
    if (rest.length === 0 || !first.trim().startsWith('.')) {
      kept.push(raw);
      continue;
    }
    if (!['.r', '.ref', '.referer', '.referrer'].includes(first.trim())) {
      return { error: `Unknown designator '${first.trim()}' in ACL: '${raw}'` };
    }
    if (writing) return { error: `Referrers not allowed in write ACL: '${raw}'` };
    const second = rest.join(':').trim();
    const refuses = second.startsWith('-');
    const host = (refuses ? second.slice(1) : second).trim();
    const name = host !== '*' && host.startsWith('*') ? host.slice(1).trim() : host;
    if (name === '' || name === '.') {
      return { error: `No host/domain value after referrer designation in ACL: '${raw}'` };
    }
    kept.push(`.r:${refuses ? '-' : ''}${name}`);
  }
  return { acl: kept.join(',') };
}
