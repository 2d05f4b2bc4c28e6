import { bucketAccess, cannedAcl, objectAccess, setAccess, type Access } from '../../buckets/acl';
import type { BucketError } from '../../buckets/errors';
import { headBucket } from '../../buckets/bucket';
import { headObject } from '../../buckets/objects';
import type { ByteString } from '../../http/bytes';
import type { Response } from '../../swift_api/message';
import type { Operation, Route, Call, WireFormat } from './call';
import { child, childrenOf, readXml, xml, xmlAnswer, type XmlElement } from '../xml';
import { bodyOf, bucketOf, keyOf, malformed } from './arguments';
import { empty } from './buckets';
import { versionOf } from './conditions';
import { notImplemented, S3Refusal } from './refusal';

const parameters = ['acl'];
const MAX_DOCUMENT = 200 * 1024;
const XSI = 'http://www.w3.org/2001/XMLSchema-instance';

export const aclRoutes: readonly Route[] = [
  { name: 'GetBucketAcl', method: 'GET', on: 'bucket', parameters, run: (call) => ofBucket(call) },
  { name: 'PutBucketAcl', method: 'PUT', on: 'bucket', parameters, run: (call) => put(call) },
  { name: 'GetObjectAcl', method: 'GET', on: 'object', parameters, run: (call) => ofObject(call) },
  {
    name: 'PutObjectAcl',
    method: 'PUT',
    on: 'object',
    parameters,
    run: (call) => putForObject(call),
  },
];

const ofBucket: Operation = async (call) =>
  shown(call, await bucketAccess(call.caller, bucketOf(call)));

const ofObject: Operation = async (call) =>
  shown(call, await objectAccess(call.caller, { ...keyOf(call), versionId: versionOf(call) }));

function shown(call: Call, { read, write }: Access): Response {
  const { everybody, owner: ownerOf } = call.spelling;
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

const put: Operation = async (call) => {
  const bucket = bucketOf(call);
  await headBucket(call.caller, bucket);
  await setAccess(call.caller, bucket, cannedAcl(await wantedAcl(call)));
  return empty(200);
};

/** An object has no ACL of its own: what gives it to its owner alone is taken, and changes nothing. */
const putForObject: Operation = async (call) => {
  await headObject(call.caller, { ...keyOf(call), versionId: versionOf(call) });
  const name = await wantedAcl(call);
  if (cannedAcl(name).get('x-container-read') !== '')
    throw notImplemented('Objects have no ACL of their own: their bucket has one.');
  return empty(200);
};

/** The canned ACL that a request wants, by its header or by a document that says the same. */
async function wantedAcl(call: Call): Promise<ByteString> {
  const { headers } = call.request;
  for (const [name] of headers.entries())
    if (name.startsWith('x-amz-grant-'))
      throw notImplemented(`Grants are not implemented: ${name}`);
  const canned = headers.get('x-amz-acl');
  const body = await bodyOf(call, MAX_DOCUMENT);
  if (canned !== undefined && body.length > 0)
    throw new S3Refusal(400, 'UnexpectedContent', 'This request does not support content');
  if (canned !== undefined) return canned;
  if (body.length === 0)
    throw new S3Refusal(
      400,
      'MissingSecurityHeader',
      'Your request was missing a required header',
      {
        MissingHeaderName: 'x-amz-acl',
      },
    );
  return cannedBy(await readXml(body, MAX_DOCUMENT, 'AccessControlPolicy'), call.spelling);
}

/** The canned ACL that a document equals. @throws S3Refusal for any other */
function cannedBy(policy: XmlElement, spelling: WireFormat): ByteString {
  const list = child(policy, 'AccessControlList');
  if (!list) throw malformedAcl();
  const grants = childrenOf(list, 'Grant').map((each) => granted(each, spelling));
  const beside = grants.filter((each) => each !== 'owner');
  if (beside.length === grants.length) throw notImplemented('The owner must keep FULL_CONTROL.');
  if (beside.length === 0) return 'private';
  if (beside.every((each) => each === 'READ')) return 'public-read';
  throw notImplemented('The store has no ACL that says the same as these grants.');
}

function granted(element: XmlElement, { everybody }: WireFormat): string {
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
