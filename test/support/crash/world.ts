import type { Mode } from '../containers';

/** What is in an object: a name for its body, and the metadata of its user. */
export interface Content {
  readonly body: string;
  readonly meta: string;
}

/** An entry of an archive. */
export type Entry = Content | 'delete marker';

/** An object with its versions, the newest last. */
export interface Versioned {
  current?: Content | undefined;
  archive: Entry[];
}

/** What the Swift manual says of a versioned container: its state, and how each request changes it and is answered. */
export class World {
  private objects = new Map<string, Versioned>();

  constructor(public mode: Mode | undefined) {}

  clone(): World {
    const world = new World(this.mode);
    world.objects = structuredClone(this.objects);
    return world;
  }

  at(name: string): Versioned {
    const found = this.objects.get(name) ?? { archive: [] };
    this.objects.set(name, found);
    return found;
  }

  write(name: string, content: Content): number {
    const object = this.at(name);
    if (this.mode) archiveCurrent(object);
    object.current = content;
    return 201;
  }

  post(name: string, meta: string): number {
    const object = this.at(name);
    if (!object.current) return 404;
    object.current = { ...object.current, meta };
    return 202;
  }

  delete(name: string): number {
    const object = this.at(name);
    if (this.mode === 'stack') return pop(object);
    const status = object.current ? 204 : 404;
    if (this.mode === 'history') {
      archiveCurrent(object);
      object.archive.push('delete marker');
    }
    object.current = undefined;
    return status;
  }
}

function archiveCurrent(object: Versioned): void {
  if (object.current) object.archive.push(object.current);
}

/** DELETE in stack mode. */
function pop(object: Versioned): number {
  const newest = object.archive.at(-1);
  if (newest === undefined || (newest === 'delete marker' && object.current)) {
    const status = object.current ? 204 : 404;
    object.current = undefined;
    return status;
  }
  object.archive.pop();
  if (newest !== 'delete marker') {
    object.current = newest;
    return 204;
  }
  const hidden = object.archive.at(-1);
  if (hidden !== undefined && hidden !== 'delete marker') {
    object.archive.pop();
    object.current = hidden;
  }
  return 204;
}
