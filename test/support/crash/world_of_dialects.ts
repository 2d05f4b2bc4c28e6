import { drop, isMarker, type Content, type Versioned } from './world';
import { contentAt, find, linkTo, setNull, type Between, type Which } from './world_with_ids';

/** What filters for other APIs ask for: an object has one null version, and the version before a removed one is current. */

/** Where the null version of an object is: the object itself, or a version; undefined: it has none. */
export type NullAt = 'itself' | number | undefined;

export function nullOf({ current, linked, known = 0, archive }: Versioned): NullAt {
  if (current && linked === undefined) return 'itself';
  // what came after the newest that was ever current was never acknowledged
  const most = current ? known : archive.length;
  const at = archive.findLastIndex((_, i) => i < most && isNullVersion(archive[i]));
  return at < 0 ? undefined : at;
}

/** A write with versions switched off takes the place of the null version. */
export function replaceNull(object: Versioned, content: Content, between: Between): number {
  const gone = nullOf(object) === 'itself' ? [] : replacedBy(object);
  setNull(object, content);
  between();
  dropAll(object, gone, between);
  return 201;
}

/** So does the marker of a DELETE. */
export function markNull(object: Versioned, between: Between): number {
  const status = object.current ? 204 : 404;
  const gone = replacedBy(object);
  object.archive.push('null marker');
  between();
  setNull(object, undefined);
  between();
  dropAll(object, gone, between);
  return status;
}

/** DELETE ?version-id=: another version comes in the place of what is current first. */
export function removeAndSucceed(object: Versioned, which: Which, between: Between): number {
  const at = which === 'null' ? nullOf(object) : find(object, which);
  if (at !== 'itself' && (at === undefined || object.archive[at] === undefined)) return 404;
  const gone = at === 'itself' ? leftoversOf(object) : [at];
  const heir = heirOf(object, at, gone);
  const { archive, current, known = 0 } = object;
  if (heir !== undefined) linkTo(object, heir, current ? known : archive.length);
  else if (at === 'itself' || object.linked === at) setNull(object, undefined);
  between();
  dropAll(object, gone, between);
  return 204;
}

/** POST ?version-id=: the metadata of one version; the status. */
export function postToVersion(object: Versioned, which: Which, meta: string): number {
  const at = which === 'null' ? nullOf(object) : find(object, which);
  const before = typeof at === 'number' ? contentAt(object, at) : at && object.current;
  if (before === undefined) return 404;
  const content = { ...before, meta };
  if (typeof at === 'number') object.archive[at] = content;
  if (at === 'itself') object.kept = undefined;
  if (at === 'itself' || at === object.linked) object.current = content;
  return 202;
}

function isNullVersion(entry: Versioned['archive'][number] | undefined): boolean {
  return typeof entry === 'object' ? entry.isNull === true : entry === 'null marker';
}

/** What is dropped where something new is the null version. */
function replacedBy(object: Versioned): number[] {
  const at = nullOf(object);
  return [...(typeof at === 'number' ? [at] : []), ...leftoversOf(object)];
}

/** What requests that were killed left: markers that are not the null version, and a copy of what is there. */
function leftoversOf(object: Versioned): number[] {
  const at = nullOf(object);
  return [...object.archive.keys()]
    .filter((i) => i === object.kept || (object.archive[i] === 'null marker' && i !== at))
    .reverse();
}

/** What is current when a version is removed, where that changes; none behind a delete marker. */
function heirOf(object: Versioned, removed: number | 'itself', gone: readonly number[]): number | undefined {
  const newest = newestHeir(object, removed);
  const older = [...object.archive.keys()].filter((i) => i < newest && i !== removed && !gone.includes(i));
  const at = older.at(-1);
  return at === undefined || isMarker(object.archive[at]) ? undefined : at;
}

/** Heirs are older than this. */
function newestHeir({ current, linked, known = 0, archive }: Versioned, removed: number | 'itself'): number {
  if (current) return removed === (linked ?? 'itself') ? known : 0;
  if (removed === 'itself') return 0;
  const newer = archive.slice(removed + 1);
  const isNewest = newer.length === 0 || (isMarker(archive[removed]) && !newer.some(isMarker));
  return isNewest ? removed : 0;
}

function dropAll(object: Versioned, gone: readonly number[], between: Between): void {
  gone.forEach((at, i) => {
    drop(object, at - gone.slice(0, i).filter((before) => before < at).length);
    between();
  });
}
