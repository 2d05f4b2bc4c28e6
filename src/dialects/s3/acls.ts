import {
  bucketAccess,
  cannedAcl,
  checkObjectAcl,
  objectAccess,
  setAccess,
  type Access,
} from '../../buckets/acl';
import { headBucket } from '../../buckets/bucket';
import { headObject } from '../../buckets/objects';
import type { Response } from '../../swift_api/message';
import type { Operation, Route, Call } from './call';
import { xml, xmlAnswer } from '../xml';
import { bucketOf, keyOf, X_AMZ_ACL } from './arguments';
import { emptyResponse } from './buckets';
import { versionOf } from './conditions';
import { requestedAcl } from './requested_acl';
import { ACL, BODY, BY_VERSION } from './vocabulary';

const parameters = ['acl'];
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
    vocabulary: { headers: [...ACL, ...BODY] },
    run: (call) => putBucketAcl(call),
  },
  {
    name: 'GetObjectAcl',
    method: 'GET',
    on: 'object',
    parameters,
    vocabulary: BY_VERSION,
    run: (call) => getObjectAcl(call),
  },
  {
    name: 'PutObjectAcl',
    method: 'PUT',
    on: 'object',
    parameters,
    vocabulary: { ...BY_VERSION, headers: [...ACL, ...BODY] },
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
  const {
    everybody: [everybody = ''],
    owner: ownerOf,
  } = call.wireFormat;
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

/** Objects have the ACL of their bucket. Accepts that one, which changes nothing. */
const putObjectAcl: Operation = async (call) => {
  await headObject(call.caller, { ...keyOf(call), versionId: versionOf(call) });
  const name = await requestedAcl(call);
  if (name !== call.wireFormat.inheritedAcl)
    await checkObjectAcl(call.caller, bucketOf(call), name, X_AMZ_ACL);
  return emptyResponse(200);
};
