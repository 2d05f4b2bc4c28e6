import { z } from 'zod';
import {
  bucketAccess,
  cannedAcl,
  cannedAclOf,
  setAccess,
  type Grant,
} from '../../../src/buckets/acl';
import { headBucket } from '../../../src/buckets/bucket';
import { bucketOf } from '../../../src/dialects/arguments';
import type { Operation, Route } from '../../../src/dialects/call';
import { toBytes } from '../../../src/http/bytes';
import { jsonAnswer, readJson } from '../json';
import { emptyResponse, owner } from './names';

const MAX_DOCUMENT = 200 * 1024;
const EVERYBODY = 'QS_ALL_USERS';
const parameters = ['acl'];

export const aclRoutes: readonly Route[] = [
  { name: 'GET Bucket ACL', method: 'GET', on: 'bucket', parameters, run: (call) => show(call) },
  { name: 'PUT Bucket ACL', method: 'PUT', on: 'bucket', parameters, run: (call) => change(call) },
];

const show: Operation = async (call) => {
  const { read, write } = await bucketAccess(call.caller, bucketOf(call));
  const everybody = { type: 'group', name: EVERYBODY };
  const acl = [
    { grantee: { type: 'user', ...owner(call) }, permission: 'FULL_CONTROL' },
    ...(read ? [{ grantee: everybody, permission: 'READ' }] : []),
    ...(write ? [{ grantee: everybody, permission: 'WRITE' }] : []),
  ];
  return jsonAnswer(200, { owner: owner(call), acl });
};

const GrantFields = z.object({
  grantee: z.object({
    type: z.enum(['user', 'group']),
    id: z.string().optional(),
    name: z.string().optional(),
  }),
  permission: z.enum(['READ', 'WRITE', 'FULL_CONTROL']),
});
const AclDocument = z.object({ acl: z.array(GrantFields) });

const change: Operation = async (call) => {
  const bucket = bucketOf(call);
  const { acl } = await readJson(call, AclDocument, MAX_DOCUMENT);
  const { user } = call.caller;
  // the owner of a bucket keeps all rights, also if the list does not say so
  const ofOwner: Grant = { grantee: { kind: 'user', id: user }, permission: 'FULL_CONTROL' };
  const name = cannedAclOf(call.caller, [ofOwner, ...acl.map(grantOf)], 'acl');
  await headBucket(call.caller, bucket);
  await setAccess(call.caller, bucket, cannedAcl(name, 'acl'));
  return emptyResponse(200);
};

/** A user is named by id, a group by name. */
function grantOf({ grantee, permission }: z.infer<typeof GrantFields>): Grant {
  const { type, id = '', name = '' } = grantee;
  if (type === 'user') return { grantee: { kind: 'user', id: toBytes(id) }, permission };
  const isEverybody = name === EVERYBODY;
  return {
    grantee: isEverybody ? { kind: 'everybody' } : { kind: 'unknown', name: toBytes(name) },
    permission,
  };
}
