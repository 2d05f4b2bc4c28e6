import type { Caller } from '../buckets/caller';
import { BucketError } from '../buckets/errors';
import type { RemoveCondition } from '../buckets/preconditions';
import { checkVersionId } from '../buckets/versions';
import { removeObject, type RemoveResult } from '../buckets/writes';
import type { ByteString } from '../http/bytes';
import { forEachConcurrently } from '../util/concurrency';
import { StoreError } from '../util/store_error';

/** Number of keys deleted concurrently. */
const AT_ONCE = 8;

/** An object or a version in a multi-object delete. */
export interface ToRemove {
  readonly key: ByteString;
  readonly versionId: string | undefined;
  readonly condition?: RemoveCondition;
}

/** The result for one of them. */
export type Outcome = RemoveResult | BucketError;

/**
 * Deletes many objects of a bucket, several at a time; those of the same key one after
 * the other, in the given order.
 */
export async function removeAll(
  caller: Caller,
  bucket: ByteString,
  targets: readonly ToRemove[],
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  const byKey = new Map<ByteString, number[]>();
  targets.forEach(({ key }, i) => byKey.set(key, [...(byKey.get(key) ?? []), i]));
  await forEachConcurrently(byKey.values(), AT_ONCE, async (indexes) => {
    for (const i of indexes) {
      const target = targets[i];
      if (target) outcomes[i] = await removeOne(caller, bucket, target);
    }
  });
  return outcomes;
}

/** An error is reported for its object only: others are deleted all the same. */
async function removeOne(
  caller: Caller,
  bucket: ByteString,
  { key, versionId, condition }: ToRemove,
): Promise<Outcome> {
  try {
    const version = versionId === undefined ? undefined : checkVersionId(versionId, 'VersionId');
    return await removeObject(caller, { bucket, key, versionId: version }, condition);
  } catch (error) {
    if (error instanceof BucketError) return error;
    if (error instanceof StoreError)
      return new BucketError('unavailable', 'Please try again later.');
    throw error;
  }
}
