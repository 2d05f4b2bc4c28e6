import type { ByteString } from '../http/bytes';
import {
  BeyondAuthority,
  Right,
  ServiceAuthority,
  type Authority,
  type Power,
} from '../swift_api/authority/grants';
import {
  isContainer,
  isObject,
  type ContainerTarget,
  type ObjectTarget,
} from '../swift_api/target';
import type { Scope } from '../swift_api/authority/scope';
import { bucketOfParts, partsContainerOf, TAGS_PREFIX } from '../swift_api/reserved';
import { archivePrefix } from './archive/names';
import {
  NULL_INDEX_PREFIX,
  nullIndexName,
  versionPrefix,
  versionsContainerOf,
} from './object_versioning/version_names';

const ALL = ['HEAD', 'GET', 'PUT', 'POST', 'DELETE'];

/**
 * Returns the authority that follows from a client's right: over the object or container
 * itself, and over what the proxy stores beside it in the same account.
 *
 * @param power in whose name the proxy's own requests are made
 * @param archive the container of the object's versions, if its container names one
 */
export function authorityFor(power: Power, right: Right, archive?: ByteString): Authority {
  if (power === 'client') return 'client';
  return ServiceAuthority.over(
    `on a right to ${right.kind}`,
    scopesOf(requireRight(right), archive),
  );
}

/**
 * Returns the authority over the parts of uploads that follows from a right to an object.
 * A right to write it covers its own parts, and writing tags; a right to read it covers
 * reading manifests of parts, and tags.
 *
 * @param key the name of the object; if undefined, the right is one to any object of the
 *   bucket, whose uploads are listed
 */
export function partsAuthority(power: Power, right: Right, key: ByteString | undefined): Authority {
  if (power === 'client') return 'client';
  return ServiceAuthority.over(
    `over parts, on a right to ${right.kind}`,
    partsScopes(requireRight(right), key),
  );
}

/**
 * Returns the authority to read on behalf of a temporary URL: an object itself and its
 * versions, or names in a container.
 *
 * @param prefix of the names to list
 */
export function signedAuthority(power: Power, right: Right, prefix: ByteString = ''): Authority {
  if (power === 'client') return 'client';
  return ServiceAuthority.over(
    `by a signature, on a right to ${right.kind}`,
    signedScopes(requireRight(right), prefix),
  );
}

/** @throws BeyondAuthority if `right` only has the shape of a right */
function requireRight(right: Right): Right {
  if (Right.is(right)) return right;
  throw new BeyondAuthority('no right was established');
}

function signedScopes({ kind, target }: Right, prefix: ByteString): readonly Scope[] {
  const { account, container, object } = target;
  if (container === undefined) return [];
  if (object === undefined)
    return kind === 'list' ? [{ account, container, methods: ['GET'], listed: [prefix] }] : [];
  if (kind !== 'read') return [];
  const versions = versionsContainerOf(container);
  const methods = ['HEAD', 'GET'];
  return [
    { account, container, object: { name: object }, methods },
    { account, container: versions, object: { prefix: versionPrefix(object) }, methods },
  ];
}

function partsScopes({ kind, target }: Right, key: ByteString | undefined): readonly Scope[] {
  if (!isObject(target)) return [];
  const { account, container } = target;
  const parts = partsContainerOf(container);
  if (kind === 'read')
    return [{ account, container: parts, object: { prefix: '' }, methods: ['GET'] }];
  if (kind !== 'write') return [];
  if (key === undefined) return [{ account, container: parts, methods: ['HEAD', 'PUT', 'GET'] }];
  const prefix = `${key}/`;
  return [
    ...writerScopes(target),
    { account, container: parts, methods: ['HEAD', 'PUT', 'GET'], listed: [prefix] },
    { account, container: parts, object: { prefix }, methods: ALL, takesManifests: true },
    // the dialect's name of tags is the hash of their content, whichever object has them
    { account, container: parts, object: { prefix: TAGS_PREFIX }, methods: ['PUT'] },
  ];
}

function scopesOf({ kind, target }: Right, archive: ByteString | undefined): readonly Scope[] {
  if (isObject(target)) {
    if (kind === 'read') return readerScopes(target);
    return kind === 'write' ? [...writerScopes(target), ...archiveScopes(target, archive)] : [];
  }
  if (!isContainer(target)) return [];
  if (kind === 'list') return listerScopes(target);
  return kind === 'change' ? ownerScopes(target) : [];
}

function readerScopes({ account, container, object }: ObjectTarget): Scope[] {
  const versions = versionsContainerOf(container);
  const prefix = versionPrefix(object);
  return [
    { account, container, object: { name: object }, methods: ['HEAD'] },
    { account, container: versions, methods: ['GET'], listed: [prefix] },
    { account, container: versions, object: { prefix }, methods: ['HEAD', 'GET'] },
    { account, container: versions, object: { name: nullIndexName(object) }, methods: ['HEAD'] },
  ];
}

function writerScopes({ account, container, object }: ObjectTarget): Scope[] {
  const versions = versionsContainerOf(container);
  const prefix = versionPrefix(object);
  return [
    { account, container, object: { name: object }, methods: ALL, takesManifests: true },
    { account, container, methods: ['GET'], listed: [object] },
    ...aclScopes(account, container),
    { account, container: versions, methods: ['HEAD', 'GET', 'PUT', 'POST'], listed: [prefix] },
    { account, container: versions, object: { prefix }, methods: ALL, takesManifests: true },
    { account, container: versions, object: { name: nullIndexName(object) }, methods: ALL },
  ];
}

function archiveScopes(
  { account, object }: ObjectTarget,
  archive: ByteString | undefined,
): Scope[] {
  if (archive === undefined) return [];
  const prefix = archivePrefix(object);
  return [
    { account, container: archive, methods: ['GET'], listed: [prefix] },
    { account, container: archive, object: { prefix }, methods: ALL },
  ];
}

function listerScopes({ account, container }: ContainerTarget): Scope[] {
  const versions = versionsContainerOf(container);
  return [
    { account, container, object: { prefix: '' }, methods: ['HEAD'] },
    { account, container: versions, methods: ['HEAD', 'GET'] },
    { account, container: versions, object: { prefix: '' }, methods: ['HEAD'] },
  ];
}

function ownerScopes(target: ContainerTarget): Scope[] {
  const { account, container } = target;
  const versions = versionsContainerOf(container);
  return [
    ...listerScopes(target),
    ...aclScopes(account, bucketOfParts(container) ?? container),
    { account, container: versions, methods: ['PUT', 'POST', 'DELETE'] },
    { account, container: versions, object: { prefix: NULL_INDEX_PREFIX }, methods: ['DELETE'] },
  ];
}

/** The ACLs of a parts container are derived from the bucket's. */
function aclScopes(account: ByteString, bucket: ByteString): Scope[] {
  return [
    { account, container: bucket, methods: ['HEAD'] },
    { account, container: partsContainerOf(bucket), methods: ['HEAD', 'POST'] },
  ];
}
