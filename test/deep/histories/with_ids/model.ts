import type { Content } from '../history';

/** A version, or what became one without its id being told; null is a delete marker. */
export interface Version {
  readonly id: string | undefined;
  readonly content: Content | null;
}

/** What there is of an object. */
export interface ObjectState {
  /** Its content, and the id of its version: `null` where it has none, undefined where it is not known. */
  readonly current: { readonly id: string | undefined; readonly content: Content } | null;
  readonly versions: readonly Version[];
  /** The newest id that was told. */
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

/** What has no id becomes a version, of an id that nobody is told. */
export function kept(object: ObjectState): ObjectState {
  if (object.current?.id !== 'null') return object;
  return {
    ...object,
    versions: [...object.versions, { id: undefined, content: object.current.content }],
  };
}

/** A version more, which is the current one unless it is a marker; none where its id is not newer than all before. */
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

/** What an object may be once it is known which of its versions has an id: that, or one whose id was not told. */
export function identified(object: ObjectState, id: string): (readonly [ObjectState, Version])[] {
  const known = object.versions.find((version) => version.id === id);
  if (known) return [[object, known]];
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
