import { cannedAclOf, checkObjectAcl, type Grant, type Grantee } from '../../buckets/acl';
import { BucketError } from '../../buckets/errors';
import type { ByteString } from '../../http/bytes';
import type { Call } from './call';
import { child, childrenOf, readXml, type XmlElement } from '../xml';
import { bodyOf, bucketOf, invalidArgument, malformed, X_AMZ_ACL } from './arguments';
import { S3Refusal } from './refusal';
import { GRANTS } from './vocabulary';

const MAX_DOCUMENT = 200 * 1024;

/**
 * Checks that an object that is to be written will be accessible as the request says.
 *
 * @throws BucketError, S3Refusal `not-implemented` if its bucket has another ACL
 */
export async function checkNewObjectAcl(call: Call): Promise<void> {
  const name = aclInHeaders(call);
  if (name !== undefined && name !== call.wireFormat.inheritedAcl)
    await checkObjectAcl(call.caller, bucketOf(call), name, X_AMZ_ACL);
}

/** Returns the requested canned ACL, from the headers or from an equivalent document. */
export async function requestedAcl(call: Call): Promise<ByteString> {
  const inHeaders = aclInHeaders(call);
  const body = await bodyOf(call, MAX_DOCUMENT);
  if (inHeaders !== undefined && body.length > 0)
    throw new S3Refusal(400, 'UnexpectedContent', 'This request does not support content');
  if (inHeaders !== undefined) return inHeaders;
  if (body.length === 0)
    throw new S3Refusal(
      400,
      'MissingSecurityHeader',
      'Your request was missing a required header',
      { MissingHeaderName: X_AMZ_ACL },
    );
  return aclInDocument(call, await readXml(body, MAX_DOCUMENT, 'AccessControlPolicy'));
}

/** Returns the canned ACL that the headers name, or that equals their grants. */
export function aclInHeaders(call: Call): ByteString | undefined {
  const { headers } = call.request;
  const canned = headers.get(X_AMZ_ACL);
  const grants = Object.entries(GRANTS).flatMap(([name, permission]) =>
    grantsInHeader(call, name, permission),
  );
  if (grants.length === 0) return canned;
  if (canned !== undefined)
    throw new BucketError(
      'invalid-request',
      'Specifying both Canned ACLs and Header Grants is not allowed',
    );
  return cannedAclOf(call.caller, grants, 'x-amz-grant');
}

/** `id="ID", uri="URI", emailAddress="ADDRESS"`; AWS takes values without quotes, too. */
const GRANTEE = /^(id|uri|emailAddress)=(?:"([^"]*)"|([^",]*))$/i;

function grantsInHeader(call: Call, name: string, permission: string): Grant[] {
  const value = call.request.headers.get(name);
  if (value === undefined) return [];
  return value.split(',').map((text) => {
    const [, kind, quoted, plain = ''] = GRANTEE.exec(text.trim()) ?? [];
    if (kind === undefined) throw invalidArgument(name, value, 'Argument format not recognized');
    return { grantee: granteeOf(call, kind.toLowerCase(), quoted ?? plain), permission };
  });
}

/** @param kind `id`, or `uri`; there is no user with any other */
function granteeOf({ wireFormat }: Call, kind: string, name: ByteString): Grantee {
  const { everybody, groups } = wireFormat;
  if (everybody.includes(name)) return { kind: 'everybody' };
  if (kind === 'uri' && groups.includes(name)) return { kind: 'group' };
  return kind === 'id' ? { kind: 'user', id: name } : { kind: 'unknown', name };
}

/** Returns the canned ACL that equals a document. */
function aclInDocument(call: Call, policy: XmlElement): ByteString {
  const list = child(policy, 'AccessControlList');
  if (!list) throw malformedAcl();
  const owner = child(child(policy, 'Owner') ?? policy, 'ID')?.text.trim() ?? '';
  if (owner !== '' && owner !== call.caller.user)
    throw new BucketError('access-denied', 'Access Denied: the owner cannot be changed.');
  const grants = childrenOf(list, 'Grant').map((each) => grantIn(call, each));
  return cannedAclOf(call.caller, grants, 'Grantee');
}

const PERMISSIONS: readonly string[] = Object.values(GRANTS);

function grantIn(call: Call, element: XmlElement): Grant {
  const grantee = child(element, 'Grantee');
  const permission = child(element, 'Permission')?.text.trim() ?? '';
  if (!grantee || !PERMISSIONS.includes(permission)) throw malformedAcl();
  const text = (name: string) => child(grantee, name)?.text.trim();
  const [id, uri] = [text('ID'), text('URI')];
  if (grantee.attributes['type'] === undefined || (id !== undefined && uri !== undefined))
    throw malformedAcl();
  if (uri !== undefined) return { grantee: granteeOf(call, 'uri', uri), permission };
  if (id !== undefined) return { grantee: granteeOf(call, 'id', id), permission };
  const email = text('EmailAddress');
  if (email === undefined) throw malformedAcl();
  return { grantee: granteeOf(call, 'email', email), permission };
}

function malformedAcl(): BucketError | S3Refusal {
  return new S3Refusal(400, 'MalformedACLError', malformed().message);
}
