import type { ByteString } from '../http/bytes';
import { isReferrerAllowed, parseAcl } from '../swift_api/acl';
import { Headers } from '../http/headers';
import { ask, type Caller } from './caller';
import { BucketError } from './errors';
import { headBucket } from './bucket';
import { headObject } from './objects';
import type { ObjectRef } from './versions';
import { expectSuccessAndDrain } from './store_answers';
import { X_CONTAINER_READ, X_CONTAINER_WRITE } from '../swift_api/header_names';

/** What everybody may do. The owner may do everything. */
export interface Access {
  readonly read: boolean;
  readonly write: boolean;
}

const PRIVATE = { 'X-Container-Read': '', 'X-Container-Write': '' };

/** Canned ACLs that containers can have, as headers. An empty value removes an ACL. */
const CANNED: ReadonlyMap<string, Readonly<Record<string, string>>> = new Map(
  Object.entries({
    private: PRIVATE,
    'public-read': { 'X-Container-Read': '.r:*,.rlistings', 'X-Container-Write': '' },
    // no effect on a bucket: its objects always belong to its owner
    'bucket-owner-full-control': PRIVATE,
    'bucket-owner-read': PRIVATE,
  }),
);

/**
 * Canned ACLs that no container ACL expresses: Swift has neither writing without a token
 * nor "any authenticated user".
 */
const UNSUPPORTED = [
  'public-read-write',
  'authenticated-read',
  'aws-exec-read',
  'log-delivery-write',
  'default',
];

/**
 * Returns the container headers for a canned ACL.
 *
 * @param argument what the dialect calls the place of the name, for the error
 * @throws BucketError `not-implemented` if the store cannot express it,
 *   `invalid-argument` if there is no such canned ACL
 */
export function cannedAcl(name: ByteString, argument: string): Headers {
  const headers = CANNED.get(name);
  if (headers) return Headers.of(headers);
  if (UNSUPPORTED.includes(name))
    throw new BucketError('not-implemented', `The store cannot express the canned ACL ${name}.`);
  throw new BucketError('invalid-argument', 'There is no such canned ACL.', {
    fields: { ArgumentName: argument, ArgumentValue: name },
  });
}

/** Returns what everybody may do in a bucket. */
export async function bucketAccess(caller: Caller, bucket: ByteString): Promise<Access> {
  return accessOf((await headBucket(caller, bucket)).headers);
}

/**
 * Returns what everybody may do with an object: the access of its bucket, if the caller
 * may see it.
 */
export async function objectAccess(caller: Caller, object: ObjectRef): Promise<Access> {
  await headObject(caller, object);
  return bucketAccess(caller, object.bucket);
}

/**
 * Sets the ACL of a bucket.
 *
 * @param headers from `cannedAcl`
 */
export async function setAccess(
  caller: Caller,
  bucket: ByteString,
  headers: Headers,
): Promise<void> {
  await expectSuccessAndDrain(
    caller,
    await ask(caller, { method: 'POST', container: bucket, headers }),
    { bucket },
  );
}

function accessOf(headers: Headers): Access {
  const isOpen = (name: string) =>
    isReferrerAllowed(undefined, parseAcl(headers.get(name)).referrers);
  return { read: isOpen(X_CONTAINER_READ), write: isOpen(X_CONTAINER_WRITE) };
}
