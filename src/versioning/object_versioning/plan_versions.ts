import type { State } from './state';
import { stateKey, type Unfinished } from './unfinished_note';

/** A null version that is kept among the versions. */
export interface KeptVersion {
  readonly id: string;
  readonly isMarker: boolean;
}

/** One change to the store; an id stands for the version that has it. */
export type VersionStep =
  /** Write the note of an unfinished operation. */
  | { readonly do: 'begin'; readonly unfinished: Unfinished }
  /** Remove that note. */
  | { readonly do: 'end' }
  /**
   * Copy the object to a null version, which the index then lists besides the existing
   * ones.
   */
  | { readonly do: 'keep'; readonly id: string; readonly nulls: readonly KeptVersion[] }
  /** Forward the client's own request, to a new version. */
  | { readonly do: 'write'; readonly id: string }
  /** Write a new delete marker; a null version if `nulls` is set, as above. */
  | {
      readonly do: 'mark';
      readonly id: string;
      readonly nulls?: readonly KeptVersion[] | undefined;
    }
  /** Make the object a link to a version; `newest` is set if that is an older one. */
  | { readonly do: 'point'; readonly id: string; readonly newest?: string | undefined }
  /** Remove a version. */
  | { readonly do: 'drop'; readonly id: string }
  /** Forward the client's own request; the object it makes notes `by`. */
  | { readonly do: 'forward'; readonly by?: string | undefined };

/**
 * Plans a PUT, or a COPY to the object: the data is written to a version of its own, and
 * then linked to.
 *
 * @param nulls the null versions that are kept, here and below
 */
export function planWrite(state: State, nulls: readonly KeptVersion[], id: string): VersionStep[] {
  const steps: VersionStep[] = [
    ...keepSteps(state, nulls),
    { do: 'write', id },
    { do: 'point', id },
  ];
  // a version newer than the newest that the link notes never took effect
  return state.is === 'link'
    ? steps
    : withNote('linked', state, { adds: [...keptIds(state), id] }, steps);
}

/**
 * Plans the same for a request that cannot be redirected: it replaces the link, and the
 * object that it makes has no id.
 */
export function planOverwrite(state: State, nulls: readonly KeptVersion[]): VersionStep[] {
  return withKeepNote(state, [...keepSteps(state, nulls), { do: 'forward' }]);
}

/**
 * Plans a DELETE: a marker is written before the DELETE goes on, even if the object does
 * not exist.
 */
export function planDelete(state: State, nulls: readonly KeptVersion[], id: string): VersionStep[] {
  const steps: VersionStep[] = [...keepSteps(state, nulls), { do: 'mark', id }, { do: 'forward' }];
  return state.is === 'null'
    ? withNote('changed', state, { adds: [...keptIds(state), id] }, steps)
    : steps;
}

/** Plans a PUT of a version's id: the object becomes a link to that version. */
export function planRestore(
  state: State,
  nulls: readonly KeptVersion[],
  id: string,
  newest: string,
): VersionStep[] {
  const point: VersionStep = { do: 'point', id, newest: newest > id ? newest : undefined };
  return withKeepNote(state, [...keepSteps(state, nulls), point]);
}

/**
 * Plans a DELETE of a version's id: if it is the current version, the link goes first, so
 * that no link ever dangles.
 */
export function planRemoval(state: State, id: string): VersionStep[] {
  const drop: VersionStep = { do: 'drop', id };
  const isCurrent = state.is === 'link' && state.id === id;
  return isCurrent
    ? withNote('changed', state, { drops: [id] }, [{ do: 'forward' }, drop])
    : [drop];
}

/** Puts steps between writing and removing the note of an unfinished operation. */
export function withNote(
  happens: Unfinished['happens'],
  state: State,
  { adds = [], drops = [], by }: Partial<Pick<Unfinished, 'adds' | 'drops' | 'by'>>,
  steps: readonly VersionStep[],
): VersionStep[] {
  const note = { happens, over: stateKey(state), adds, drops };
  const unfinished: Unfinished = by === undefined ? note : { ...note, by };
  return [{ do: 'begin', unfinished }, ...steps, { do: 'end' }];
}

function withKeepNote(state: State, steps: VersionStep[]): VersionStep[] {
  return state.is === 'null' ? withNote('changed', state, { adds: keptIds(state) }, steps) : steps;
}

function keptIds(state: State): string[] {
  return state.is === 'null' ? [state.timestamp] : [];
}

function keepSteps(state: State, nulls: readonly KeptVersion[]): VersionStep[] {
  return state.is === 'null' ? [{ do: 'keep', id: state.timestamp, nulls }] : [];
}
