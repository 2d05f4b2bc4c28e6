import { ACCOUNT_ACL, toAsciiJson, parseAccountAcl } from '../../src/swift_api/account_acl';
import { toBytes, toText, type ByteString } from '../../src/http/bytes';
import { Headers } from '../../src/http/headers';
import { textResponse, type Response } from '../../src/swift_api/message';

/** What an account's ACL can grant, strongest first. */
const GRANTS = ['admin', 'read-write', 'read-only'] as const;
export type Grant = (typeof GRANTS)[number];

/** Returns the strongest grant of an account's ACL to members of these groups. */
export function grantOf(
  acl: ByteString | undefined,
  groups: readonly ByteString[],
): Grant | undefined {
  const parsed = parseAccountAcl(acl);
  return GRANTS.find((grant) =>
    membersOf(parsed?.[grant]).some((member) => groups.includes(member)),
  );
}

function membersOf(grantees: unknown): ByteString[] {
  return Array.isArray(grantees)
    ? grantees.flatMap((each) => (typeof each === 'string' ? [toBytes(each)] : []))
    : [];
}

const PLAIN = Headers.of({ 'Content-Type': 'text/plain; charset=UTF-8' });

/** Refuses an X-Account-Access-Control that is not a valid ACL, in Swift's words. */
export function checkAccountAcl(headers: Headers): Response | undefined {
  const value = headers.get(ACCOUNT_ACL);
  const error = value === undefined ? undefined : errorIn(value);
  if (value === undefined || error === undefined) return undefined;
  const reason = `X-Account-Access-Control invalid: ${error}\n\nInput: ${value}\n`;
  return textResponse(400, reason, PLAIN);
}

function errorIn(value: ByteString): string | undefined {
  const acl = parseAccountAcl(value);
  if (acl === undefined) return `Syntax error in input (${pythonRepr(toText(value))})`;
  const unknown = Object.keys(acl).find((key) => !GRANTS.some((grant) => grant === key));
  if (unknown !== undefined) return `Key ${toAsciiJson(unknown)} not recognized`;
  for (const grant of GRANTS) {
    const members = acl[grant];
    if (members === undefined) continue;
    if (!Array.isArray(members)) return `Value for key "${grant}" must be a list`;
    if (members.some((each) => typeof each !== 'string'))
      return `Elements of "${grant}" list must be strings`;
  }
  return undefined;
}

/** Returns a text as Python's `repr` writes it. */
function pythonRepr(text: string): string {
  const mark = text.includes("'") && !text.includes('"') ? '"' : "'";
  const escaped = text.replaceAll('\\', '\\\\').replaceAll('\t', '\\t');
  return mark + (mark === "'" ? escaped.replaceAll("'", "\\'") : escaped) + mark;
}
