import type { ByteString } from '../http/bytes';
import type { Headers } from '../http/headers';
import { DELETE_MARKER_TYPE } from '../swift_api/markers';
import { checkMode } from './bucket';
import type { Caller } from './caller';
import { entriesOf, modifiedOf, type ListingMarkers, type Entry } from './entries';
import { BucketError } from './errors';
import { toListedObject, type ListedObject, type ListingQuery } from './listing';
import { isVersionId, NULL_VERSION } from './versions';

/** Selects a page of a bucket's versions. */
export interface VersionsQuery extends Omit<ListingQuery, 'startAfter'> {
  /** Starts after all versions of this key, or after all keys folded into this prefix. */
  readonly keyMarker: ByteString;
  /** Starts after this version of the key, or where it would be if it does not exist. */
  readonly versionMarker: string | undefined;
}

/** An entry of a listing of versions. */
export type ListedVersion =
  | (ListedObject & {
      readonly kind: 'version';
      readonly versionId: string;
      readonly isLatest: boolean;
    })
  | (Pick<ListedObject, 'key' | 'modified'> & {
      readonly kind: 'marker';
      readonly versionId: string;
      readonly isLatest: boolean;
    })
  | { readonly kind: 'prefix'; readonly prefix: ByteString };

/** A page of a listing of versions. */
export interface VersionPage {
  /** Sorted by key bytes, newest version first, with common prefixes in place. */
  readonly entries: readonly ListedVersion[];
  /** The last entry of this page if more follow. A common prefix has no id. */
  readonly next: NextVersions | undefined;
}

/** The entry after which the next page starts. */
interface NextVersions {
  readonly key: ByteString;
  readonly versionId: string | undefined;
  /** Whether more versions of the key follow. */
  readonly isAmidKey: boolean;
}

/**
 * Lists the versions and delete markers of a bucket. If it never had versions, each
 * object is listed as one with the id `null`.
 *
 * @throws BucketError `no-such-bucket`, `access-denied`; `invalid-argument` for an
 *   invalid id; `in-header-mode` if the versions are in a container of their own, which
 *   this API cannot list
 */
export async function listVersions(
  caller: Caller,
  bucket: ByteString,
  query: VersionsQuery,
): Promise<VersionPage> {
  const { prefix, delimiter, limit } = query;
  const storeDelimiter = isStoreDelimiter(delimiter) ? delimiter : '';
  const parameters = {
    versions: '',
    prefix: prefix || undefined,
    delimiter: storeDelimiter || undefined,
    limit: String(limit + 1),
    ...startMarkers(query),
  };
  const entries: Entry[] = [];
  let following: Entry | undefined;
  const check = (headers: Headers) => checkMode(bucket, headers);
  const storeEntries = entriesOf(caller, bucket, parameters, markersAfter(query), check);
  for await (const entry of foldEntries(storeEntries, query)) {
    if (entries.length === limit) {
      following = entry;
      break;
    }
    entries.push(entry);
  }
  const last = entries.at(-1);
  return {
    entries: entries.map(versionOf),
    next: last && following && nextPosition(last, following),
  };
}

function nextPosition({ name, isFolded, version_id }: Entry, following: Entry): NextVersions {
  if (isFolded) return { key: name, versionId: undefined, isAmidKey: false };
  return {
    key: name,
    versionId: version_id,
    isAmidKey: !following.isFolded && following.name === name,
  };
}

/**
 * Swift rejects delimiters with characters of version ids, or of the separator between
 * keys and ids.
 */
const NOT_IN_STORE_DELIMITERS = '0123456789.\0\x01\x02'.split('');

function isStoreDelimiter(delimiter: ByteString): boolean {
  return !NOT_IN_STORE_DELIMITERS.some((char) => delimiter.includes(char));
}

function startMarkers({
  keyMarker,
  versionMarker,
  prefix,
  delimiter,
}: VersionsQuery): ListingMarkers {
  if (versionMarker !== undefined && versionMarker !== NULL_VERSION && !isVersionId(versionMarker))
    throw new BucketError('invalid-argument', 'Invalid version id specified', {
      fields: { ArgumentName: 'version-id-marker', ArgumentValue: versionMarker },
    });
  const fold = prefixIn(keyMarker, prefix, delimiter);
  if (fold !== undefined && fold === keyMarker) return { marker: markerAfterFold(fold, delimiter) };
  if (keyMarker === '') return { marker: undefined };
  return { marker: keyMarker, version_marker: fold === undefined ? versionMarker : undefined };
}

/** Returns the markers after an entry: a version of a key, or a common prefix. */
function markersAfter({ prefix, delimiter }: VersionsQuery): (last: Entry) => ListingMarkers {
  return ({ name, isFolded, version_id }) => {
    const fold = isFolded ? name : prefixIn(name, prefix, delimiter);
    return fold === undefined
      ? { marker: name, version_marker: version_id }
      : { marker: markerAfterFold(fold, delimiter), version_marker: undefined };
  };
}

/**
 * If the store folds by this delimiter, the prefix itself is the marker. Otherwise the
 * marker must sort after all keys that begin with the prefix.
 */
function markerAfterFold(fold: ByteString, delimiter: ByteString): ByteString {
  return isStoreDelimiter(delimiter) ? fold : fold + AFTER_ALL;
}

/** Sorts after anything that can follow in a key. */
const AFTER_ALL = Buffer.from('\u{10ffff}', 'utf8').toString('latin1').repeat(16);

/** Returns the common prefix into which a key is folded. */
function prefixIn(
  key: ByteString,
  prefix: ByteString,
  delimiter: ByteString,
): ByteString | undefined {
  if (delimiter === '' || !key.startsWith(prefix)) return undefined;
  const at = key.indexOf(delimiter, prefix.length);
  return at < 0 ? undefined : key.slice(0, at + delimiter.length);
}

/** Folds entries that the store did not fold. */
async function* foldEntries(
  entries: AsyncIterable<Entry>,
  { prefix, delimiter }: VersionsQuery,
): AsyncGenerator<Entry> {
  let before: ByteString | undefined;
  for await (const entry of entries) {
    const fold = entry.isFolded ? undefined : prefixIn(entry.name, prefix, delimiter);
    if (fold === undefined) yield entry;
    else if (fold !== before) yield { ...entry, name: fold, isFolded: true };
    before = fold;
  }
}

function versionOf(entry: Entry): ListedVersion {
  if (entry.isFolded) return { kind: 'prefix', prefix: entry.name };
  const { version_id: versionId, is_latest: isLatest } = entry;
  if (entry.content_type !== DELETE_MARKER_TYPE)
    return { kind: 'version', ...toListedObject(entry), versionId, isLatest };
  return { kind: 'marker', key: entry.name, modified: modifiedOf(entry), versionId, isLatest };
}
