import type { ByteString } from '../../src/http/bytes';

/**
 * The prefixes of the accounts that are managed here, that of users' own accounts first,
 * each with the group that an admin of such an account also needs: Swift's
 * `reseller_prefix = AUTH, SERVICE` and `SERVICE_require_group`.
 */
export type Resellers = ReadonlyMap<string, string | undefined>;

/** Matches the options that name such groups. */
export const GROUP_OPTION = /^(\w+_)?require_group$/;

/** Reads the reseller options. */
export function readResellers(
  prefixes: string,
  options: Readonly<Record<string, string>>,
): Resellers {
  const names = prefixes.split(',').map((each) => each.trim().replace(/^''$/, ''));
  const underscored = names.map((name) => (name === '' ? '' : name.replace(/_?$/, '_')));
  return new Map(underscored.map((prefix) => [prefix, options[`${prefix}require_group`]]));
}

/**
 * Returns the prefix of an account; the empty prefix matches every account, but only as a
 * last resort.
 */
export function prefixOf(account: ByteString, resellers: Resellers): string | undefined {
  const match = [...resellers.keys()].find((prefix) => prefix !== '' && account.startsWith(prefix));
  return match ?? (resellers.has('') ? '' : undefined);
}

/** Returns the prefix of users' own accounts and of tokens. */
export function primaryPrefix(resellers: Resellers): string {
  const [first = ''] = resellers.keys();
  return first;
}
