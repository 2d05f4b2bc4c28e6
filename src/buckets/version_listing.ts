import type { ByteString } from '../http/bytes';
import type { Headers } from '../http/headers';
import { DELETE_MARKER_TYPE } from '../swift_api/markers';
import { checkMode } from './bucket';
import type { Caller } from './caller';
import { entriesOf, modifiedOf, type Behind, type Entry } from './entries';
import { BucketError } from './errors';
import { listed, type Listed, type ListingQuery } from './listing';
import { isVersionId, NULL_VERSION } from './versions';

/** A part of a bucket's versions, as it is asked for. */
export interface VersionsQuery extends Omit<ListingQuery, 'startAfter'> {
  /** Begins behind all versions of this key, or behind all that is folded into this prefix. */
  readonly keyMarker: ByteString;
  /** Begins behind this version of the key; where that has none of the id, where it would be. */
  readonly versionMarker: string | undefined;
}

/** What a listing of versions has. */
export type ListedVersion =
  | (Listed & { readonly kind: 'version'; readonly versionId: string; readonly isLatest: boolean })
  | (Pick<Listed, 'key' | 'modified'> & {
      readonly kind: 'marker';
      readonly versionId: string;
      readonly isLatest: boolean;
    })
  | { readonly kind: 'prefix'; readonly prefix: ByteString };

/** A page of a listing of versions. */
export interface VersionPage {
  /** By the bytes of their keys, of each the newest first; what others are folded into in its place. */
  readonly entries: readonly ListedVersion[];
  /** The last of this page, where there is more behind it. Behind what others are folded into there is no id. */
  readonly next: NextVersions | undefined;
}

/** Where the next page of a listing begins: behind this. */
export interface NextVersions {
  readonly key: ByteString;
  readonly versionId: string | undefined;
  /** Whether more versions of the key follow. */
  readonly isAmidKey: boolean;
}

/**
 * Lists the versions and delete markers of a bucket. In one that never had versions each object is one, with the id `null`.
 *
 * @throws BucketError `no-such-bucket`, `access-denied`; `invalid-argument` for an id that is none; `in-header-mode` where versions are kept that no
 *   listing of this API has: they lie in a container of their own
 */
export async function listVersions(
  caller: Caller,
  bucket: ByteString,
  query: VersionsQuery,
): Promise<VersionPage> {
  const { prefix, delimiter, limit } = query;
  const folded = isStoreDelimiter(delimiter) ? delimiter : '';
  const parameters = {
    versions: '',
    prefix: prefix || undefined,
    delimiter: folded || undefined,
    limit: String(limit + 1),
    ...startOf(query),
  };
  const entries: Entry[] = [];
  let following: Entry | undefined;
  const check = (headers: Headers) => checkMode(bucket, headers);
  const all = entriesOf(caller, bucket, parameters, behindIn(query), check);
  for await (const entry of foldedBy(all, query)) {
    if (entries.length === limit) {
      following = entry;
      break;
    }
    entries.push(entry);
  }
  const last = entries.at(-1);
  return {
    entries: entries.map(versionOf),
    next: last && following && nextOf(last, following),
  };
}

function nextOf({ name, isFolded, version_id }: Entry, following: Entry): NextVersions {
  if (isFolded) return { key: name, versionId: undefined, isAmidKey: false };
  return {
    key: name,
    versionId: version_id,
    isAmidKey: !following.isFolded && following.name === name,
  };
}

/** What the ids of versions consist of, and what divides them from keys, Swift takes in no delimiter. */
const NOT_IN_DELIMITERS = '0123456789.\0\x01\x02'.split('');

function isStoreDelimiter(delimiter: ByteString): boolean {
  return !NOT_IN_DELIMITERS.some((char) => delimiter.includes(char));
}

function startOf({ keyMarker, versionMarker, prefix, delimiter }: VersionsQuery): Behind {
  if (versionMarker !== undefined && versionMarker !== NULL_VERSION && !isVersionId(versionMarker))
    throw new BucketError('invalid-argument', 'Invalid version id specified', {
      fields: { ArgumentName: 'version-id-marker', ArgumentValue: versionMarker },
    });
  const fold = prefixIn(keyMarker, prefix, delimiter);
  if (fold !== undefined && fold === keyMarker) return { marker: behindFold(fold, delimiter) };
  if (keyMarker === '') return { marker: undefined };
  return { marker: keyMarker, version_marker: fold === undefined ? versionMarker : undefined };
}

/** Behind an entry: within the versions of a key, or behind all that is folded. */
function behindIn({ prefix, delimiter }: VersionsQuery): (last: Entry) => Behind {
  return ({ name, isFolded, version_id }) => {
    const fold = isFolded ? name : prefixIn(name, prefix, delimiter);
    return fold === undefined
      ? { marker: name, version_marker: version_id }
      : { marker: behindFold(fold, delimiter), version_marker: undefined };
  };
}

/** The store leaves out what it folds into just the marker; what it cannot fold, all of it is to be left out. */
function behindFold(fold: ByteString, delimiter: ByteString): ByteString {
  return isStoreDelimiter(delimiter) ? fold : fold + BEHIND_ALL;
}

/** Sorts behind all that can follow in a key. */
const BEHIND_ALL = Buffer.from('\u{10ffff}', 'utf8').toString('latin1').repeat(16);

/** What a key is folded into. */
function prefixIn(
  key: ByteString,
  prefix: ByteString,
  delimiter: ByteString,
): ByteString | undefined {
  if (delimiter === '' || !key.startsWith(prefix)) return undefined;
  const at = key.indexOf(delimiter, prefix.length);
  return at < 0 ? undefined : key.slice(0, at + delimiter.length);
}

/** Folds what the store did not. */
async function* foldedBy(
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
    return { kind: 'version', ...listed(entry), versionId, isLatest };
  return { kind: 'marker', key: entry.name, modified: modifiedOf(entry), versionId, isLatest };
}
