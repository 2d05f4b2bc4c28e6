import type { State } from '../state';
import { goneBy, type Unfinished } from '../unfinished_note';
import { toText, type ByteString } from '../../../http/bytes';
import type { ListingRecord } from '../../../swift_api/listing';

/** An entry of a container's own listing. */
export interface CurrentEntry {
  readonly name: ByteString;
  readonly entry: ListingRecord;
  /**
   * The version that it links to; missing for an object that is not a version, whose id
   * is `null`.
   */
  readonly link?: string;
  /** If it is a link: the newest version that was ever current. */
  readonly newest?: string;
  /** Whether it is a link to a null version. */
  readonly isNull?: boolean;
  /** When it was written, if it is not a version. */
  readonly timestamp?: string | undefined;
}

/** A version in the listing of the versions container. */
export interface VersionEntry {
  readonly name: ByteString;
  readonly id: string;
  readonly entry: ListingRecord;
  readonly isMarker: boolean;
  /** Whether it was kept as a null version; at most one of these is the object's. */
  readonly isNull?: boolean;
}

/**
 * A note of an operation unfinished on an object, listed before the object's versions.
 */
export interface NoteEntry {
  readonly name: ByteString;
  readonly unfinished: Unfinished;
}

/** The newest versions of a name, and the note before them. */
export interface TopEntries {
  readonly ids: readonly string[];
  readonly unfinished?: Unfinished | undefined;
}

/** A common prefix of names that a delimiter folds into one entry. */
export interface Subdir {
  readonly subdir: ByteString;
}

/** The parameters of a listing of versions. */
export interface VersionsQuery {
  readonly reverse: boolean;
  /** Set if the listing starts among the versions of a name. */
  readonly start?: Start;
  /**
   * Reads the newest versions of a name; called only if the listing itself does not show
   * them.
   */
  readonly top: (name: ByteString) => Promise<TopEntries>;
  /**
   * Set if null versions are to be presented as such. Reads the id of the one kept among
   * the versions of a name; called only if the listing itself does not show it.
   */
  readonly kept?: ((name: ByteString) => Promise<string | undefined>) | undefined;
}

/** A position after a version of a name, in the direction of the listing. */
interface Start {
  readonly name: ByteString;
  /**
   * That version; undefined for the object that is not a version, which precedes all
   * versions.
   */
  readonly id: string | undefined;
  /** The current entry of the name. */
  readonly current: CurrentEntry | undefined;
}

/**
 * Merges current entries and versions into one listing in the order of names: for each
 * name first the object that is not a version, then its versions, newest first; or all of
 * it in reverse. A current version missing from the versions is listed all the same,
 * since the listing of a store may lag; what an interrupted operation left is not.
 *
 * @param currents the container's listing, from the names after the start on
 * @param versions the versions container's listing, from the versions after the start on;
 * both in the direction of the listing
 */
export async function* mergeVersions(
  currents: AsyncIterable<CurrentEntry | Subdir>,
  versions: AsyncIterable<VersionEntry | NoteEntry | Subdir>,
  query: VersionsQuery,
): AsyncGenerator<ListingRecord> {
  const { reverse, start } = query;
  const currentCursor = new Cursor(currents, start?.current);
  const versionCursor = new Cursor(versions);
  for (;;) {
    const [current, version] = await Promise.all([currentCursor.peek(), versionCursor.peek()]);
    const key = firstKey(reverse, current, version);
    if (key === undefined) return;
    const isHere = current !== undefined && keyOf(current) === key;
    if (isHere) currentCursor.take();
    if (
      (isHere && 'subdir' in current) ||
      (version && keyOf(version) === key && 'subdir' in version)
    ) {
      if (version && keyOf(version) === key) versionCursor.take();
      yield { subdir: toText(key) };
      continue;
    }
    yield* listName(key, isHere && 'name' in current ? current : undefined, versionCursor, query);
  }
}

/** Lists the entries of one name. */
async function* listName(
  name: ByteString,
  current: CurrentEntry | undefined,
  versionCursor: Cursor<VersionEntry | NoteEntry | Subdir>,
  query: VersionsQuery,
): AsyncGenerator<ListingRecord> {
  const { reverse, start } = query;
  const begin = start?.name === name ? start : undefined;
  const isNullVersion = nullRecognizer(name, current, begin, query);
  const isBefore = (a: string, b: string) => (reverse ? a < b : a > b);
  const isNull = current !== undefined && current.link === undefined;
  if (isNull && !reverse && !begin) yield nullVersion(current);
  let missing = current?.link;
  if (missing !== undefined && begin?.id !== undefined && !isBefore(begin.id, missing))
    missing = undefined;
  const visible = visibleVersions(name, current, versionCursor, query);
  let version = await visible.next();
  for (let isFirst = true; !version.done; isFirst = false) {
    const { id, entry, isMarker } = version.value;
    if (current && missing !== undefined && isBefore(missing, id)) {
      yield unlisted(current, missing, query);
      missing = undefined;
    }
    if (missing === id) missing = undefined;
    const identityFields = identity(id, await isNullVersion(version.value));
    const next = reverse ? await visible.next() : undefined;
    const isLatest = async () => {
      if (current) return id === current.link;
      if (!isMarker) return false;
      if (next) return next.done === true;
      return isFirst && (begin?.id === undefined || (await newestVisible(name, query)) === id);
    };
    yield withFields(entry, { is_latest: await isLatest(), ...identityFields });
    version = next ?? (await visible.next());
  }
  if (current && missing !== undefined) yield unlisted(current, missing, query);
  if (isNull && reverse) yield nullVersion(current);
}

/**
 * Max number of versions of a name that are buffered until the name's note is read, which
 * in reverse comes last; beyond that, the note is requested.
 */
const MAX_BUFFERED = 1000;

/** Yields the versions of a name, without those that an interrupted operation left. */
async function* visibleVersions(
  name: ByteString,
  current: CurrentEntry | undefined,
  versionCursor: Cursor<VersionEntry | NoteEntry | Subdir>,
  { reverse, start, top }: VersionsQuery,
): AsyncGenerator<VersionEntry, undefined> {
  const state = stateOf(current);
  const next = async () => {
    const item = await versionCursor.peek();
    if (item === undefined || 'subdir' in item || item.name !== name) return undefined;
    versionCursor.take();
    return item;
  };
  const buffer: VersionEntry[] = [];
  let note: Unfinished | undefined;
  let topEntries = start?.name === name && start.id !== undefined ? await top(name) : undefined;
  if (topEntries === undefined) {
    // the note comes first; in reverse, last
    for (let item = await next(); item; item = await next()) {
      if ('unfinished' in item) note = item.unfinished;
      else buffer.push(item);
      if (!reverse && buffer.length > 0) break;
      if (buffer.length === MAX_BUFFERED) {
        topEntries = await top(name);
        break;
      }
    }
  }
  note ??= topEntries?.unfinished;
  const ids = topEntries?.ids ?? buffer.map(({ id }) => id);
  const goneIds = note ? goneBy(note, state, (id) => ids.includes(id)) : [];
  // a version newer than the newest that the link notes never took effect
  const isVisible = ({ id }: VersionEntry) =>
    !goneIds.includes(id) && !(state.is === 'link' && id > state.newest);
  for (const version of buffer) if (isVisible(version)) yield version;
  for (let item = await next(); item; item = await next())
    if (!('unfinished' in item) && isVisible(item)) yield item;
  return undefined;
}

function stateOf(current: CurrentEntry | undefined): State {
  if (current === undefined) return { is: 'nothing' };
  const { link, newest, timestamp = '' } = current;
  if (link === undefined) return { is: 'null', timestamp, contentType: '' };
  return { is: 'link', id: link, newest: newest ?? link, contentType: '' };
}

async function newestVisible(
  name: ByteString,
  { top }: VersionsQuery,
): Promise<string | undefined> {
  const { ids, unfinished } = await top(name);
  const goneIds = unfinished ? goneBy(unfinished, { is: 'nothing' }, (id) => ids.includes(id)) : [];
  return ids.find((id) => !goneIds.includes(id));
}

/**
 * Returns a function that recognizes the null version of a name; it must see the versions
 * in order.
 */
function nullRecognizer(
  name: ByteString,
  current: CurrentEntry | undefined,
  begin: Start | undefined,
  { reverse, kept }: VersionsQuery,
): (version: VersionEntry) => Promise<boolean> {
  const isItself = current !== undefined && current.link === undefined;
  const startsHere = !reverse && begin?.id === undefined;
  let isFirst = true;
  return async ({ id, isNull }) => {
    // a marker newer than the current version was left by an interrupted delete
    const isLate = current?.newest !== undefined && id > current.newest;
    if (!kept || !isNull || isItself || isLate) return false;
    if (!startsHere) return (await kept(name)) === id;
    const wasFirst = isFirst;
    isFirst = false;
    return wasFirst;
  };
}

/**
 * Returns the fields that identify a version; for a null version among the others, also
 * the marker from which a listing continues after it.
 */
function identity(id: string, isNull: boolean): { version_id: string; version_marker?: string } {
  return isNull ? { version_id: 'null', version_marker: id } : { version_id: id };
}

function nullVersion({ entry }: CurrentEntry): ListingRecord {
  return withFields(entry, { version_id: 'null', is_latest: true });
}

/** Adds fields, in Swift's order. */
function withFields(
  { slo_etag, ...entry }: ListingRecord,
  fields: Readonly<Record<string, unknown>>,
): ListingRecord {
  return { ...entry, ...fields, ...(slo_etag === undefined ? {} : { slo_etag }) };
}

/** A version known only from the link to it. */
function unlisted(
  { entry, isNull }: CurrentEntry,
  id: string,
  { kept }: VersionsQuery,
): ListingRecord {
  const { name, bytes, hash, content_type, last_modified } = entry;
  const identityFields = identity(id, kept !== undefined && isNull === true);
  return { name, is_latest: true, ...identityFields, content_type, bytes, hash, last_modified };
}

function keyOf(item: CurrentEntry | VersionEntry | NoteEntry | Subdir): ByteString {
  return 'subdir' in item ? item.subdir : item.name;
}

/** Returns the key that comes first. */
function firstKey(
  reverse: boolean,
  current: CurrentEntry | Subdir | undefined,
  version: VersionEntry | NoteEntry | Subdir | undefined,
): ByteString | undefined {
  const [a, b] = [current && keyOf(current), version && keyOf(version)];
  if (a === undefined || b === undefined) return a ?? b;
  return a < b === !reverse ? a : b;
}

/** Reads items in turn, with one item of look-ahead. */
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
