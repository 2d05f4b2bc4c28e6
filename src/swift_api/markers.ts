import { withoutVersionParameters } from './reserved';
import type { ByteString } from '../http/bytes';

/** The content type by which Swift's listings tell a delete marker. */
export const DELETE_MARKER_TYPE = 'application/x-deleted;swift_versions_deleted=1';

/**
 * The type of a marker until its delete has happened; a client of Swift can set the final one only afterwards. Beside an
 * object it is of a delete that has not happened, since that is finished before the object is written again: so listings
 * leave it out by its type alone, and nothing has to be asked for any entry.
 */
export const NEW_MARKER_TYPE = 'application/x-deleted;hindsight_new=1';

/**
 * The type of a delete marker among versions with ids, which a client of Swift can set when it writes one. Clients are shown Swift's, and
 * cannot write this one themselves.
 */
export const VERSION_MARKER_TYPE = 'application/x-deleted;hindsight_versions_deleted=1';

/**
 * On a 404 for a dialect: the versions of the object were looked at, and the newest, if there is any, is no delete marker. The container is there.
 */
export const NO_MARKER_HEADER = 'X-Hindsight-No-Marker';

/** Whether a content type is that of a delete marker among versions with ids. */
export function isVersionMarkerType(contentType: ByteString): boolean {
  return withoutVersionParameters(contentType) === VERSION_MARKER_TYPE;
}

/**
 * A marker that stays half made expires after so many seconds. In a day a client that got no answer to a DELETE has asked
 * again, which finishes a marker whose delete has happened; nobody finds one of a container that has no versions any more.
 */
export const NEW_MARKER_LIFE = 24 * 3600;

/** Whether a listing's content type is that of a delete marker. */
export function isMarkerType(contentType: ByteString): boolean {
  return (
    [DELETE_MARKER_TYPE, NEW_MARKER_TYPE].includes(contentType) || isVersionMarkerType(contentType)
  );
}
