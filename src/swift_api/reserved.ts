import type { ByteString } from '../http/bytes';

/**
 * What the names of the headers begin with in which the proxy keeps its notes on a container. In the store they are
 * metadata of the container like any other; the gatekeeper hides them from clients and refuses them from clients.
 */
export const RESERVED_PREFIX = 'x-container-meta-hindsight-';

/** The same for notes on objects and on archive entries. */
export const RESERVED_OBJECT_PREFIX = 'x-object-meta-hindsight-';

/** Tells the text of a manifest whose segments are gone from other objects; this note is for clients to see. */
export const BROKEN_MANIFEST = 'X-Object-Meta-Hindsight-Manifest';

/** Whether a header, by its comparable name, is one of these notes that clients neither send nor see. */
export function isReserved(name: string): boolean {
  if (name === BROKEN_MANIFEST.toLowerCase()) return false;
  return name.startsWith(RESERVED_PREFIX) || name.startsWith(RESERVED_OBJECT_PREFIX);
}

/** Content types with parameters of this name tell the proxy what an object is; they too are for it alone to write. */
const RESERVED_PARAMETER = /;\s*hindsight_[^;]*/gi;

/** Whether a content type has a parameter that clients neither send nor see. */
export function hasReservedParameter(contentType: string): boolean {
  return contentType.search(RESERVED_PARAMETER) >= 0;
}

/** Those by which versions are told apart, which not even the proxy's own dialects are shown. */
const VERSION_PARAMETER = /;\s*hindsight_(null|newest)=[^;]*/gi;

/** A content type without what is noted in it of versions. */
export function withoutVersionParameters(contentType: string): string {
  return contentType.replace(VERSION_PARAMETER, '');
}

/** What a content type has of such parameters. */
export function reservedParameters(contentType: string): string {
  return (contentType.match(RESERVED_PARAMETER) ?? []).join('');
}

/** Why such a content type is refused. */
export const RESERVED_TYPE =
  'Parameters of content types whose names begin with hindsight_ are reserved\n';

/** A content type without such parameters. */
export function withoutReservedParameters(contentType: string): string {
  return contentType.replace(RESERVED_PARAMETER, '');
}

/** How the names of the containers end that hold the parts of uploads, as in Swift's s3api. */
const PARTS_SUFFIX = '+segments';

/** The container beside a bucket that holds the parts of what is uploaded there in parts. */
export function partsContainerOf(bucket: ByteString): ByteString {
  return bucket + PARTS_SUFFIX;
}

/** The bucket whose parts a container holds, by its name; undefined for a container that holds none. */
export function bucketOfParts(container: ByteString): ByteString | undefined {
  const bucket = container.endsWith(PARTS_SUFFIX) ? container.slice(0, -PARTS_SUFFIX.length) : '';
  return bucket === '' ? undefined : bucket;
}
