import type { State } from './state';
import { stateKey, type Unfinished } from './unfinished_note';

/** A null version that is kept among the versions. */
export interface KeptVersion {
  readonly id: string;
  readonly isMarker: boolean;
}

/** One thing to do to the store; an id stands for the version that has it. */
export type VersionStep =
  /** Note what is begun. */
  | { readonly do: 'begin'; readonly unfinished: Unfinished }
  /** Remove that note. */
  | { readonly do: 'end' }
  /** Copy the object to a version, a null version, of which the index is to tell beside those that there are. */
  | { readonly do: 'keep'; readonly id: string; readonly nulls: readonly KeptVersion[] }
  /** Let the client's own request through, to a version that is new. */
  | { readonly do: 'write'; readonly id: string }
  /** Write a delete marker that is new: a null version where `nulls` is there, as above. */
  | {
      readonly do: 'mark';
      readonly id: string;
      readonly nulls?: readonly KeptVersion[] | undefined;
    }
  /** Make the object a link to a version; `newest` where that is an older one. */
  | { readonly do: 'point'; readonly id: string; readonly newest?: string | undefined }
  /** Remove a version. */
  | { readonly do: 'drop'; readonly id: string }
  /** Let the client's own request through; what it makes is to note by what. */
  | { readonly do: 'forward'; readonly by?: string | undefined };

/**
 * PUT, or a COPY to the object: the data is written to a version of its own, and then linked to.
 *
 * @param nulls the null versions that are kept, here and below
 */
export function planWrite(state: State, nulls: readonly KeptVersion[], id: string): VersionStep[] {
  const steps: VersionStep[] = [...keeping(state, nulls), { do: 'write', id }, { do: 'point', id }];
  // what is newer than all that a link notes has not happened
  return state.is === 'link'
    ? steps
    : withNote('linked', state, { adds: [...keptIn(state), id] }, steps);
}

/** The same for a request that cannot be sent to another place: it replaces the link, and what it makes has no id. */
export function planOverwrite(state: State, nulls: readonly KeptVersion[]): VersionStep[] {
  return keepingNoted(state, [...keeping(state, nulls), { do: 'forward' }]);
}

/** DELETE: a marker is written, and then the DELETE goes on; also for an object that is not there. */
export function planDelete(state: State, nulls: readonly KeptVersion[], id: string): VersionStep[] {
  const steps: VersionStep[] = [...keeping(state, nulls), { do: 'mark', id }, { do: 'forward' }];
  return state.is === 'null'
    ? withNote('changed', state, { adds: [...keptIn(state), id] }, steps)
    : steps;
}

/** PUT of a version's id: the object becomes a link to that version. */
export function planRestore(
  state: State,
  nulls: readonly KeptVersion[],
  id: string,
  newest: string,
): VersionStep[] {
  const point: VersionStep = { do: 'point', id, newest: newest > id ? newest : undefined };
  return keepingNoted(state, [...keeping(state, nulls), point]);
}

/** DELETE of a version's id: where it is the current one, the link goes first, so that no link is ever to nothing. */
export function planRemoval(state: State, id: string): VersionStep[] {
  const drop: VersionStep = { do: 'drop', id };
  const isCurrent = state.is === 'link' && state.id === id;
  return isCurrent
    ? withNote('changed', state, { drops: [id] }, [{ do: 'forward' }, drop])
    : [drop];
}

/** Steps, with what is begun noted before them, and that note removed after them. */
export function withNote(
  happens: Unfinished['happens'],
  state: State,
  { adds = [], drops = [], by }: Partial<Pick<Unfinished, 'adds' | 'drops' | 'by'>>,
  steps: readonly VersionStep[],
): VersionStep[] {
  const own = { happens, over: stateKey(state), adds, drops };
  const unfinished: Unfinished = by === undefined ? own : { ...own, by };
  return [{ do: 'begin', unfinished }, ...steps, { do: 'end' }];
}

function keepingNoted(state: State, steps: VersionStep[]): VersionStep[] {
  return state.is === 'null' ? withNote('changed', state, { adds: keptIn(state) }, steps) : steps;
}

function keptIn(state: State): string[] {
  return state.is === 'null' ? [state.timestamp] : [];
}

function keeping(state: State, nulls: readonly KeptVersion[]): VersionStep[] {
  return state.is === 'null' ? [{ do: 'keep', id: state.timestamp, nulls }] : [];
}
