import type { ByteString } from '../http/bytes';
import { readJson } from '../formats/json';

/**
 * The header by which the owners of an account grant access (Swift's ACLs of version 2).
 */
export const ACCOUNT_ACL = 'x-account-access-control';

/**
 * Parses the header's JSON without validating its content. Undefined if it is not a JSON
 * object; {} if it is empty.
 */
export function parseAccountAcl(
  value: ByteString | undefined,
): Readonly<Record<string, unknown>> | undefined {
  if (value === undefined) return undefined;
  if (value === '') return {};
  try {
    const parsed: unknown = readJson(Buffer.from(value, 'latin1'));
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)
      ? (parsed as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Formats an ACL as Swift shows it: sorted keys, ASCII only; undefined if it is empty.
 */
export function formatAccountAcl(acl: Readonly<Record<string, unknown>>): string | undefined {
  const entries = Object.entries(acl).sort(([a], [b]) => (a < b ? -1 : 1));
  return entries.length === 0 ? undefined : toAsciiJson(Object.fromEntries(entries));
}

/**
 * Serializes JSON without spaces and with everything beyond ASCII escaped, like Python's
 * `json.dumps`.
 */
export function toAsciiJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[\u0080-\uffff]/g,
    (unit) => '\\u' + unit.charCodeAt(0).toString(16).padStart(4, '0'),
  );
}
