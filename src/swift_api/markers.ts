import { withoutVersionParameters } from './reserved';
import type { ByteString } from '../http/bytes';

/** The content type of delete markers in Swift's listings. */
export const DELETE_MARKER_TYPE = 'application/x-deleted;swift_versions_deleted=1';

/**
 * The type of a marker until its delete has happened; a Swift client can set the final
 * one only afterwards. Beside an object it belongs to a delete that has not happened,
 * since that is finished before the object is written again. So listings omit it by its
 * type alone, without a request for each entry.
 */
export const NEW_MARKER_TYPE = 'application/x-deleted;hindsight_new=1';

/**
 * The type of a delete marker in object versioning; a Swift client can set it when it
 * writes one. Clients see Swift's type, and cannot write this one themselves.
 */
export const VERSION_MARKER_TYPE = 'application/x-deleted;hindsight_versions_deleted=1';

/**
 * On a 404 for a dialect: the container exists, and the newest of the object's versions,
 * if there are any, is not a delete marker.
 */
export const NO_MARKER_HEADER = 'X-Hindsight-No-Marker';

/** Whether a content type is that of a delete marker in object versioning. */
export function isVersionMarkerType(contentType: ByteString): boolean {
  return withoutVersionParameters(contentType) === VERSION_MARKER_TYPE;
}

/**
 * Seconds until an unfinished marker expires. Within a day a client that got no response
 * to a DELETE has retried it, which finishes a marker whose delete has happened. Nothing
 * else finds such a marker in a container that is no longer versioned.
 */
export const NEW_MARKER_LIFE = 24 * 3600;

/** Whether a content type in a listing is that of a delete marker. */
export function isMarkerType(contentType: ByteString): boolean {
  return (
    [DELETE_MARKER_TYPE, NEW_MARKER_TYPE].includes(contentType) || isVersionMarkerType(contentType)
  );
}
