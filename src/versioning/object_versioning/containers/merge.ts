import type { State } from '../state';
import { goneBy, type Unfinished } from '../unfinished_note';
import { toText, type ByteString } from '../../../http/bytes';
import type { ShownEntry } from '../../../swift_api/listing';

/** What a container's own listing has under a name. */
export interface CurrentEntry {
  readonly name: ByteString;
  readonly entry: ShownEntry;
  /** The version that it is a link to; not there for an object that is no version, and so has the id `null`. */
  readonly link?: string;
  /** Where it is one: the newest version that was ever current. */
  readonly newest?: string;
  /** It is a link to a null version. */
  readonly isNull?: boolean;
  /** Of an object that is no version: when it was written. */
  readonly timestamp?: string | undefined;
}

/** A version, as the listing of the versions container has it. */
export interface VersionEntry {
  readonly name: ByteString;
  readonly id: string;
  readonly entry: ShownEntry;
  readonly isMarker: boolean;
  /** It was kept as a null version; one of these at most is the object's. */
  readonly isNull?: boolean;
}

/** A note of what is unfinished on an object, which the listing has before its versions. */
export interface NoteEntry {
  readonly name: ByteString;
  readonly unfinished: Unfinished;
}

/** The newest versions of a name, and what is noted before them. */
export interface TopEntries {
  readonly ids: readonly string[];
  readonly unfinished?: Unfinished | undefined;
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
  /** The newest versions of a name, asked for only if the listing itself does not show them. */
  readonly top: (name: ByteString) => Promise<TopEntries>;
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
  readonly current: CurrentEntry | undefined;
}

/**
 * Merges what is current with the versions into one listing, in the order of the names, of each the object that is no version first and then its
 * versions, newest first; or all of it in reverse. What is current and has no entry among the versions, since the listing of a store may lag
 * behind, is listed all the same; and what an operation that was interrupted left is not.
 *
 * @param currents the container's listing, from the names after the start on
 * @param versions the versions container's, from the versions after the start on; both as the direction has it
 */
export async function* mergeVersions(
  currents: AsyncIterable<CurrentEntry | Subdir>,
  versions: AsyncIterable<VersionEntry | NoteEntry | Subdir>,
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
    if (
      (isHere && 'subdir' in current) ||
      (version && keyOf(version) === key && 'subdir' in version)
    ) {
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
  current: CurrentEntry | undefined,
  kept: Cursor<VersionEntry | NoteEntry | Subdir>,
  query: VersionsQuery,
): AsyncGenerator<ShownEntry> {
  const { reverse, start } = query;
  const begin = start?.name === name ? start : undefined;
  const isNullVersion = nullsAmong(name, current, begin, query);
  const isBefore = (a: string, b: string) => (reverse ? a < b : a > b);
  const isNull = current !== undefined && current.link === undefined;
  if (isNull && !reverse && !begin) yield nullVersion(current);
  let missing = current?.link;
  if (missing !== undefined && begin?.id !== undefined && !isBefore(begin.id, missing))
    missing = undefined;
  const shown = shownOf(name, current, kept, query);
  let version = await shown.next();
  for (let isFirst = true; !version.done; isFirst = false) {
    const { id, entry, isMarker } = version.value;
    if (current && missing !== undefined && isBefore(missing, id)) {
      yield unlisted(current, missing, query);
      missing = undefined;
    }
    if (missing === id) missing = undefined;
    const identified = identity(id, await isNullVersion(version.value));
    const next = reverse ? await shown.next() : undefined;
    const isLatest = async () => {
      if (current) return id === current.link;
      if (!isMarker) return false;
      if (next) return next.done === true;
      return isFirst && (begin?.id === undefined || (await newestShown(name, query)) === id);
    };
    yield told(entry, { is_latest: await isLatest(), ...identified });
    version = next ?? (await shown.next());
  }
  if (current && missing !== undefined) yield unlisted(current, missing, query);
  if (isNull && reverse) yield nullVersion(current);
}

/** So many versions of a name are kept until what is noted of it comes, behind them in reverse; beyond that it is asked for. */
const MAX_HELD = 1000;

/** The versions of a name that the listing shows: but for what an operation that was interrupted left. */
async function* shownOf(
  name: ByteString,
  current: CurrentEntry | undefined,
  kept: Cursor<VersionEntry | NoteEntry | Subdir>,
  { reverse, start, top }: VersionsQuery,
): AsyncGenerator<VersionEntry, undefined> {
  const state = stateOf(current);
  const next = async () => {
    const found = await kept.peek();
    if (found === undefined || 'subdir' in found || found.name !== name) return undefined;
    kept.take();
    return found;
  };
  const held: VersionEntry[] = [];
  let note: Unfinished | undefined;
  let asked = start?.name === name && start.id !== undefined ? await top(name) : undefined;
  if (asked === undefined) {
    // what is noted comes first; in reverse, last
    for (let found = await next(); found; found = await next()) {
      if ('unfinished' in found) note = found.unfinished;
      else held.push(found);
      if (!reverse && held.length > 0) break;
      if (held.length === MAX_HELD) {
        asked = await top(name);
        break;
      }
    }
  }
  note ??= asked?.unfinished;
  const ids = asked?.ids ?? held.map(({ id }) => id);
  const gone = note ? goneBy(note, state, (id) => ids.includes(id)) : [];
  // what is newer than all that a link notes has not happened
  const isShown = ({ id }: VersionEntry) =>
    !gone.includes(id) && !(state.is === 'link' && id > state.newest);
  for (const version of held) if (isShown(version)) yield version;
  for (let found = await next(); found; found = await next())
    if (!('unfinished' in found) && isShown(found)) yield found;
  return undefined;
}

function stateOf(current: CurrentEntry | undefined): State {
  if (current === undefined) return { is: 'nothing' };
  const { link, newest, timestamp = '' } = current;
  if (link === undefined) return { is: 'null', timestamp, contentType: '' };
  return { is: 'link', id: link, newest: newest ?? link, contentType: '' };
}

async function newestShown(name: ByteString, { top }: VersionsQuery): Promise<string | undefined> {
  const { ids, unfinished } = await top(name);
  const gone = unfinished ? goneBy(unfinished, { is: 'nothing' }, (id) => ids.includes(id)) : [];
  return ids.find((id) => !gone.includes(id));
}

/** Tells the null version among the versions of a name, as they come. */
function nullsAmong(
  name: ByteString,
  current: CurrentEntry | undefined,
  begin: Start | undefined,
  { reverse, kept }: VersionsQuery,
): (version: VersionEntry) => Promise<boolean> {
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

function nullVersion({ entry }: CurrentEntry): ShownEntry {
  return told(entry, { version_id: 'null', is_latest: true });
}

/** In the order that Swift has. */
function told(
  { slo_etag, ...entry }: ShownEntry,
  more: Readonly<Record<string, unknown>>,
): ShownEntry {
  return { ...entry, ...more, ...(slo_etag === undefined ? {} : { slo_etag }) };
}

/** A version of which only the link tells. */
function unlisted(
  { entry, isNull }: CurrentEntry,
  id: string,
  { kept }: VersionsQuery,
): ShownEntry {
  const { name, bytes, hash, content_type, last_modified } = entry;
  const own = identity(id, kept !== undefined && isNull === true);
  return { name, is_latest: true, ...own, content_type, bytes, hash, last_modified };
}

function keyOf(item: CurrentEntry | VersionEntry | NoteEntry | Subdir): ByteString {
  return 'subdir' in item ? item.subdir : item.name;
}

/** Whichever of the two comes first. */
function first(
  reverse: boolean,
  current: CurrentEntry | Subdir | undefined,
  version: VersionEntry | NoteEntry | Subdir | undefined,
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
