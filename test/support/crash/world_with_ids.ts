import { drop, isMarker, type Content, type Versioned } from './world';

/** Is told of each state that a request leaves behind, but for the last. */
export type Between = () => void;

/** Which version a request is for. */
export type Which = 'oldest' | 'newest' | 'current' | 'null';

/** A write with versions switched on: the data comes to a version of its own, and then the object to it. */
export function writeVersion(object: Versioned, content: Content, between: Between): void {
  keep(object, between);
  object.archive.push(content);
  between();
  linkTo(object, object.archive.length - 1, object.archive.length);
}

/** DELETE with versions switched on; the status. */
export function markDeleted(object: Versioned, between: Between): number {
  const status = object.current ? 204 : 404;
  keep(object, between);
  object.archive.push('delete marker');
  between();
  setNull(object, undefined);
  return status;
}

/** A write, or a DELETE where there is no content, with versions switched off. */
export function replace(object: Versioned, content?: Content): number {
  const wasThere = object.current !== undefined;
  setNull(object, content);
  return wasThere ? 204 : 404;
}

/** POST: the version has the new metadata, too; what has no id is another to those who keep it by its time. */
export function postTo(object: Versioned, content: Content): void {
  object.current = content;
  if (object.linked !== undefined) object.archive[object.linked] = content;
  else object.kept = undefined;
}

/** PUT ?version-id=; the status. */
export function restoreVersion(object: Versioned, which: Which, between: Between): number {
  const at = find(object, which);
  if (contentAt(object, at) === undefined) return 404;
  keep(object, between);
  const { linked, known = 0, archive } = object;
  linkTo(object, at, linked === undefined ? archive.length : Math.max(known, at + 1));
  return 201;
}

/** DELETE ?version-id=; the status. */
export function removeVersion(object: Versioned, which: Which, between: Between): number {
  if (which === 'null') return replace(object);
  const at = find(object, which);
  if (object.archive[at] === undefined) return 404;
  if (object.linked === at) {
    setNull(object, undefined);
    between();
  }
  drop(object, at);
  return 204;
}

/** What a listing of versions calls the latest; undefined: none of those with ids. */
export function latestIn({ current, archive, linked }: Versioned): number | undefined {
  if (current) return linked;
  return isMarker(archive.at(-1)) ? archive.length - 1 : undefined;
}

/** Where the version is that is asked for; -1: nowhere. */
export function find({ archive, linked }: Versioned, which: Which): number {
  if (which === 'current') return linked ?? -1;
  return which === 'oldest' ? 0 : archive.length - 1;
}

export function contentAt({ archive }: Versioned, at: number): Content | undefined {
  const entry = archive[at];
  return typeof entry === 'object' ? entry : undefined;
}

export function linkTo(object: Versioned, at: number, known: number): void {
  object.current = contentAt(object, at);
  object.linked = at;
  object.kept = undefined;
  object.known = known;
}

/** Puts what has no id in the place of what is there, or nothing. */
export function setNull(object: Versioned, content: Content | undefined): void {
  object.current = content;
  object.linked = undefined;
  object.kept = undefined;
  object.known = object.archive.length;
}

/** What has no id becomes a version, unless a request that was killed has made it one already. */
function keep(object: Versioned, between: Between): void {
  if (!object.current || object.linked !== undefined || object.kept !== undefined) return;
  object.archive.push({ ...object.current, isNull: true });
  object.kept = object.archive.length - 1;
  between();
}
