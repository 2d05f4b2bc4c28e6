import { toBytes, type ByteString } from '../http/bytes';

/**
 * Splits the path of a segment in its manifest's account; like Swift's `slo`, ignores
 * leading slashes.
 */
export function parseSegmentPath(path: string): {
  readonly container: ByteString;
  readonly object: ByteString;
} {
  const [container = '', ...rest] = toBytes(path).replace(/^\/+/, '').split('/');
  return { container, object: rest.join('/') };
}

/**
 * Yields the paths of a manifest's segments: in `path` as clients write it, in `name` as
 * the store keeps it. The store rejects whatever else is wrong with it. Written by hand,
 * since the client is not authenticated yet, and a schema takes long to report millions
 * of wrong elements.
 */
export function* segmentPaths(manifest: unknown): Generator<string> {
  if (!Array.isArray(manifest)) return;
  for (const segment of manifest as readonly unknown[]) {
    if (typeof segment !== 'object' || segment === null) continue;
    if ('path' in segment && typeof segment.path === 'string') yield segment.path;
    if ('name' in segment && typeof segment.name === 'string') yield segment.name;
  }
}
