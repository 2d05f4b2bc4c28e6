import { withNote, type VersionStep, type KeptVersion } from '../plan_versions';
import type { State } from '../state';

/** How the null versions that are kept relate to an object. */
export interface Nulls {
  /** The object's null version, if it is among the versions. */
  readonly current: KeptVersion | undefined;
  /**
   * Markers that never replaced the object, or that were replaced without being removed;
   * and a copy of the object, if the write over it was interrupted.
   */
  readonly leftovers: readonly KeptVersion[];
}

/**
 * Determines an object's null version. There is at most one: the object itself if it is
 * not a version, otherwise the newest that is kept. Any other that is kept is a version
 * like the rest.
 *
 * @param nulls newest first
 */
export function nullsOf(state: State, nulls: readonly KeptVersion[]): Nulls {
  const current = currentOf(state, nulls);
  const isCopy = ({ id }: KeptVersion) => state.is === 'null' && id === state.timestamp;
  return {
    current,
    leftovers: nulls.filter((each) => isCopy(each) || (each.isMarker && each !== current)),
  };
}

function currentOf(state: State, nulls: readonly KeptVersion[]): KeptVersion | undefined {
  if (state.is === 'null') return undefined;
  // a version newer than the newest that was ever current was never acknowledged
  return state.is === 'link' ? nulls.find(({ id }) => id <= state.newest) : nulls[0];
}

/**
 * Plans a PUT, or a COPY to the object, while versioning is disabled: it replaces the
 * null version.
 *
 * @param by identifies this write
 */
export function planNullWrite(
  state: State,
  nulls: readonly KeptVersion[],
  by: string,
): VersionStep[] {
  const replaced = replacedIds(nullsOf(state, nulls));
  if (replaced.length === 0) return [{ do: 'forward' }];
  return withNote('changed', state, { drops: replaced, by }, [
    { do: 'forward', by },
    ...dropSteps(replaced),
  ]);
}

/** Plans a DELETE while versioning is disabled: a marker replaces the null version. */
export function planNullDelete(
  state: State,
  nulls: readonly KeptVersion[],
  id: string,
): VersionStep[] {
  const replaced = replacedIds(nullsOf(state, nulls));
  const steps: VersionStep[] = [
    { do: 'mark', id, nulls },
    { do: 'forward' },
    ...dropSteps(replaced),
  ];
  // with a link, a marker newer than the newest that it notes never took effect; with no
  // object, an existing marker did
  if (state.is !== 'null' && replaced.length === 0) return steps;
  const happens = state.is === 'nothing' ? 'written' : 'changed';
  return withNote(happens, state, { adds: [id], drops: replaced }, steps);
}

/** The ids of the null versions that are replaced. */
function replacedIds({ current, leftovers }: Nulls): string[] {
  return [...(current ? [current] : []), ...leftovers].map(({ id }) => id);
}

function dropSteps(ids: readonly string[]): VersionStep[] {
  return ids.map((id) => ({ do: 'drop', id }));
}

/**
 * Returns the candidates to become current when a version is removed, of which the first
 * that exists does; none if the current version stays, or nothing replaces it.
 *
 * @param id the version that is removed; undefined for an object that is not a version
 * @param versions the newest versions of the object, newest first
 */
export function successorsOf(
  state: State,
  id: string | undefined,
  versions: readonly KeptVersion[],
): readonly KeptVersion[] {
  const older = olderThan(state, id, versions);
  const marker = older.findIndex(({ isMarker }) => isMarker);
  return marker < 0 ? older : older.slice(0, marker);
}

function olderThan(
  state: State,
  id: string | undefined,
  versions: readonly KeptVersion[],
): readonly KeptVersion[] {
  if (state.is === 'null')
    return id === undefined ? versions.filter((each) => each.id < state.timestamp) : [];
  // a version newer than the newest that was ever current was never acknowledged
  if (state.is === 'link')
    return state.id === id
      ? versions.filter((each) => each.id !== id && each.id <= state.newest)
      : [];
  const at = versions.findIndex((each) => each.id === id);
  const newer = versions.slice(0, Math.max(at, 0));
  const isNewest =
    newer.length === 0 ||
    (versions[at]?.isMarker === true && newer.every((each) => !each.isMarker));
  return at >= 0 && isNewest ? versions.slice(at + 1) : [];
}
