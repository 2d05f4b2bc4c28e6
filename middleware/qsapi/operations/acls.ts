import { z } from 'zod';
import { bucketAccess, cannedAcl, setAccess } from '../../../src/buckets/acl';
import { headBucket } from '../../../src/buckets/bucket';
import { BucketError } from '../../../src/buckets/errors';
import { bucketOf } from '../../../src/dialects/arguments';
import type { Operation, Route } from '../../../src/dialects/call';
import { toBytes, type ByteString } from '../../../src/http/bytes';
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

const Grant = z.object({
  grantee: z.object({
    type: z.enum(['user', 'group']),
    id: z.string().optional(),
    name: z.string().optional(),
  }),
  permission: z.enum(['READ', 'WRITE', 'FULL_CONTROL']),
});
const AclDocument = z.object({ acl: z.array(Grant) });

const change: Operation = async (call) => {
  const bucket = bucketOf(call);
  const { acl } = await readJson(call, AclDocument, MAX_DOCUMENT);
  const isPublic = acl.map((grant) => grantsPublicRead(grant, call.caller.user)).includes(true);
  await headBucket(call.caller, bucket);
  await setAccess(call.caller, bucket, cannedAcl(isPublic ? 'public-read' : 'private', 'acl'));
  return emptyResponse(200);
};

/**
 * Whether a grant lets everybody read; otherwise it is the owner's, who needs none.
 *
 * @throws BucketError `not-implemented` for any other
 */
function grantsPublicRead(
  { grantee, permission }: z.infer<typeof Grant>,
  user: ByteString,
): boolean {
  const { type, id, name } = grantee;
  if (type === 'user' && permission === 'FULL_CONTROL' && toBytes(id ?? '') === user) return false;
  if (type === 'group' && permission === 'READ' && name === EVERYBODY) return true;
  throw new BucketError('not-implemented', 'The store has no ACL equivalent to these grants.');
}
