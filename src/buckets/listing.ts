import type { ByteString } from '../http/bytes';
import type { Caller } from './caller';
import { entriesOf, modifiedOf, type Entry } from './entries';
import { etagOf, presentedType } from './etag';

/** Maximum number of entries in a page. */
export const MAX_LISTED = 1000;

/** Selects a page of a bucket's objects. */
export interface ListingQuery {
  readonly prefix: ByteString;
  /** Folds keys that contain it after the prefix into common prefixes. '' for none. */
  readonly delimiter: ByteString;
  /** Starts after this key, or after all keys folded into this prefix. */
  readonly startAfter: ByteString;
  /** Maximum number of entries and common prefixes together: 0 to 1,000. */
  readonly limit: number;
}

/** An object or a version in a listing. */
export interface ListedObject {
  readonly key: ByteString;
  /** Without quotes. */
  readonly etag: string;
  /** Without the proxy's own parameters. */
  readonly type: ByteString;
  /** Bytes. */
  readonly size: number;
  /** Milliseconds, whole seconds. */
  readonly modified: number;
}

/** A page of a listing. */
export interface ListingPage {
  /** Sorted by the bytes of their keys. */
  readonly objects: readonly ListedObject[];
  /** Common prefixes, sorted likewise. */
  readonly prefixes: readonly ByteString[];
  /** The last name of this page if more follow; otherwise undefined. */
  readonly next: ByteString | undefined;
}

/**
 * Lists the current objects of a bucket.
 *
 * @throws BucketError `no-such-bucket`, `access-denied`
 */
export async function listObjects(
  caller: Caller,
  bucket: ByteString,
  query: ListingQuery,
): Promise<ListingPage> {
  const { prefix, delimiter, startAfter, limit } = query;
  const parameters = {
    prefix: prefix || undefined,
    delimiter: delimiter || undefined,
    marker: startAfter || undefined,
    limit: String(limit + 1),
  };
  const entries: Entry[] = [];
  let isTruncated = false;
  for await (const entry of entriesOf(caller, bucket, parameters)) {
    isTruncated = entries.length === limit;
    if (isTruncated) break;
    entries.push(entry);
  }
  return {
    objects: entries.filter((each) => !each.isFolded).map(toListedObject),
    prefixes: entries.filter((each) => each.isFolded).map(({ name }) => name),
    next: isTruncated ? entries.at(-1)?.name : undefined,
  };
}

/** Returns an entry as clients see it. */
export function toListedObject(entry: Entry): ListedObject {
  const { hash, content_type: contentType, slo_etag: sloEtag } = entry;
  return {
    key: entry.name,
    etag: etagOf({ hash, contentType, sloEtag }),
    type: presentedType(contentType),
    size: entry.bytes,
    modified: modifiedOf(entry),
  };
}
