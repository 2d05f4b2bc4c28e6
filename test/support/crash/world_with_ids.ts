import { drop, isMarker, type Content, type Versioned } from './world';

/** Which version a request is for. */
export type Which = 'oldest' | 'newest' | 'current' | 'null';

/** A write with versions switched on. */
export function writeVersion(object: Versioned, content: Content): void {
  keep(object);
  object.archive.push(content);
  linkTo(object, object.archive.length - 1);
}

/** DELETE with versions switched on; the status. */
export function markDeleted(object: Versioned): number {
  const status = object.current ? 204 : 404;
  keep(object);
  object.archive.push('delete marker');
  setNull(object, undefined);
  return status;
}

/** A write, or a DELETE where there is no content, with versions switched off. */
export function replace(object: Versioned, content?: Content): number {
  const wasThere = object.current !== undefined;
  setNull(object, content);
  return wasThere ? 204 : 404;
}

/** POST: the version has the new metadata, too. */
export function postTo(object: Versioned, content: Content): void {
  object.current = content;
  if (object.linked !== undefined) object.archive[object.linked] = content;
}

/** PUT ?version-id=; the status. */
export function restoreVersion(object: Versioned, which: Which): number {
  const at = find(object, which);
  if (contentAt(object, at) === undefined) return 404;
  keep(object);
  linkTo(object, at);
  return 201;
}

/** DELETE ?version-id=; the status. */
export function removeVersion(object: Versioned, which: Which): number {
  if (which === 'null') return replace(object);
  const at = find(object, which);
  if (object.archive[at] === undefined) return 404;
  if (object.linked === at) setNull(object, undefined);
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

export function linkTo(object: Versioned, at: number): void {
  object.current = contentAt(object, at);
  object.linked = at;
}

/** Puts what has no id in the place of what is there, or nothing. */
export function setNull(object: Versioned, content: Content | undefined): void {
  object.current = content;
  object.linked = undefined;
}

/** What has no id becomes a version. */
function keep(object: Versioned): void {
  if (object.current && object.linked === undefined)
    object.archive.push({ ...object.current, isNull: true });
}
