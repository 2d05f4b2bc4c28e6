import type { Content, History } from './history';
import { objectOf, type ObjectState, type State } from './model';

/** The state that a history must lead to. */
export interface Goal {
  readonly setting?: History['finally']['setting'];
  readonly objects: Readonly<Record<string, Pick<ObjectState, 'current' | 'archive'>>>;
}

/** Any state: only the responses of the operations count. */
export const ANYTHING: Goal = { objects: {} };

/** Returns the final state of a history, except for one object. */
export function asFound({ finally: { setting, objects } }: History, except?: string): Goal {
  const others = Object.entries(objects).filter(([name]) => name !== except);
  return {
    setting,
    objects: Object.fromEntries(
      others.map(([name, { current, archive }]) => [
        name,
        { current, archive: archive.map(({ content }) => content) },
      ]),
    ),
  };
}

export function isReached({ setting, objects }: Goal, state: State): boolean {
  return (
    (setting === undefined || setting === state.setting) &&
    Object.entries(objects).every(([name, goal]) => {
      const { current, archive } = objectOf(state, name);
      return (
        current === goal.current &&
        archive.length === goal.archive.length &&
        common(archive, goal.archive) === archive.length
      );
    })
  );
}

/**
 * Whether a goal may still be reached. Surplus archive entries must be removed, the
 * newest first: by a DELETE in stack mode, at most two each, or by the write in progress
 * that archived them and fails.
 *
 * @param removals returns how many entries of an object can still be removed
 */
export function isReachable(
  { objects }: Goal,
  state: State,
  removals: (name: string) => number,
): boolean {
  return Object.entries(objects).every(([name, goal]) => {
    const { archive, isLocked } = objectOf(state, name);
    const surplus = archive.length - common(archive, goal.archive);
    return surplus === 0 || surplus <= removals(name) + (isLocked ? 1 : 0);
  });
}

/** Returns the length of the common beginning of two archives, oldest first. */
function common(one: readonly (Content | null)[], other: readonly (Content | null)[]): number {
  const end = one.findIndex((content, i) => i >= other.length || content !== other[i]);
  return end < 0 ? one.length : end;
}
