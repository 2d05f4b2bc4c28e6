import type { ObjectInfo, ObjectRef } from '../store/store';
import { newestIn } from './newest_note';
import { parseVersionName } from './version_names';

/** What an object of a versioned container is. */
export type State =
  | { readonly is: 'nothing' }
  /**
   * An object without an id: it is older than versioning, or was written while versioning
   * was disabled.
   */
  | {
      readonly is: 'null';
      readonly timestamp: string;
      readonly contentType: string;
      /** Whether its content type has to be read separately. */
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
 * Determines what an object is from what the store reports of it.
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
