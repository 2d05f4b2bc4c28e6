import type { Caller } from '../caller';
import { BucketError } from '../errors';
import { headObject } from '../objects';
import type { ObjectRef } from '../versions';
import { isMadeOfParts, objectParts } from './object_parts';

/** The position of one of the parts that an object was made from. */
export interface PartRange {
  /** The version with this part, so that no other is read. */
  readonly versionId: string | undefined;
  /** The value of a Range header; undefined if the part is empty. */
  readonly range: string | undefined;
  /** The number of parts; undefined for an object without parts. */
  readonly count: number | undefined;
}

/**
 * Returns the position of a part of an object.
 *
 * @param number from 1; an object without parts counts as its own first
 * @throws BucketError `invalid-part-number` if there is no such part, and the errors of
 *   reading
 */
export async function partRange(
  caller: Caller,
  ref: ObjectRef,
  number: number,
): Promise<PartRange> {
  // HEAD first, so as not to start reading the content of an object without parts
  const info = await headObject(caller, ref);
  const version = { ...ref, versionId: info.versionId ?? ref.versionId };
  const parts = isMadeOfParts(info.headers) ? await objectParts(caller, version) : undefined;
  const sizes = parts?.map(({ bytes }) => bytes) ?? [info.size];
  const size = sizes[number - 1];
  if (size === undefined) throw noSuchPartError(number, sizes.length);
  const first = sizes.slice(0, number - 1).reduce((sum, each) => sum + each, 0);
  // all of an object without parts, even if it is replaced by a longer one meanwhile
  const last = parts === undefined ? '' : first + size - 1;
  const range = size === 0 ? undefined : `bytes=${first}-${last}`;
  return { versionId: version.versionId, range, count: parts?.length };
}

function noSuchPartError(number: number, count: number): BucketError {
  return new BucketError('invalid-part-number', 'The requested partnumber is not satisfiable', {
    fields: { PartNumberRequested: String(number), ActualPartCount: String(count) },
  });
}
