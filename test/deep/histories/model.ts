import type { Content, Setting } from './history';

/** An object's state by the Swift manual, without timestamps, requests or failures. */
export interface ObjectState {
  readonly current: Content | null;
  /** Archived contents, the newest last; null is a delete marker. */
  readonly archive: readonly (Content | null)[];
  /**
   * Whether a half-done write holds its lock; set only if lockless writes can intervene.
   */
  readonly isLocked?: boolean;
}

/** A container with its setting. */
export interface State {
  readonly setting: Setting;
  readonly objects: Readonly<Record<string, ObjectState>>;
}

/** Returns a container without objects. */
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

/** Archives the current content, if any. */
export function archived(object: ObjectState): ObjectState {
  return object.current === null
    ? object
    : { ...object, archive: [...object.archive, object.current] };
}

/** Archives a delete marker. */
export function marked(object: ObjectState): ObjectState {
  return { ...object, archive: [...object.archive, null] };
}

/** Writes or removes the object itself. */
export function committed(object: ObjectState, current: Content | null): ObjectState {
  return { ...object, current };
}

/**
 * Restores the newest archived version, as a DELETE in stack mode does. Returns undefined
 * if there is none, so that the object itself is removed.
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

/** Returns a text that identifies a state. */
export function keyOf({ setting, objects }: State): string {
  const each = Object.entries(objects).map(
    ([name, { current, archive, isLocked }]) =>
      `${name}${isLocked ? '*' : ''}=${current ?? ''}<${archive.map((content) => content ?? '!').join(',')}`,
  );
  return `${setting} ${each.join(' ')}`;
}
