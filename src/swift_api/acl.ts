import { unquote, type ByteString } from '../http/bytes';

/** A parsed container ACL (Swift's `parse_acl`). */
export interface Acl {
  /** Hosts allowed as referrers: `*`, a name, or `.suffix`; a leading `-` denies them. */
  readonly referrers: readonly string[];
  /** Accounts, users (`account:user`), `.rlistings`. */
  readonly groups: readonly string[];
}

/** Parses the value of X-Container-Read or X-Container-Write. */
export function parseAcl(value: ByteString | undefined): Acl {
  const parts = value ? value.split(',') : [];
  return {
    referrers: parts.filter((part) => part.startsWith('.r:')).map((part) => part.slice(3)),
    groups: parts.filter((part) => !part.startsWith('.r:')).map(unquote),
  };
}

/**
 * Whether an ACL allows a referrer: the last matching entry decides (Swift's
 * `referrer_allowed`).
 */
export function isReferrerAllowed(
  referer: string | undefined,
  referrers: readonly string[],
): boolean {
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
