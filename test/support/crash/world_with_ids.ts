import type { Content, Entry, Versioned } from './world';

/** Is told of each state that a request leaves behind, but for the last. */
export type Between = () => void;

/** Which version a request is for. */
export type Which = 'oldest' | 'newest' | 'current' | 'null';

/** A write with versions switched on: the data comes to a version of its own, and then the object to it. */
export function writeVersion(object: Versioned, content: Content, between: Between): void {
  keep(object, between);
  object.archive.push(content);
  between();
  linkTo(object, object.archive.length - 1);
}

/** DELETE with versions switched on; the status. */
export function markDeleted(object: Versioned, between: Between): number {
  const status = object.current ? 204 : 404;
  keep(object, between);
  object.archive.push('delete marker');
  between();
  unlink(object);
  return status;
}

/** A write, or a DELETE where there is no content, with versions switched off. */
export function replace(object: Versioned, content?: Content): number {
  const wasThere = object.current !== undefined;
  unlink(object);
  object.current = content;
  return wasThere ? 204 : 404;
}

/** POST: the version has the new metadata, too; what has no id is another to those who keep it by its time. */
export function postTo(object: Versioned, content: Content): void {
  object.current = content;
  if (object.linked !== undefined) object.archive[object.linked] = content;
  else object.isKept = false;
}

/** PUT ?version-id=; the status. */
export function restoreVersion(object: Versioned, which: Which, between: Between): number {
  const at = find(object, which);
  if (contentAt(object, at) === undefined) return 404;
  keep(object, between);
  linkTo(object, at);
  return 201;
}

/** DELETE ?version-id=; the status. */
export function removeVersion(object: Versioned, which: Which, between: Between): number {
  if (which === 'null') return replace(object);
  const at = find(object, which);
  if (object.archive[at] === undefined) return 404;
  if (object.linked === at) {
    unlink(object);
    between();
  }
  object.archive.splice(at, 1);
  if (object.linked !== undefined && object.linked > at) object.linked--;
  return 204;
}

/** What a listing of versions calls the latest; undefined: none of those with ids. */
export function latestIn({ current, archive, linked }: Versioned): number | undefined {
  if (current) return linked;
  return archive.at(-1) === 'delete marker' ? archive.length - 1 : undefined;
}

/** What has no id becomes a version, unless a request that was killed has made it one already. */
function keep(object: Versioned, between: Between): void {
  if (!object.current || object.linked !== undefined || object.isKept) return;
  object.archive.push(object.current);
  object.isKept = true;
  between();
}

function find({ archive, linked }: Versioned, which: Which): number {
  if (which === 'current') return linked ?? -1;
  return which === 'oldest' ? 0 : archive.length - 1;
}

function contentAt({ archive }: Versioned, at: number): Content | undefined {
  const entry: Entry | undefined = archive[at];
  return typeof entry === 'object' ? entry : undefined;
}

function linkTo(object: Versioned, at: number): void {
  object.current = contentAt(object, at);
  object.linked = at;
  object.isKept = false;
}

function unlink(object: Versioned): void {
  object.current = undefined;
  object.linked = undefined;
  object.isKept = false;
}
