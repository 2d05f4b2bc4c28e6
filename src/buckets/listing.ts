import type { ByteString } from '../http/bytes';
import type { Caller } from './caller';
import { entriesOf, modifiedOf, type Entry } from './entries';
import { etagOf, shownType } from './etag';

/** Pages have so many entries at most. */
export const MAX_LISTED = 1000;

/** A part of a bucket's objects, as it is asked for. */
export interface ListingQuery {
  readonly prefix: ByteString;
  /** What is behind it in a key, after the prefix, is folded into one. '': nothing is. */
  readonly delimiter: ByteString;
  /** Begins behind this key, or behind all that is folded into this prefix. */
  readonly startAfter: ByteString;
  /** Entries and what others are folded into, together: 0 to 1,000. */
  readonly limit: number;
}

/** What a listing tells of an object, or of a version. */
export interface Listed {
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
  /** In the order of their keys' bytes. */
  readonly objects: readonly Listed[];
  /** What others are folded into, likewise. */
  readonly prefixes: readonly ByteString[];
  /** The last of this page, where there is more behind it; undefined for the last page, and for an empty one. */
  readonly next: ByteString | undefined;
}

/** Lists what is current in a bucket. @throws BucketError `no-such-bucket`, `access-denied` */
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
    objects: entries.filter((each) => !each.isFolded).map(listed),
    prefixes: entries.filter((each) => each.isFolded).map(({ name }) => name),
    next: isTruncated ? entries.at(-1)?.name : undefined,
  };
}

/** An entry as clients see it. */
export function listed(entry: Entry): Listed {
  const { hash, content_type: contentType, slo_etag: sloEtag } = entry;
  return {
    key: entry.name,
    etag: etagOf({ hash, contentType, sloEtag }),
    type: shownType(contentType),
    size: entry.bytes,
    modified: modifiedOf(entry),
  };
}
