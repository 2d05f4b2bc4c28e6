import { toBytes, type ByteString } from '../../src/http/bytes';

/** A user of the configuration. */
export interface User {
  /** `account:user`, as bytes. */
  readonly name: ByteString;
  readonly key: string;
  /** The user's own account, with the reseller prefix. */
  readonly account: ByteString;
  /**
   * The groups of the user in ACLs; include `.reseller_admin` and, for an admin, the
   * account.
   */
  readonly groups: readonly string[];
}

/**
 * Matches options that define users: `user_ACCOUNT_NAME`, and `user64_ACCOUNT_NAME` with
 * both in base64 if they contain an underscore.
 */
export const USER_OPTION = /^user(64)?_[^_]+_.+$/;

/**
 * Reads the users that options define, `KEY [group] [group]... [storage URL]` each, as in
 * Swift's `tempauth`.
 *
 * @param options without mistakes
 * @param prefixes of their accounts; the first is that of the account they are given at
 *   login
 */
export function readUsers(
  options: Readonly<Record<string, string>>,
  prefixes: readonly string[],
): Map<ByteString, User> {
  const users = new Map<ByteString, User>();
  for (const [option, value] of Object.entries(options)) {
    const [kind = '', account = '', ...rest] = option.split('_');
    const decode = (text: string) =>
      kind === 'user64' ? Buffer.from(text, 'base64').toString('latin1') : toBytes(text);
    const [key = '', ...others] = value.split(/\s+/);
    const name = `${decode(account)}:${decode(rest.join('_'))}`;
    const accounts = prefixes.map((prefix) => prefix + decode(account));
    const groups = [decode(account), name, ...others.filter((each) => each !== '.admin')];
    if (others.includes('.admin')) groups.push(...accounts);
    users.set(name, { name, key, account: accounts[0] ?? decode(account), groups });
  }
  return users;
}

/** Returns the key in the value of such an option. */
export function keyOfUserOption(value: string): string {
  return value.split(/\s+/)[0] ?? '';
}

/** Lists the mistakes in such options. */
export function findUserMistakes(
  options: Readonly<Record<string, string>>,
): readonly { readonly option: string; readonly cause: string }[] {
  return Object.entries(options).flatMap(([option, value]) => {
    const others = value.split(/\s+/).slice(1);
    const hasUrl = others.some((each) => each.includes('://') || each.startsWith('$HOST'));
    return hasUrl ? [{ option, cause: 'storage URLs are not supported' }] : [];
  });
}
