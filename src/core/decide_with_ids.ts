import type { ObjectInfo, ObjectRef } from '../stores/store';
import { newestIn } from './newest_note';
import { parseVersionName } from './version_names';

/** What an object of a container with ids is. */
export type State =
  | { readonly is: 'nothing' }
  /** It has no id: it was there before, or was written while versions were switched off. */
  | { readonly is: 'null'; readonly timestamp: string }
  /** A link to a version. */
  | {
      readonly is: 'link';
      readonly id: string;
      /** The newest version when the link was made. */
      readonly newest: string;
      readonly contentType: string;
    };

/** One thing to do to the store; an id stands for the version that has it. */
export type IdStep =
  /** Copy the object to a version. */
  | { readonly do: 'keep'; readonly id: string }
  /** Let the client's own request through, to a version that is new. */
  | { readonly do: 'write'; readonly id: string }
  /** Write a delete marker that is new. */
  | { readonly do: 'mark'; readonly id: string }
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
  info: Pick<ObjectInfo, 'timestamp' | 'link' | 'contentType'> | undefined,
): State {
  if (info === undefined) return { is: 'nothing' };
  const { link, timestamp, contentType } = info;
  const isOurs = link?.container === versions && link.account === object.account;
  const version = isOurs ? parseVersionName(link.object) : undefined;
  if (version?.object !== object.object) return { is: 'null', timestamp };
  const { id } = version;
  return { is: 'link', id, newest: latest(id, newestIn(contentType)), contentType };
}

/** The later of two ids. */
export function latest(id: string, other: string | undefined): string {
  return other !== undefined && other > id ? other : id;
}

/** PUT, or a COPY to the object: the data is written to a version of its own, and then linked to. */
export function decideWrite(state: State, id: string): IdStep[] {
  return [...keeping(state), { do: 'write', id }, { do: 'point', id }];
}

/** The same for a request that cannot be sent to another place: it replaces the link, and what it makes has no id. */
export function decideOverwrite(state: State): IdStep[] {
  return [...keeping(state), { do: 'forward' }];
}

/** DELETE: a marker is written, and then the DELETE goes on; also for an object that is not there. */
export function decideDelete(state: State, id: string): IdStep[] {
  return [...keeping(state), { do: 'mark', id }, { do: 'forward' }];
}

/** PUT of a version's id: the object becomes a link to that version. */
export function decideRestore(state: State, id: string, newest: string): IdStep[] {
  return [...keeping(state), { do: 'point', id, newest: newest > id ? newest : undefined }];
}

/** DELETE of a version's id: where it is the current one, the link goes first, so that no link is ever to nothing. */
export function decideRemoval(state: State, id: string): IdStep[] {
  const drop: IdStep = { do: 'drop', id };
  return state.is === 'link' && state.id === id ? [{ do: 'forward' }, drop] : [drop];
}

function keeping(state: State): IdStep[] {
  return state.is === 'null' ? [{ do: 'keep', id: state.timestamp }] : [];
}
