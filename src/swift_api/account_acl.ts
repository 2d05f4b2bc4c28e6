import type { ByteString } from '../http/bytes';
import { readJson } from '../formats/json';

/** The header with which an account's owners let others in (Swift's ACLs of version 2). */
export const ACCOUNT_ACL = 'x-account-access-control';

/** Such a header's JSON as it stands: who reads it judges what is in it. Undefined for what is no JSON object; {} for ''. */
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

/** An ACL as Swift shows it: keys sorted, nothing but ASCII; undefined for one that is empty. */
export function formatAccountAcl(acl: Readonly<Record<string, unknown>>): string | undefined {
  const entries = Object.entries(acl).sort(([a], [b]) => (a < b ? -1 : 1));
  return entries.length === 0 ? undefined : asciiJson(Object.fromEntries(entries));
}

/** JSON without spaces and with everything beyond ASCII escaped, as Python's `json.dumps`. */
export function asciiJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[\u0080-\uffff]/g,
    (unit) => '\\u' + unit.charCodeAt(0).toString(16).padStart(4, '0'),
  );
}
