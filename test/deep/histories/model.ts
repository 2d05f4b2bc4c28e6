import type { Content, Setting } from './history';

/** What the Swift manual says that there is of an object, without timestamps, requests or failures. */
export interface ObjectState {
  readonly current: Content | null;
  /** Archived contents, the newest last; null is a delete marker. */
  readonly archive: readonly (Content | null)[];
  /** Its lock is held by a write of which a part is done; only where writes without a lock can come between. */
  readonly isLocked?: boolean;
}

/** A container with its setting. */
export interface State {
  readonly setting: Setting;
  readonly objects: Readonly<Record<string, ObjectState>>;
}

/** A container without objects. */
export function emptyState(setting: Setting, objects: readonly string[]): State {
  return { setting, objects: Object.fromEntries(objects.map((name) => [name, NOTHING])) };
}

const NOTHING: ObjectState = { current: null, archive: [] };

export function objectOf(state: State, name: string): ObjectState {
  return state.objects[name] ?? NOTHING;
}

export function withObject(state: State, name: string, object: ObjectState): State {
  return { ...state, objects: { ...state.objects, [name]: object } };
}

/** What is there is archived, if there is anything. */
export function archived(object: ObjectState): ObjectState {
  return object.current === null
    ? object
    : { ...object, archive: [...object.archive, object.current] };
}

/** A delete marker is written. */
export function marked(object: ObjectState): ObjectState {
  return { ...object, archive: [...object.archive, null] };
}

/** The object itself is written, or removed. */
export function committed(object: ObjectState, current: Content | null): ObjectState {
  return { ...object, current };
}

/**
 * A DELETE in stack mode takes the newest version out of the archive: what is there then, or undefined where it takes none and the
 * object itself is removed.
 */
export function popped(
  object: ObjectState,
  isThere = object.current !== null,
): ObjectState | undefined {
  const newest = object.archive.at(-1);
  if (newest === undefined) return undefined;
  const older = object.archive.slice(0, -1);
  if (newest !== null) return { ...object, current: newest, archive: older };
  if (isThere) return undefined;
  const hidden = older.at(-1) ?? null;
  return { ...object, current: hidden, archive: hidden === null ? older : older.slice(0, -1) };
}

/** One text for all that tells two states apart. */
export function keyOf({ setting, objects }: State): string {
  const each = Object.entries(objects).map(
    ([name, { current, archive, isLocked }]) =>
      `${name}${isLocked ? '*' : ''}=${current ?? ''}<${archive.map((content) => content ?? '!').join(',')}`,
  );
  return `${setting} ${each.join(' ')}`;
}
