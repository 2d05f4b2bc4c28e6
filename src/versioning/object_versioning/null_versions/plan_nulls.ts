import { withNote, type VersionStep, type KeptVersion } from '../plan_versions';
import type { State } from '../state';

/** What the null versions that are kept are to an object. */
export interface Nulls {
  /** The object's null version, where that is among its versions. */
  readonly current: KeptVersion | undefined;
  /**
   * Markers that never took the place of what is there, or whose place was taken without their removal; and a copy of what is there, since the
   * write over it was interrupted.
   */
  readonly leftovers: readonly KeptVersion[];
}

/**
 * An object has one null version at most: the object itself where it is no version, and else the newest that is kept. Another that is
 * kept is a version like any other.
 *
 * @param kept the newest first
 */
export function nullsOf(state: State, kept: readonly KeptVersion[]): Nulls {
  const current = currentOf(state, kept);
  const isCopy = ({ id }: KeptVersion) => state.is === 'null' && id === state.timestamp;
  return {
    current,
    leftovers: kept.filter((each) => isCopy(each) || (each.isMarker && each !== current)),
  };
}

function currentOf(state: State, kept: readonly KeptVersion[]): KeptVersion | undefined {
  if (state.is === 'null') return undefined;
  // what is newer than the newest that was ever current was never acknowledged
  return state.is === 'link' ? kept.find(({ id }) => id <= state.newest) : kept[0];
}

/**
 * PUT, or a COPY to the object, while versions are switched off: it takes the place of the null version.
 *
 * @param by identifies this write
 */
export function planNullWrite(
  state: State,
  kept: readonly KeptVersion[],
  by: string,
): VersionStep[] {
  const gone = goneIn(nullsOf(state, kept));
  if (gone.length === 0) return [{ do: 'forward' }];
  return withNote('changed', state, { drops: gone, by }, [{ do: 'forward', by }, ...drops(gone)]);
}

/** DELETE while versions are switched off: a marker takes the place of the null version. */
export function planNullDelete(
  state: State,
  kept: readonly KeptVersion[],
  id: string,
): VersionStep[] {
  const gone = goneIn(nullsOf(state, kept));
  const steps: VersionStep[] = [{ do: 'mark', id, nulls: kept }, { do: 'forward' }, ...drops(gone)];
  // beside a link, what is newer than all that it notes has not happened; beside nothing, a marker that is there has
  if (state.is !== 'null' && gone.length === 0) return steps;
  const happens = state.is === 'nothing' ? 'written' : 'changed';
  return withNote(happens, state, { adds: [id], drops: gone }, steps);
}

/** The ids of the null versions whose place another takes. */
function goneIn({ current, leftovers }: Nulls): string[] {
  return [...(current ? [current] : []), ...leftovers].map(({ id }) => id);
}

function drops(ids: readonly string[]): VersionStep[] {
  return ids.map((id) => ({ do: 'drop', id }));
}

/**
 * The versions one of which is to be the current one when a version is removed, the first that is there; none where what is current stays, or
 * nothing takes its place.
 *
 * @param id the version that is removed; undefined for an object that is no version
 * @param listed the newest versions of the object, newest first
 */
export function successorsOf(
  state: State,
  id: string | undefined,
  listed: readonly KeptVersion[],
): readonly KeptVersion[] {
  const older = olderThan(state, id, listed);
  const marker = older.findIndex(({ isMarker }) => isMarker);
  return marker < 0 ? older : older.slice(0, marker);
}

function olderThan(
  state: State,
  id: string | undefined,
  listed: readonly KeptVersion[],
): readonly KeptVersion[] {
  if (state.is === 'null')
    return id === undefined ? listed.filter((each) => each.id < state.timestamp) : [];
  // what is newer than the newest that was ever current was never acknowledged
  if (state.is === 'link')
    return state.id === id
      ? listed.filter((each) => each.id !== id && each.id <= state.newest)
      : [];
  const at = listed.findIndex((each) => each.id === id);
  const newer = listed.slice(0, Math.max(at, 0));
  const isNewest =
    newer.length === 0 || (listed[at]?.isMarker === true && newer.every((each) => !each.isMarker));
  return at >= 0 && isNewest ? listed.slice(at + 1) : [];
}
