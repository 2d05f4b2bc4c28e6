import { drop, isMarker, type Content, type Versioned } from './world';
import { contentAt, find, linkTo, setNull, type Which } from './world_with_ids';

/**
 * Models requests of filters for other APIs: an object has one null version, and removing
 * the current version makes the one before current.
 */

/**
 * The place of an object's null version: the object itself, or the index of a version;
 * undefined if it has none.
 */
export type NullAt = 'itself' | number | undefined;

export function nullOf({ current, linked, archive }: Versioned): NullAt {
  if (current && linked === undefined) return 'itself';
  const at = archive.findLastIndex(isNullVersion);
  return at < 0 ? undefined : at;
}

/** A write with versions switched off replaces the null version. */
export function replaceNull(object: Versioned, content: Content): number {
  const gone = nullOf(object) === 'itself' ? [] : replacedBy(object);
  setNull(object, content);
  dropAll(object, gone);
  return 201;
}

/** So does the marker of a DELETE. */
export function markNull(object: Versioned): number {
  const status = object.current ? 204 : 404;
  const gone = replacedBy(object);
  object.archive.push('null marker');
  setNull(object, undefined);
  dropAll(object, gone);
  return status;
}

/** DELETE ?version-id=: another version replaces the current one. */
export function removeAndSucceed(object: Versioned, which: Which): number {
  const at = which === 'null' ? nullOf(object) : find(object, which);
  if (at !== 'itself' && (at === undefined || object.archive[at] === undefined)) return 404;
  const gone = at === 'itself' ? leftoversOf(object) : [at];
  const heir = heirOf(object, at, gone);
  if (heir !== undefined) linkTo(object, heir);
  else if (at === 'itself' || object.linked === at) setNull(object, undefined);
  dropAll(object, gone);
  return 204;
}

/** POST ?version-id=: changes the metadata of one version. Returns the status. */
export function postToVersion(object: Versioned, which: Which, meta: string): number {
  const at = which === 'null' ? nullOf(object) : find(object, which);
  const before = typeof at === 'number' ? contentAt(object, at) : at && object.current;
  if (before === undefined) return 404;
  const content = { ...before, meta };
  if (typeof at === 'number') object.archive[at] = content;
  if (at === 'itself' || at === object.linked) object.current = content;
  return 202;
}

function isNullVersion(entry: Versioned['archive'][number] | undefined): boolean {
  return typeof entry === 'object' ? entry.isNull === true : entry === 'null marker';
}

/** The versions that a new null version replaces. */
function replacedBy(object: Versioned): number[] {
  const at = nullOf(object);
  return [...(typeof at === 'number' ? [at] : []), ...leftoversOf(object)];
}

/** Markers that were null versions until Swift's API wrote over them. */
function leftoversOf(object: Versioned): number[] {
  const at = nullOf(object);
  return [...object.archive.keys()]
    .filter((i) => object.archive[i] === 'null marker' && i !== at)
    .reverse();
}

/**
 * The version that becomes current if one is removed; undefined if that does not change,
 * or is a delete marker.
 */
function heirOf(
  object: Versioned,
  removed: number | 'itself',
  gone: readonly number[],
): number | undefined {
  const newest = newestHeir(object, removed);
  const older = [...object.archive.keys()].filter(
    (i) => i < newest && i !== removed && !gone.includes(i),
  );
  const at = older.at(-1);
  return at === undefined || isMarker(object.archive[at]) ? undefined : at;
}

/** Only versions older than this index can become current. */
function newestHeir({ current, linked, archive }: Versioned, removed: number | 'itself'): number {
  if (current) return removed === (linked ?? 'itself') ? archive.length : 0;
  if (removed === 'itself') return 0;
  const newer = archive.slice(removed + 1);
  const isNewest = newer.length === 0 || (isMarker(archive[removed]) && !newer.some(isMarker));
  return isNewest ? removed : 0;
}

function dropAll(object: Versioned, gone: readonly number[]): void {
  for (const [i, at] of gone.entries())
    drop(object, at - gone.slice(0, i).filter((each) => each < at).length);
}
