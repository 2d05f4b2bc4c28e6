import { drain } from '../../http/body';
import type { Headers } from '../../http/headers';
import {
  X_COPY_FROM,
  X_OBJECT_MANIFEST,
  X_SYMLINK_TARGET,
  X_TIMESTAMP,
} from '../../swift_api/header_names';
import { readResponse } from '../../swift_api/json_response';
import type { Response } from '../../swift_api/message';
import { isStaticLargeObject } from '../../swift_api/stored_manifest';

/** A whole object in one of its states, ready to be written elsewhere. */
export interface Snapshot {
  /** The headers of a PUT; `ETag` makes the store verify the body. */
  readonly headers: Headers;
  readonly body: Buffer;
}

/**
 * Headers of a response that are not the object's own. Swift's COPY also keeps all
 * others, of which an object server stores those that it is configured to allow.
 */
const NOT_KEPT = new Set([
  'accept-ranges',
  'age',
  'content-length',
  'content-location',
  'content-range',
  'date',
  'etag',
  'last-modified',
  'server',
  'set-cookie',
  'strict-transport-security',
  'vary',
  'via',
  'x-openstack-request-id',
  'x-trans-id',
  X_TIMESTAMP,
]);

/** Ends the body of a GET: the last `max` bytes, and all of it if it is not longer. */
export function rangeOfWhole(max: number): string {
  // Swift answers 416 to a range that begins at 0 if the object is empty
  return `bytes=-${max}`;
}

/**
 * Reads the response to a GET of an object itself with the range of `rangeOfWhole`. Reads
 * or destroys its body.
 *
 * @returns undefined if the object is longer, or not a plain one
 * @throws StoreError `unavailable` if the body breaks off
 */
export async function readSnapshot(
  { status, headers, body }: Response,
  max: number,
): Promise<Snapshot | undefined> {
  const etag = /^"?([0-9a-f]{32})"?$/.exec(headers.get('etag') ?? '')?.[1];
  const length = status === 206 ? lengthOfWhole(headers) : Number(headers.get('content-length'));
  if (etag === undefined || !isPlain(headers) || !(length <= max)) {
    await drain(body);
    return undefined;
  }
  const whole = await readResponse(body, max, 'the object to be archived');
  if (whole.length !== length) return undefined;
  return { headers: headers.filter((key) => !NOT_KEPT.has(key)).with('ETag', etag), body: whole };
}

/** Returns the length in a `Content-Range` of a whole object, NaN if it is of a part. */
function lengthOfWhole(headers: Headers): number {
  const [, last, length] = /^bytes 0-(\d+)\/(\d+)$/.exec(headers.get('content-range') ?? '') ?? [];
  return Number(last) + 1 === Number(length) ? Number(length) : NaN;
}

/** An object with one of these is not a plain one, or would not be stored as one. */
const POINTERS = [X_OBJECT_MANIFEST, X_SYMLINK_TARGET, X_COPY_FROM, 'destination'];

function isPlain(headers: Headers): boolean {
  return (
    !isStaticLargeObject(headers) &&
    headers.has('content-type') &&
    !POINTERS.some((name) => headers.has(name))
  );
}
