import { bucketAccess, cannedAcl, objectAccess, setAccess, type Access } from '../../buckets/acl';
import type { BucketError } from '../../buckets/errors';
import { headBucket } from '../../buckets/bucket';
import { headObject } from '../../buckets/objects';
import type { ByteString } from '../../http/bytes';
import type { Response } from '../../swift_api/message';
import type { Operation, Route, Call, WireFormat } from './call';
import { child, childrenOf, readXml, xml, xmlAnswer, type XmlElement } from '../xml';
import { bodyOf, bucketOf, keyOf, malformed, X_AMZ_ACL } from './arguments';
import { emptyResponse } from './buckets';
import { versionOf } from './conditions';
import { notImplemented, S3Refusal } from './refusal';
import { X_CONTAINER_READ } from '../../swift_api/header_names';

const parameters = ['acl'];
const MAX_DOCUMENT = 200 * 1024;
const XSI = 'http://www.w3.org/2001/XMLSchema-instance';

export const aclRoutes: readonly Route[] = [
  {
    name: 'GetBucketAcl',
    method: 'GET',
    on: 'bucket',
    parameters,
    run: (call) => getBucketAcl(call),
  },
  {
    name: 'PutBucketAcl',
    method: 'PUT',
    on: 'bucket',
    parameters,
    run: (call) => putBucketAcl(call),
  },
  {
    name: 'GetObjectAcl',
    method: 'GET',
    on: 'object',
    parameters,
    run: (call) => getObjectAcl(call),
  },
  {
    name: 'PutObjectAcl',
    method: 'PUT',
    on: 'object',
    parameters,
    run: (call) => putObjectAcl(call),
  },
];

const getBucketAcl: Operation = async (call) =>
  aclResponse(call, await bucketAccess(call.caller, bucketOf(call)));

const getObjectAcl: Operation = async (call) =>
  aclResponse(
    call,
    await objectAccess(call.caller, { ...keyOf(call), versionId: versionOf(call) }),
  );

function aclResponse(call: Call, { read, write }: Access): Response {
  const { everybody, owner: ownerOf } = call.wireFormat;
  const owner = ownerOf(call);
  return xmlAnswer(call, 200, 'AccessControlPolicy', [
    xml('Owner', owner),
    xml('AccessControlList', [
      grant('CanonicalUser', owner, 'FULL_CONTROL'),
      read ? grant('Group', [xml('URI', everybody)], 'READ') : undefined,
      write ? grant('Group', [xml('URI', everybody)], 'WRITE') : undefined,
    ]),
  ]);
}

function grant(type: string, grantee: readonly string[], permission: string): string {
  const attributes = ` xmlns:xsi="${XSI}" xsi:type="${type}"`;
  return xml('Grant', [xml('Grantee', grantee, attributes), xml('Permission', permission)]);
}

const putBucketAcl: Operation = async (call) => {
  const bucket = bucketOf(call);
  await headBucket(call.caller, bucket);
  await setAccess(call.caller, bucket, cannedAcl(await requestedAcl(call), X_AMZ_ACL));
  return emptyResponse(200);
};

/**
 * Objects have no ACLs of their own. Accepts those that grant access to the owner alone,
 * which change nothing.
 */
const putObjectAcl: Operation = async (call) => {
  await headObject(call.caller, { ...keyOf(call), versionId: versionOf(call) });
  const name = await requestedAcl(call);
  if (cannedAcl(name, X_AMZ_ACL).get(X_CONTAINER_READ) !== '')
    throw notImplemented('Objects have no ACLs of their own; set the ACL of the bucket instead.');
  return emptyResponse(200);
};

/** Returns the requested canned ACL, from the header or from an equivalent document. */
async function requestedAcl(call: Call): Promise<ByteString> {
  const { headers } = call.request;
  for (const [name] of headers.entries())
    if (name.startsWith('x-amz-grant-'))
      throw notImplemented(`Grants are not implemented: ${name}`);
  const canned = headers.get(X_AMZ_ACL);
  const body = await bodyOf(call, MAX_DOCUMENT);
  if (canned !== undefined && body.length > 0)
    throw new S3Refusal(400, 'UnexpectedContent', 'This request does not support content');
  if (canned !== undefined) return canned;
  if (body.length === 0)
    throw new S3Refusal(
      400,
      'MissingSecurityHeader',
      'Your request was missing a required header',
      { MissingHeaderName: X_AMZ_ACL },
    );
  return cannedAclOf(await readXml(body, MAX_DOCUMENT, 'AccessControlPolicy'), call.wireFormat);
}

/** Returns the canned ACL that equals a document. @throws S3Refusal if there is none */
function cannedAclOf(policy: XmlElement, format: WireFormat): ByteString {
  const list = child(policy, 'AccessControlList');
  if (!list) throw malformedAcl();
  const grants = childrenOf(list, 'Grant').map((each) => permissionIn(each, format));
  const otherGrants = grants.filter((each) => each !== 'owner');
  if (otherGrants.length === grants.length)
    throw notImplemented('The owner must keep FULL_CONTROL.');
  if (otherGrants.length === 0) return 'private';
  if (otherGrants.every((each) => each === 'READ')) return 'public-read';
  throw notImplemented('These grants cannot be expressed as an ACL of the store.');
}

function permissionIn(element: XmlElement, { everybody }: WireFormat): string {
  const [grantee, permission] = [
    child(element, 'Grantee'),
    child(element, 'Permission')?.text.trim(),
  ];
  const type = grantee?.attributes['type'];
  if (!grantee || type === undefined || permission === undefined) throw malformedAcl();
  if (type === 'CanonicalUser' && permission === 'FULL_CONTROL') return 'owner';
  const isForAll = type === 'Group' && child(grantee, 'URI')?.text.trim() === everybody;
  return isForAll ? permission : 'other';
}

function malformedAcl(): BucketError | S3Refusal {
  return new S3Refusal(400, 'MalformedACLError', malformed().message);
}
