import type { ObjectInfo, ObjectRef } from '../stores/store';
import { newestIn } from './newest_note';
import { parseVersionName } from './version_names';

/** What an object of a container with ids is. */
export type State =
  | { readonly is: 'nothing' }
  /** It has no id: it was there before, or was written while versions were switched off. */
  | {
      readonly is: 'null';
      readonly timestamp: string;
      readonly contentType: string;
      /** Its content type has to be asked for. */
      readonly isLarge?: boolean | undefined;
    }
  /** A link to a version. */
  | {
      readonly is: 'link';
      readonly id: string;
      /** The newest version when the link was made. */
      readonly newest: string;
      readonly contentType: string;
    };

/** A null version that is kept among the versions. */
export interface Kept {
  readonly id: string;
  readonly isMarker: boolean;
}

/** One thing to do to the store; an id stands for the version that has it. */
export type IdStep =
  /** Copy the object to a version, a null version, of which the index is to tell beside those that there are. */
  | { readonly do: 'keep'; readonly id: string; readonly nulls: readonly Kept[] }
  /** Let the client's own request through, to a version that is new. */
  | { readonly do: 'write'; readonly id: string }
  /** Write a delete marker that is new: a null version where `nulls` is there, as above. */
  | { readonly do: 'mark'; readonly id: string; readonly nulls?: readonly Kept[] | undefined }
  /** Make the object a link to a version; `newest` where that is an older one. */
  | { readonly do: 'point'; readonly id: string; readonly newest?: string | undefined }
  /** Remove a version. */
  | { readonly do: 'drop'; readonly id: string }
  /** Let the client's own request through. */
  | { readonly do: 'forward' };

/**
 * What an object is, by what is known of it.
 *
 * @param versions the container of its versions
 */
export function stateOf(
  object: ObjectRef,
  versions: string,
  info: Pick<ObjectInfo, 'timestamp' | 'link' | 'contentType' | 'isLarge'> | undefined,
): State {
  if (info === undefined) return { is: 'nothing' };
  const { link, timestamp, contentType, isLarge } = info;
  const isOurs = link?.container === versions && link.account === object.account;
  const version = isOurs ? parseVersionName(link.object) : undefined;
  if (version?.object !== object.object) return { is: 'null', timestamp, contentType, isLarge };
  const { id } = version;
  return { is: 'link', id, newest: latest(id, newestIn(contentType)), contentType };
}

/** The later of two ids. */
export function latest(id: string, other: string | undefined): string {
  return other !== undefined && other > id ? other : id;
}

/**
 * PUT, or a COPY to the object: the data is written to a version of its own, and then linked to.
 *
 * @param nulls the null versions that are kept, here and below
 */
export function decideWrite(state: State, nulls: readonly Kept[], id: string): IdStep[] {
  return [...keeping(state, nulls), { do: 'write', id }, { do: 'point', id }];
}

/** The same for a request that cannot be sent to another place: it replaces the link, and what it makes has no id. */
export function decideOverwrite(state: State, nulls: readonly Kept[]): IdStep[] {
  return [...keeping(state, nulls), { do: 'forward' }];
}

/** DELETE: a marker is written, and then the DELETE goes on; also for an object that is not there. */
export function decideDelete(state: State, nulls: readonly Kept[], id: string): IdStep[] {
  return [...keeping(state, nulls), { do: 'mark', id }, { do: 'forward' }];
}

/** PUT of a version's id: the object becomes a link to that version. */
export function decideRestore(state: State, nulls: readonly Kept[], id: string, newest: string): IdStep[] {
  return [...keeping(state, nulls), { do: 'point', id, newest: newest > id ? newest : undefined }];
}

/** DELETE of a version's id: where it is the current one, the link goes first, so that no link is ever to nothing. */
export function decideRemoval(state: State, id: string): IdStep[] {
  const drop: IdStep = { do: 'drop', id };
  return state.is === 'link' && state.id === id ? [{ do: 'forward' }, drop] : [drop];
}

function keeping(state: State, nulls: readonly Kept[]): IdStep[] {
  return state.is === 'null' ? [{ do: 'keep', id: state.timestamp, nulls }] : [];
}
