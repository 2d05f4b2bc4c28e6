import { z } from 'zod';
import { isTrueValue } from '../http/bytes';
import type { Headers } from '../http/headers';
import type { Range } from '../http/ranges';
import { X_STATIC_LARGE_OBJECT } from './header_names';
import { parseSegmentPath } from './segments';
import type { ObjectTarget } from './target';

const StoredSegment = z.union([
  z.object({ data: z.string() }),
  z.object({
    name: z.string(),
    bytes: z.number(),
    hash: z.string(),
    content_type: z.string(),
    last_modified: z.string(),
    range: z.string().optional(),
    sub_slo: z.boolean().optional(),
  }),
]);

/** A segment of a stored manifest in Swift's form: names are text, ranges two numbers. */
export type StoredSegment = z.infer<typeof StoredSegment>;
export type ObjectSegment = Exclude<StoredSegment, { data: string }>;

/** Max bytes of a manifest that is read: more than any store accepts. */
export const MAX_MANIFEST_BYTES = 32 * 1024 * 1024;

/** Whether headers are those of a static large object. */
export function isStaticLargeObject(headers: Headers): boolean {
  return isTrueValue(headers.get(X_STATIC_LARGE_OBJECT));
}

/** The manifest of a static large object, as it is stored. */
export const StoredManifest = z.array(StoredSegment);

/** Returns the first and last byte of the object that a segment uses. */
export function segmentRange({ range, bytes }: ObjectSegment): Range {
  const [first, last] = (range ?? '').split('-').map(Number);
  return range === undefined ? [0, bytes - 1] : [first ?? 0, last ?? 0];
}

/** Returns the object that a path in a manifest names, in the manifest's account. */
export function segmentTarget({ version, account }: ObjectTarget, path: string): ObjectTarget {
  return { version, account, ...parseSegmentPath(path) };
}
