import { drop, isMarker, type Content, type Versioned } from './world';

/** The version that a request is for. */
export type Which = 'oldest' | 'newest' | 'current' | 'null';

/** A write with versions switched on. */
export function writeVersion(object: Versioned, content: Content): void {
  keep(object);
  object.archive.push(content);
  linkTo(object, object.archive.length - 1);
}

/** DELETE with versions switched on. Returns the status. */
export function markDeleted(object: Versioned): number {
  const status = object.current ? 204 : 404;
  keep(object);
  object.archive.push('delete marker');
  setNull(object, undefined);
  return status;
}

/** A write with versions switched off, or a DELETE if there is no content. */
export function replace(object: Versioned, content?: Content): number {
  const wasThere = object.current !== undefined;
  setNull(object, content);
  return wasThere ? 204 : 404;
}

/** POST also changes the metadata of the version. */
export function postTo(object: Versioned, content: Content): void {
  object.current = content;
  if (object.linked !== undefined) object.archive[object.linked] = content;
}

/** PUT ?version-id=. Returns the status. */
export function restoreVersion(object: Versioned, which: Which): number {
  const at = find(object, which);
  if (contentAt(object, at) === undefined) return 404;
  keep(object);
  linkTo(object, at);
  return 201;
}

/** DELETE ?version-id=. Returns the status. */
export function removeVersion(object: Versioned, which: Which): number {
  if (which === 'null') return replace(object);
  const at = find(object, which);
  if (object.archive[at] === undefined) return 404;
  if (object.linked === at) setNull(object, undefined);
  drop(object, at);
  return 204;
}

/**
 * The version that a listing marks as the latest; undefined if it is none of those with
 * ids.
 */
export function latestIn({ current, archive, linked }: Versioned): number | undefined {
  if (current) return linked;
  return isMarker(archive.at(-1)) ? archive.length - 1 : undefined;
}

/** The index of a version; -1 if there is none. */
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

/** Replaces the current object by one without an id, or by nothing. */
export function setNull(object: Versioned, content: Content | undefined): void {
  object.current = content;
  object.linked = undefined;
}

/** Turns an object without an id into a version. */
function keep(object: Versioned): void {
  if (object.current && object.linked === undefined)
    object.archive.push({ ...object.current, isNull: true });
}
