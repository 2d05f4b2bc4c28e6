import { toBytes, type ByteString } from '../http/bytes';

/** Where the path of a segment leads within the account of its manifest: Swift's `slo` leaves out the slashes before it. */
export function segmentPlace(path: string): {
  readonly container: ByteString;
  readonly object: ByteString;
} {
  const [container = '', ...rest] = toBytes(path).replace(/^\/+/, '').split('/');
  return { container, object: rest.join('/') };
}

/**
 * The paths of the segments that a manifest names: in `path` as clients put it, in `name` as the store keeps it. What else
 * is wrong with it is for the store to judge. By hand, since the client is not authenticated yet: a schema takes long to explain
 * millions of wrong elements.
 */
export function* segmentPaths(manifest: unknown): Generator<string> {
  if (!Array.isArray(manifest)) return;
  for (const segment of manifest as readonly unknown[]) {
    if (typeof segment !== 'object' || segment === null) continue;
    if ('path' in segment && typeof segment.path === 'string') yield segment.path;
    if ('name' in segment && typeof segment.name === 'string') yield segment.name;
  }
}
