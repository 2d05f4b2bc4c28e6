import type { ByteString } from '../http/bytes';
import { isBucketName } from './bucket';
import type { Caller } from './caller';
import { entriesOf, modifiedOf } from './entries';

/** A bucket in the list of the caller's buckets. */
export interface ListedBucket {
  readonly name: ByteString;
  /**
   * Milliseconds: the time of the last change, since stores do not report when a
   * container was created.
   */
  readonly created: number;
}

/** Selects a page of the caller's buckets. */
export interface BucketsQuery {
  readonly prefix?: ByteString | undefined;
  /** Starts after this name. */
  readonly startAfter?: ByteString | undefined;
  readonly limit: number;
}

/** A page of the caller's buckets, sorted by name. */
export interface BucketPage {
  readonly buckets: readonly ListedBucket[];
  /** The name to continue after; undefined on the last page. */
  readonly next: ByteString | undefined;
}

const STORE_PAGE_SIZE = 1000;

/**
 * Lists the caller's buckets. Containers with segments, with versions or with names that
 * no bucket can have are left out.
 */
export async function listBuckets(caller: Caller, query: BucketsQuery): Promise<BucketPage> {
  const { prefix, startAfter, limit } = query;
  const buckets: ListedBucket[] = [];
  const parameters = { prefix, marker: startAfter, limit: String(STORE_PAGE_SIZE) };
  for await (const entry of entriesOf(caller, undefined, parameters)) {
    if (!isBucketName(entry.name)) continue;
    if (buckets.length === limit) return { buckets, next: buckets.at(-1)?.name };
    buckets.push({ name: entry.name, created: modifiedOf(entry) });
  }
  return { buckets, next: undefined };
}
