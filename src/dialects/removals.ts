import type { Caller } from '../buckets/caller';
import { BucketError } from '../buckets/errors';
import { checkVersionId } from '../buckets/versions';
import { removeObject, type Removed } from '../buckets/writes';
import type { ByteString } from '../http/bytes';
import { forEachConcurrently } from '../util/concurrency';
import { StoreError } from '../util/store_error';

/** So many are deleted at a time. */
const AT_ONCE = 8;

/** An object, or a version, that is to be deleted with others. */
export interface ToRemove {
  readonly key: ByteString;
  readonly versionId: string | undefined;
  /** Which it must have; undefined: whichever it has. */
  readonly etag?: string | undefined;
  /** A condition that is not known here. */
  readonly unknown?: string | undefined;
}

/** What came of one of them. */
export type Outcome = Removed | BucketError;

/** Deletes many of a bucket, some at a time; those of one key one after the other, in the order in which they are given. */
export async function removeAll(
  caller: Caller,
  bucket: ByteString,
  named: readonly ToRemove[],
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  const byKey = new Map<ByteString, number[]>();
  named.forEach(({ key }, i) => byKey.set(key, [...(byKey.get(key) ?? []), i]));
  await forEachConcurrently(byKey.values(), AT_ONCE, async (indexes) => {
    for (const i of indexes) {
      const each = named[i];
      if (each) outcomes[i] = await removedOf(caller, bucket, each);
    }
  });
  return outcomes;
}

/** What fails for one object is told with it: others are deleted by then, or still will be. */
async function removedOf(
  caller: Caller,
  bucket: ByteString,
  { key, versionId, etag, unknown }: ToRemove,
): Promise<Outcome> {
  if (unknown !== undefined)
    return new BucketError('not-implemented', `The condition ${unknown} is not implemented.`);
  try {
    const version = versionId === undefined ? undefined : checkVersionId(versionId, 'VersionId');
    return await removeObject(caller, { bucket, key, versionId: version }, { ifMatch: etag });
  } catch (error) {
    if (error instanceof BucketError) return error;
    if (error instanceof StoreError)
      return new BucketError('unavailable', 'Please try again later.');
    throw error;
  }
}
