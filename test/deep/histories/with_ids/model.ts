import type { Content } from '../history';

/** A version, possibly of unknown id; null is a delete marker. */
export interface Version {
  readonly id: string | undefined;
  readonly content: Content | null;
}

/** The state of an object. */
export interface ObjectState {
  /** Its content, and its version's id: `null` if it has none, undefined if unknown. */
  readonly current: { readonly id: string | undefined; readonly content: Content } | null;
  readonly versions: readonly Version[];
  /** The newest id that a client learned. */
  readonly newest: string;
}

/** A container with ids. */
export interface State {
  readonly enabled: boolean;
  readonly objects: Readonly<Record<string, ObjectState>>;
}

const NOTHING: ObjectState = { current: null, versions: [], newest: '' };

export function emptyState(enabled: boolean, objects: readonly string[]): State {
  return { enabled, objects: Object.fromEntries(objects.map((name) => [name, NOTHING])) };
}

export function at(state: State, name: string): ObjectState {
  return state.objects[name] ?? NOTHING;
}

export function withObject(state: State, name: string, object: ObjectState): State {
  return { ...state, objects: { ...state.objects, [name]: object } };
}

/** Turns an object without an id into a version, of an id that no client learns. */
export function kept(object: ObjectState): ObjectState {
  if (object.current?.id !== 'null') return object;
  return {
    ...object,
    versions: [...object.versions, { id: undefined, content: object.current.content }],
  };
}

/**
 * Adds a version, which becomes the current one unless it is a marker. Returns nothing if
 * its id is not newer than all others.
 */
export function added(
  object: ObjectState,
  id: string | undefined,
  content: Content | null,
): ObjectState[] {
  if (id !== undefined && id <= object.newest) return [];
  const versions = [...object.versions, { id, content }];
  const current = content === null ? null : { id, content };
  return [{ current, versions, newest: id ?? object.newest }];
}

/**
 * Returns the possible objects, given that a version has an id: the known one, or one of
 * those whose ids are unknown.
 */
export function identified(object: ObjectState, id: string): (readonly [ObjectState, Version])[] {
  const match = object.versions.find((version) => version.id === id);
  if (match) return [[object, match]];
  return object.versions.flatMap((version, i) => {
    if (version.id !== undefined) return [];
    const named = { id, content: version.content };
    return [[{ ...object, versions: object.versions.with(i, named) }, named] as const];
  });
}

export function keyOf({ enabled, objects }: State): string {
  const each = Object.entries(objects).map(([name, { current, versions }]) => {
    const list = versions.map(({ id, content }) => `${id ?? '?'}=${content ?? '!'}`).sort();
    return `${name}: ${current ? `${current.id ?? '?'}=${current.content}` : ''}<${list.join()}`;
  });
  return `${enabled} ${each.join(' ')}`;
}
