import { randomUUID } from 'node:crypto';
import { drain } from '../http/body';
import type { ByteString } from '../http/bytes';
import { NO_BODY } from '../swift_api/message';
import { isReferrerAllowed, parseAcl } from '../swift_api/acl';
import { Headers } from '../http/headers';
import { ask, type Caller } from './caller';
import { BucketError } from './errors';
import { headBucket } from './bucket';
import { headObject } from './objects';
import type { ObjectRef } from './versions';
import { errorOfResponse, expectSuccessAndDrain } from './store_answers';
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
    // an object always belongs to the owner of its bucket
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

/** Whom a grant is for. */
export type Grantee =
  | { readonly kind: 'user'; readonly id: ByteString }
  | { readonly kind: 'everybody' }
  /** A group that the API has, and the store has not. */
  | { readonly kind: 'group' }
  /** Nobody that is known. */
  | { readonly kind: 'unknown'; readonly name: ByteString };

/** One grant of an ACL. */
export interface Grant {
  readonly grantee: Grantee;
  readonly permission: string;
}

/** The most grants that an ACL may have, as in S3. */
const MAX_GRANTS = 100;

/**
 * Returns the name of the canned ACL that equals a list of grants.
 *
 * @param argument what the dialect calls the place of a grantee, for the error
 * @throws BucketError `not-implemented` if the store cannot express it;
 *   `invalid-argument` for a grantee that is not known
 */
export function cannedAclOf(
  { user: owner, isUser }: Pick<Caller, 'user' | 'isUser'>,
  grants: readonly Grant[],
  argument: string,
): 'private' | 'public-read' {
  if (grants.length > MAX_GRANTS)
    throw new BucketError('invalid-request', `An ACL has at most ${MAX_GRANTS} grants.`);
  for (const { grantee } of grants) {
    const name = grantee.kind === 'user' ? grantee.id : '';
    const isKnown = grantee.kind !== 'user' || name === owner || isUser?.(name) === true;
    if (grantee.kind === 'unknown' || !isKnown)
      throw new BucketError('invalid-argument', 'The grantee is not known.', {
        fields: {
          ArgumentName: argument,
          ArgumentValue: grantee.kind === 'unknown' ? grantee.name : name,
        },
      });
  }
  const isOwners = ({ grantee }: Grant) => grantee.kind === 'user' && grantee.id === owner;
  if (!grants.some((each) => isOwners(each) && each.permission === 'FULL_CONTROL'))
    throw new BucketError('not-implemented', 'The owner must keep FULL_CONTROL.');
  const others = grants.filter((each) => !isOwners(each));
  if (
    others.some(({ grantee, permission }) => grantee.kind !== 'everybody' || permission !== 'READ')
  )
    throw new BucketError(
      'not-implemented',
      'These grants cannot be expressed as an ACL of the store.',
    );
  return others.length === 0 ? 'private' : 'public-read';
}

/**
 * Checks that an object is accessible as a canned ACL says. Objects have no ACLs of their
 * own, and are accessible like their bucket.
 *
 * @param argument as for `cannedAcl`
 * @throws BucketError `not-implemented` if the bucket has another ACL, and the errors of
 *   `cannedAcl`
 */
export async function checkObjectAcl(
  caller: Caller,
  bucket: ByteString,
  name: ByteString,
  argument: string,
): Promise<void> {
  const isPublicAcl = cannedAcl(name, argument).get(X_CONTAINER_READ) !== '';
  if (isPublicAcl === (await mayEverybodyRead(caller, bucket))) return;
  throw new BucketError(
    'not-implemented',
    `Objects have the ACL of their bucket, which is not ${name}. Set that of the bucket, or send none with the object.`,
  );
}

/**
 * Whether everybody may read the objects of a bucket, found out by asking as everybody:
 * only owners see the ACL.
 *
 * @throws BucketError `no-such-bucket`, and others that the caller itself would get
 */
async function mayEverybodyRead(caller: Caller, bucket: ByteString): Promise<boolean> {
  const { account } = await caller.session();
  const everybody: Caller = {
    ...caller,
    isAnonymous: true,
    session: () => Promise.resolve({ account, token: undefined }),
  };
  const object = `hindsight-none-${randomUUID()}`;
  const response = await ask(everybody, { method: 'HEAD', container: bucket, object });
  await drain(response.body);
  if (response.status === 401 || response.status === 403) return false;
  if (response.status === 404 || response.status < 300) return true;
  throw await errorOfResponse(caller, { ...response, body: NO_BODY }, { bucket });
}

/** Returns what everybody may do in a bucket. */
export async function bucketAccess(caller: Caller, bucket: ByteString): Promise<Access> {
  const { headers } = await headBucket(caller, bucket);
  const access = accessOf(headers);
  // what only owners see may be missing for this reason
  return headers.has(X_CONTAINER_READ)
    ? access
    : { ...access, read: await mayEverybodyRead(caller, bucket) };
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
