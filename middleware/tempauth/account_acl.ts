import { ACCOUNT_ACL, asciiJson, parseAccountAcl } from '../../src/swift_api/account_acl';
import { toBytes, toText, type ByteString } from '../../src/http/bytes';
import { Headers } from '../../src/http/headers';
import { textResponse, type Response } from '../../src/swift_api/message';

/** What an account's ACL can grant, the most first. */
const GRANTS = ['admin', 'read-write', 'read-only'] as const;
export type Grant = (typeof GRANTS)[number];

/** The most that an account's ACL grants to members of these groups. */
export function grantOf(
  acl: ByteString | undefined,
  groups: readonly ByteString[],
): Grant | undefined {
  const parsed = parseAccountAcl(acl);
  return GRANTS.find((grant) =>
    membersOf(parsed?.[grant]).some((member) => groups.includes(member)),
  );
}

function membersOf(granted: unknown): ByteString[] {
  return Array.isArray(granted)
    ? granted.flatMap((each) => (typeof each === 'string' ? [toBytes(each)] : []))
    : [];
}

const PLAIN = Headers.of({ 'Content-Type': 'text/plain; charset=UTF-8' });

/** Refuses an X-Account-Access-Control that is no ACL, in Swift's words. */
export function checkAccountAcl(headers: Headers): Response | undefined {
  const given = headers.get(ACCOUNT_ACL);
  const error = given === undefined ? undefined : errorIn(given);
  if (given === undefined || error === undefined) return undefined;
  const reason = `X-Account-Access-Control invalid: ${error}\n\nInput: ${given}\n`;
  return textResponse(400, reason, PLAIN);
}

function errorIn(value: ByteString): string | undefined {
  const acl = parseAccountAcl(value);
  if (acl === undefined) return `Syntax error in input (${quoted(toText(value))})`;
  const unknown = Object.keys(acl).find((key) => !GRANTS.some((grant) => grant === key));
  if (unknown !== undefined) return `Key ${asciiJson(unknown)} not recognized`;
  for (const grant of GRANTS) {
    const members = acl[grant];
    if (members === undefined) continue;
    if (!Array.isArray(members)) return `Value for key "${grant}" must be a list`;
    if (members.some((each) => typeof each !== 'string'))
      return `Elements of "${grant}" list must be strings`;
  }
  return undefined;
}

/** A text as Python's `repr` writes it. */
function quoted(text: string): string {
  const mark = text.includes("'") && !text.includes('"') ? '"' : "'";
  const escaped = text.replaceAll('\\', '\\\\').replaceAll('\t', '\\t');
  return mark + (mark === "'" ? escaped.replaceAll("'", "\\'") : escaped) + mark;
}
