import type { ObjectInfo, ObjectRef } from '../store/store';
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
