import type { ModelBucket } from './model';

/** A version or a delete marker in ListObjectVersions. */
export interface ListedEntry {
  readonly key: string;
  readonly id: string;
  readonly latest: boolean;
  readonly marker: boolean;
  /** Bytes; undefined for a delete marker, as is the ETag. */
  readonly size?: number | undefined;
  readonly etag?: string | undefined;
}

export interface VersionsPage {
  readonly entries: readonly ListedEntry[];
  readonly prefixes: readonly string[];
  /**
   * The markers of the next page; undefined on the last page. There is no id if this page
   * ends with a common prefix.
   */
  readonly next?: { readonly key: string; readonly id?: string | undefined } | undefined;
}

export interface VersionsQuery {
  readonly prefix?: string | undefined;
  readonly delimiter?: string | undefined;
  readonly keyMarker?: string | undefined;
  readonly versionIdMarker?: string | undefined;
  /** 1000 if unset. */
  readonly maxKeys?: number | undefined;
}

/**
 * A page of ListObjectVersions: keys in the order of their UTF-8, versions of a key
 * newest first. Markers are exclusive, and those of the next page are the last entry of
 * this one. A common prefix counts once. A marker inside a common prefix other than the
 * prefix itself never comes from a listing, and is not modelled.
 */
export function versionsPage(bucket: ModelBucket, query: VersionsQuery = {}): VersionsPage {
  const { prefix = '', delimiter = '', maxKeys = 1000 } = query;
  const entries: ListedEntry[] = [];
  const prefixes: string[] = [];
  let last: { key: string; id?: string | undefined } | undefined;
  if (maxKeys === 0) return { entries, prefixes };
  for (const entry of allEntries(bucket).filter(({ key }) => key.startsWith(prefix))) {
    const common = commonPrefix(entry.key, prefix, delimiter);
    if (common === undefined ? isBefore(bucket, entry, query) : isAtMost(common, query.keyMarker))
      continue;
    if (common !== undefined && prefixes.includes(common)) continue;
    if (entries.length + prefixes.length === maxKeys) return { entries, prefixes, next: last };
    if (common === undefined) entries.push(entry);
    else prefixes.push(common);
    last = common === undefined ? { key: entry.key, id: entry.id } : { key: common };
  }
  return { entries, prefixes };
}

/**
 * The keys in ListObjects, those whose latest version is no delete marker, and the common
 * prefixes.
 */
export function objectsIn(
  bucket: ModelBucket,
  prefix = '',
  delimiter = '',
): { keys: string[]; prefixes: string[] } {
  const keys: string[] = [];
  const prefixes = new Set<string>();
  for (const { key, latest, marker } of allEntries(bucket)) {
    if (!latest || marker || !key.startsWith(prefix)) continue;
    const common = commonPrefix(key, prefix, delimiter);
    if (common === undefined) keys.push(key);
    else prefixes.add(common);
  }
  return { keys, prefixes: [...prefixes] };
}

/** All entries, in the order of listings. */
export function allEntries(bucket: ModelBucket): ListedEntry[] {
  return [...bucket.objects.keys()].sort(byBytes).flatMap((key) =>
    (bucket.objects.get(key) ?? []).map(({ id, content }, i) => ({
      key,
      id,
      latest: i === 0,
      marker: content === undefined,
      ...(content ? { size: Buffer.byteLength(content.body), etag: content.etag } : {}),
    })),
  );
}

function commonPrefix(key: string, prefix: string, delimiter: string): string | undefined {
  if (delimiter === '') return undefined;
  const end = key.indexOf(delimiter, prefix.length);
  return end < 0 ? undefined : key.slice(0, end + delimiter.length);
}

/** Whether an entry is at or before the markers. */
function isBefore(bucket: ModelBucket, entry: ListedEntry, query: VersionsQuery): boolean {
  const { keyMarker, versionIdMarker } = query;
  if (keyMarker === undefined || entry.key !== keyMarker) return isAtMost(entry.key, keyMarker);
  if (versionIdMarker === undefined) return true;
  const ids = (bucket.objects.get(keyMarker) ?? []).map(({ id }) => id);
  return !ids.includes(versionIdMarker) || ids.indexOf(entry.id) <= ids.indexOf(versionIdMarker);
}

const isAtMost = (name: string, marker: string | undefined) =>
  marker !== undefined && byBytes(name, marker) <= 0;

const byBytes = (one: string, other: string) =>
  Buffer.compare(Buffer.from(one), Buffer.from(other));
