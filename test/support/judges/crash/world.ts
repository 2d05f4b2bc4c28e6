import type { Mode } from '../../clients/containers';
import {
  markDeleted,
  postTo,
  removeVersion,
  replace,
  restoreVersion,
  writeVersion,
  type Which,
} from './world_with_ids';
import { markNull, postToVersion, removeAndSucceed, replaceNull } from './world_of_dialects';

/** A container's setting: one of the modes, or X-Versions-Enabled. */
export type Setting = Mode | 'ids' | 'ids off';

/** Whether a container's versions have ids. */
export function hasIds(setting: Setting | undefined): setting is 'ids' | 'ids off' {
  return setting === 'ids' || setting === 'ids off';
}

/** The content of an object: a name for its body, and its user's metadata. */
export interface Content {
  readonly body: string;
  readonly meta: string;
  /** With object versioning: a version that was the object before it got an id. */
  readonly isNull?: true;
}

/** An entry of an archive. */
export type Entry = Content | 'delete marker' | 'null marker';

export function isMarker(entry: Entry | undefined): boolean {
  return typeof entry === 'string';
}

/** An object with its versions, the newest last. */
export interface Versioned {
  current?: Content | undefined;
  archive: Entry[];
  /**
   * With object versioning: the index of the current version; undefined if the object has
   * no id.
   */
  linked?: number | undefined;
}

/** Removes a version. */
export function drop(object: Versioned, at: number): void {
  object.archive.splice(at, 1);
  const shift = (index: number | undefined) =>
    index !== undefined && index > at ? index - 1 : index;
  object.linked = shift(object.linked);
}

/**
 * A model of a versioned container according to the Swift manual: its state, and the
 * effect and status of each request.
 */
export class World {
  private objects = new Map<string, Versioned>();
  private isThere = true;

  constructor(public mode: Setting | undefined) {}

  clone(): World {
    const world = new World(this.mode);
    world.isThere = this.isThere;
    world.objects = structuredClone(this.objects);
    return world;
  }

  at(name: string): Versioned {
    const object = this.objects.get(name) ?? { archive: [] };
    this.objects.set(name, object);
    return object;
  }

  /** PUT of the container. */
  setUp(mode: Setting): number {
    const status = this.isThere ? 202 : 201;
    this.isThere = true;
    this.mode = mode;
    return status;
  }

  /** DELETE of the container. */
  removeContainer(): number {
    if (!this.isThere) return 404;
    const isEmpty = [...this.objects.values()].every(
      ({ current, archive }) => !current && archive.length === 0,
    );
    if (!isEmpty) return 409;
    this.isThere = false;
    return 204;
  }

  write(name: string, content: Content): number {
    if (!this.isThere) return 404;
    const object = this.at(name);
    if (this.mode === 'ids') {
      writeVersion(object, content);
      return 201;
    }
    if (this.mode === 'ids off') replace(object);
    else if (this.mode) archiveCurrent(object);
    object.current = content;
    return 201;
  }

  post(name: string, meta: string): number {
    const object = this.at(name);
    if (!object.current) return 404;
    const content = { ...object.current, body: bodyAfterPost(object.current.body), meta };
    if (hasIds(this.mode)) postTo(object, content);
    else object.current = content;
    return 202;
  }

  delete(name: string): number {
    const object = this.at(name);
    if (this.mode === 'stack') return pop(object);
    if (this.mode === 'ids') return markDeleted(object);
    if (this.mode === 'ids off') return replace(object);
    const status = object.current ? 204 : 404;
    if (this.mode === 'history') {
      archiveCurrent(object);
      object.archive.push('delete marker');
    }
    object.current = undefined;
    return status;
  }

  /** PUT ?version-id=. */
  restore(name: string, which: Which): number {
    return restoreVersion(this.at(name), which);
  }

  /** DELETE ?version-id=. */
  remove(name: string, which: Which): number {
    return removeVersion(this.at(name), which);
  }

  /** The same requests by filters for other APIs. */
  writeNull(name: string, content: Content): number {
    return replaceNull(this.at(name), content);
  }

  markNull(name: string): number {
    return markNull(this.at(name));
  }

  removeAndSucceed(name: string, which: Which): number {
    return removeAndSucceed(this.at(name), which);
  }

  postToVersion(name: string, which: Which, meta: string): number {
    return postToVersion(this.at(name), which, meta);
  }
}

/**
 * Metadata makes a dynamic large object, and a POST replaces it; other objects keep their
 * bodies.
 */
export function bodyAfterPost(body: string): string {
  return body === 'dlo' ? '' : body;
}

function archiveCurrent(object: Versioned): void {
  if (object.current) object.archive.push(object.current);
}

/** DELETE in stack mode. */
function pop(object: Versioned): number {
  const newest = object.archive.at(-1);
  if (newest === undefined || (typeof newest === 'string' && object.current)) {
    const status = object.current ? 204 : 404;
    object.current = undefined;
    return status;
  }
  object.archive.pop();
  if (typeof newest === 'object') {
    object.current = newest;
    return 204;
  }
  const hidden = object.archive.at(-1);
  if (typeof hidden === 'object') {
    object.archive.pop();
    object.current = hidden;
  }
  return 204;
}
