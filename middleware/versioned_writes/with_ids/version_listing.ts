import { toText, type ByteString } from '../../../src/http/bytes';
import type { ShownEntry } from '../../../src/http/listing';

/** What a container's own listing has under a name. */
export interface Current {
  readonly name: ByteString;
  readonly entry: ShownEntry;
  /** The version that it is a link to; not there for an object that is no version, and so has the id `null`. */
  readonly link?: string;
  /** Where it is one: the newest version that was ever current. */
  readonly newest?: string;
  /** It is a link to a null version. */
  readonly isNull?: boolean;
}

/** A version, as the listing of the versions container has it. */
export interface Version {
  readonly name: ByteString;
  readonly id: string;
  readonly entry: ShownEntry;
  readonly isMarker: boolean;
  /** It was kept as a null version; one of these at most is the object's. */
  readonly isNull?: boolean;
}

/** What a delimiter folds into one. */
export interface Subdir {
  readonly subdir: ByteString;
}

/** A listing of versions as it is asked for. */
export interface VersionsQuery {
  readonly reverse: boolean;
  /** Where it begins amid the versions of a name; not there where it begins with a name. */
  readonly start?: Start;
  /** The newest version of a name, asked for only where the listing itself does not tell. */
  readonly newest: (name: ByteString) => Promise<string | undefined>;
  /**
   * There where null versions are to be shown as such: the one that is kept among the versions of a name, asked for only where the listing itself
   * does not tell.
   */
  readonly kept?: ((name: ByteString) => Promise<string | undefined>) | undefined;
}

/** Behind a version of a name, in the direction of the listing. */
export interface Start {
  readonly name: ByteString;
  /** That version; undefined: the object that is no version, which comes before all versions. */
  readonly id: string | undefined;
  /** What is current under the name. */
  readonly current: Current | undefined;
}

/**
 * Merges what is current with the versions into one listing, in the order of the names, of each the object that is no version first and then its
 * versions, newest first; or all of it in reverse. What is current and has no entry among the versions, since the listing of a store may lag
 * behind, is listed all the same.
 *
 * @param currents the container's listing, from the names after the start on
 * @param versions the versions container's, from the versions after the start on; both as the direction has it
 */
export async function* mergeVersions(
  currents: AsyncIterable<Current | Subdir>,
  versions: AsyncIterable<Version | Subdir>,
  query: VersionsQuery,
): AsyncGenerator<ShownEntry> {
  const { reverse, start } = query;
  const own = new Cursor(currents, start?.current);
  const kept = new Cursor(versions);
  for (;;) {
    const [current, version] = await Promise.all([own.peek(), kept.peek()]);
    const key = first(reverse, current, version);
    if (key === undefined) return;
    const isHere = current !== undefined && keyOf(current) === key;
    if (isHere) own.take();
    if ((isHere && 'subdir' in current) || (version && keyOf(version) === key && 'subdir' in version)) {
      if (version && keyOf(version) === key) kept.take();
      yield { subdir: toText(key) };
      continue;
    }
    yield* ofName(key, isHere && 'name' in current ? current : undefined, kept, query);
  }
}

/** What is listed under one name. */
async function* ofName(
  name: ByteString,
  current: Current | undefined,
  kept: Cursor<Version | Subdir>,
  query: VersionsQuery,
): AsyncGenerator<ShownEntry> {
  const { reverse, start, newest } = query;
  const begin = start?.name === name ? start : undefined;
  const isNullVersion = nullsAmong(name, current, begin, query);
  const isBefore = (a: string, b: string) => (reverse ? a < b : a > b);
  const isNull = current !== undefined && current.link === undefined;
  if (isNull && !reverse && !begin) yield nullVersion(current);
  let missing = current?.link;
  if (missing !== undefined && begin?.id !== undefined && !isBefore(begin.id, missing)) missing = undefined;
  for (let isFirst = true; ; isFirst = false) {
    const version = await kept.peek();
    if (version === undefined || 'subdir' in version || version.name !== name) break;
    kept.take();
    if (current && missing !== undefined && isBefore(missing, version.id)) {
      yield unlisted(current, missing, query);
      missing = undefined;
    }
    if (missing === version.id) missing = undefined;
    const isLatest = async () => {
      if (current) return version.id === current.link;
      if (!version.isMarker) return false;
      if (reverse) return !isOf(name, await kept.peek());
      return isFirst && (begin?.id === undefined || (await newest(name)) === version.id);
    };
    const own = identity(version.id, await isNullVersion(version));
    yield told(version.entry, { is_latest: await isLatest(), ...own });
  }
  if (current && missing !== undefined) yield unlisted(current, missing, query);
  if (isNull && reverse) yield nullVersion(current);
}

/** Tells the null version among the versions of a name, as they come. */
function nullsAmong(
  name: ByteString,
  current: Current | undefined,
  begin: Start | undefined,
  { reverse, kept }: VersionsQuery,
): (version: Version) => Promise<boolean> {
  const isItself = current !== undefined && current.link === undefined;
  const startsHere = !reverse && begin?.id === undefined;
  let isFirst = true;
  return async ({ id, isNull }) => {
    // a marker that is newer than what is current was left by a delete that was interrupted
    const isLate = current?.newest !== undefined && id > current.newest;
    if (!kept || !isNull || isItself || isLate) return false;
    if (!startsHere) return (await kept(name)) === id;
    const wasFirst = isFirst;
    isFirst = false;
    return wasFirst;
  };
}

/** How an entry tells which version it is; a null version amid the others also what a listing that goes on behind it is asked for by. */
function identity(id: string, isNull: boolean): { version_id: string; version_marker?: string } {
  return isNull ? { version_id: 'null', version_marker: id } : { version_id: id };
}

function isOf(name: ByteString, version: Version | Subdir | undefined): boolean {
  return version !== undefined && 'name' in version && version.name === name;
}

function nullVersion({ entry }: Current): ShownEntry {
  return told(entry, { version_id: 'null', is_latest: true });
}

/** In the order that Swift has. */
function told({ slo_etag, ...entry }: ShownEntry, more: Readonly<Record<string, unknown>>): ShownEntry {
  return { ...entry, ...more, ...(slo_etag === undefined ? {} : { slo_etag }) };
}

/** A version of which only the link tells. */
function unlisted({ entry, isNull }: Current, id: string, { kept }: VersionsQuery): ShownEntry {
  const { name, bytes, hash, content_type, last_modified } = entry;
  const own = identity(id, kept !== undefined && isNull === true);
  return { name, is_latest: true, ...own, content_type, bytes, hash, last_modified };
}

function keyOf(item: Current | Version | Subdir): ByteString {
  return 'subdir' in item ? item.subdir : item.name;
}

/** Whichever of the two comes first. */
function first(
  reverse: boolean,
  current: Current | Subdir | undefined,
  version: Version | Subdir | undefined,
): ByteString | undefined {
  const [a, b] = [current && keyOf(current), version && keyOf(version)];
  if (a === undefined || b === undefined) return a ?? b;
  return a < b === !reverse ? a : b;
}

/** Reads one after the other, and may look at the next. */
class Cursor<T> {
  #next: Promise<T | undefined> | undefined;
  readonly #rest: AsyncIterator<T>;

  constructor(items: AsyncIterable<T>, first?: T) {
    this.#rest = items[Symbol.asyncIterator]();
    if (first !== undefined) this.#next = Promise.resolve(first);
  }

  peek(): Promise<T | undefined> {
    this.#next ??= this.#rest.next().then(({ done, value }) => (done ? undefined : value));
    return this.#next;
  }

  take(): void {
    this.#next = undefined;
  }
}
