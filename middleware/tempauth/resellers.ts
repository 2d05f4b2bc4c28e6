import type { ByteString } from '../../src/http/bytes';

/**
 * The prefixes of the accounts that are judged here, the one of users' own accounts first, each with the group that an admin of such an
 * account needs besides: Swift's `reseller_prefix = AUTH, SERVICE` and `SERVICE_require_group`.
 */
export type Resellers = ReadonlyMap<string, string | undefined>;

/** The form of the options that name such groups. */
export const GROUP_OPTION = /^(\w+_)?require_group$/;

/** Reads those options. */
export function readResellers(
  prefixes: string,
  options: Readonly<Record<string, string>>,
): Resellers {
  const names = prefixes.split(',').map((each) => each.trim().replace(/^''$/, ''));
  const underscored = names.map((name) => (name === '' ? '' : name.replace(/_?$/, '_')));
  return new Map(underscored.map((prefix) => [prefix, options[`${prefix}require_group`]]));
}

/** Which of the prefixes an account has; the empty one fits all, and counts last. */
export function prefixOf(account: ByteString, resellers: Resellers): string | undefined {
  const found = [...resellers.keys()].find((prefix) => prefix !== '' && account.startsWith(prefix));
  return found ?? (resellers.has('') ? '' : undefined);
}

/** The prefix of users' own accounts and of tokens. */
export function ownPrefix(resellers: Resellers): string {
  const [first = ''] = resellers.keys();
  return first;
}
