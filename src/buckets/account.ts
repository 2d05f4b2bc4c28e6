import type { ByteString } from '../http/bytes';
import { isBucketName } from './bucket';
import type { Caller } from './caller';
import { entriesOf, modifiedOf } from './entries';

/** A bucket as the list of a caller's buckets has it. */
export interface ListedBucket {
  readonly name: ByteString;
  /** Milliseconds: when it was last changed, since stores do not tell when it was made. */
  readonly created: number;
}

/** Which of the caller's buckets are asked for. */
export interface BucketsQuery {
  readonly prefix?: ByteString | undefined;
  /** Begins behind this name. */
  readonly startAfter?: ByteString | undefined;
  readonly limit: number;
}

/** A part of the caller's buckets, in the order of their names. */
export interface BucketPage {
  readonly buckets: readonly ListedBucket[];
  /** Behind which name there are more. */
  readonly next: ByteString | undefined;
}

const MAX_AT_ONCE = 1000;

/** The caller's buckets; containers that hold segments, versions, or have names that no bucket has, are none. */
export async function listBuckets(caller: Caller, query: BucketsQuery): Promise<BucketPage> {
  const { prefix, startAfter, limit } = query;
  const buckets: ListedBucket[] = [];
  const parameters = { prefix, marker: startAfter, limit: String(MAX_AT_ONCE) };
  for await (const entry of entriesOf(caller, undefined, parameters)) {
    if (!isBucketName(entry.name)) continue;
    if (buckets.length === limit) return { buckets, next: buckets.at(-1)?.name };
    buckets.push({ name: entry.name, created: modifiedOf(entry) });
  }
  return { buckets, next: undefined };
}
