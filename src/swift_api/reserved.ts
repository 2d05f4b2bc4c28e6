import type { ByteString } from '../http/bytes';

/**
 * Prefix of the headers in which the proxy keeps its notes on a container. In the store
 * they are ordinary container metadata; the gatekeeper hides them from clients and
 * rejects them in requests.
 */
export const RESERVED_PREFIX = 'x-container-meta-hindsight-';

/** The same for notes on objects and archive entries. */
export const RESERVED_OBJECT_PREFIX = 'x-object-meta-hindsight-';

/**
 * Marks an object as the text of a manifest whose segments are gone; visible to clients.
 */
export const BROKEN_MANIFEST = 'X-Object-Meta-Hindsight-Manifest';
const BROKEN_MANIFEST_KEY = BROKEN_MANIFEST.toLowerCase();

/**
 * Whether a header, by its normalized name, is a note that clients neither send nor see.
 */
export function isReserved(name: string): boolean {
  if (name.startsWith(RESERVED_OBJECT_PREFIX)) return name !== BROKEN_MANIFEST_KEY;
  return name.startsWith(RESERVED_PREFIX);
}

/**
 * Content type parameters that record what an object is; only the proxy may write them,
 * too.
 */
const RESERVED_PARAMETER = /;\s*hindsight_[^;]*/gi;

/** Whether a content type has a parameter that clients neither send nor see. */
export function hasReservedParameter(contentType: string): boolean {
  return contentType.search(RESERVED_PARAMETER) >= 0;
}

/**
 * The parameters that distinguish versions; not even the proxy's own dialects see them.
 */
const VERSION_PARAMETER = /;\s*hindsight_(null|newest)=[^;]*/gi;

/** Removes the parameters about versions from a content type. */
export function withoutVersionParameters(contentType: string): string {
  return contentType.replace(VERSION_PARAMETER, '');
}

/** The reserved parameters of a content type. */
export function reservedParameters(contentType: string): string {
  return (contentType.match(RESERVED_PARAMETER) ?? []).join('');
}

/** The error text for such a content type. */
export const RESERVED_TYPE =
  'Content-Type parameters whose names begin with hindsight_ are reserved\n';

/** Removes the reserved parameters from a content type. */
export function withoutReservedParameters(contentType: string): string {
  return contentType.replace(RESERVED_PARAMETER, '');
}

/** Suffix of the containers that hold the parts of uploads, as in Swift's s3api. */
const PARTS_SUFFIX = '+segments';

/** The container that holds the parts of a bucket's multipart uploads. */
export function partsContainerOf(bucket: ByteString): ByteString {
  return bucket + PARTS_SUFFIX;
}

/** The bucket whose parts a container holds, by its name; undefined if it holds none. */
export function bucketOfParts(container: ByteString): ByteString | undefined {
  const bucket = container.endsWith(PARTS_SUFFIX) ? container.slice(0, -PARTS_SUFFIX.length) : '';
  return bucket === '' ? undefined : bucket;
}

/**
 * Prefix of the names of objects beside a bucket that hold tags too long for metadata. No
 * part of an upload has such a name: those end in `/ID/N/ATTEMPT`.
 */
export const TAGS_PREFIX = 'tags/sha256-';
