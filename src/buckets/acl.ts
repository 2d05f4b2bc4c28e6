import type { ByteString } from '../http/bytes';
import { isReferrerAllowed, parseAcl } from '../swift_api/acl';
import { Headers } from '../http/headers';
import { ask, type Caller } from './caller';
import { BucketError } from './errors';
import { headBucket } from './bucket';
import { headObject } from './objects';
import type { ObjectRef } from './versions';
import { done } from './store_answers';

/** What everybody may do, besides what the owner may: everything. */
export interface Access {
  readonly read: boolean;
  readonly write: boolean;
}

const PRIVATE = { 'X-Container-Read': '', 'X-Container-Write': '' };

/** The ACLs with names that containers can have, as their headers. An empty value takes an ACL away. */
const CANNED: ReadonlyMap<string, Readonly<Record<string, string>>> = new Map(
  Object.entries({
    private: PRIVATE,
    'public-read': { 'X-Container-Read': '.r:*,.rlistings', 'X-Container-Write': '' },
    // of a bucket these say nothing: what is in it is its owner's
    'bucket-owner-full-control': PRIVATE,
    'bucket-owner-read': PRIVATE,
  }),
);

/** Names that mean what no container ACL says: Swift knows neither writing without a token nor "whoever has one". */
const BEYOND = [
  'public-read-write',
  'authenticated-read',
  'aws-exec-read',
  'log-delivery-write',
  'default',
];

/**
 * The headers of a container that a canned ACL means.
 *
 * @throws BucketError `not-implemented` for one that has no equal, `invalid-argument` for what is none
 */
export function cannedAcl(name: ByteString): Headers {
  const headers = CANNED.get(name);
  if (headers) return Headers.of(headers);
  if (BEYOND.includes(name))
    throw new BucketError('not-implemented', `The ACL ${name} has no equal in the store's.`);
  throw new BucketError('invalid-argument', 'The ACL is none that there is.', {
    fields: { ArgumentName: 'x-amz-acl', ArgumentValue: name },
  });
}

/** Who may what in a bucket. */
export async function bucketAccess(caller: Caller, bucket: ByteString): Promise<Access> {
  return accessOf((await headBucket(caller, bucket)).headers);
}

/** Who may what with an object: what its bucket says, where the caller is told of it. */
export async function objectAccess(caller: Caller, object: ObjectRef): Promise<Access> {
  await headObject(caller, object);
  return bucketAccess(caller, object.bucket);
}

/**
 * Gives a bucket an ACL.
 *
 * @param headers as `cannedAcl` makes them
 */
export async function setAccess(
  caller: Caller,
  bucket: ByteString,
  headers: Headers,
): Promise<void> {
  await done(caller, await ask(caller, { method: 'POST', container: bucket, headers }), { bucket });
}

function accessOf(headers: Headers): Access {
  const isOpen = (name: string) =>
    isReferrerAllowed(undefined, parseAcl(headers.get(name)).referrers);
  return { read: isOpen('x-container-read'), write: isOpen('x-container-write') };
}
