import type { ByteString } from '../../../http/bytes';
import { VERSION_MARKER_TYPE } from '../../../swift_api/markers';

const NOTE = /;\s*hindsight_null=(\d{10}\.\d{5})/;
const INDEX_TYPE = 'application/x-null-versions;hindsight_nulls=';
/**
 * Max number of ids in an index. There is more than one only if different APIs wrote to
 * the object while versioning was disabled.
 */
const MAX_IDS = 100;

/**
 * Returns the id that a null version's content type notes: that of what the object was
 * before versioning was enabled, or while it was disabled. The note counts only if the id
 * is the version's own, since a copy keeps the content type.
 */
export function nullIdIn(contentType: ByteString): string | undefined {
  return NOTE.exec(contentType)?.[1];
}

/** Returns the content type of a null version that is kept under an id. */
export function withNullNote(contentType: ByteString, id: string): ByteString {
  return `${contentType.replace(NOTE, '')};hindsight_null=${id}`;
}

/** Returns the content type of a delete marker that is a null version. */
export function nullMarkerType(id: string): ByteString {
  return withNullNote(VERSION_MARKER_TYPE, id);
}

/** Returns the content type of an index of null versions. */
export function nullIndexType(ids: readonly string[]): ByteString {
  return INDEX_TYPE + ids.slice(0, MAX_IDS).join('_');
}

/** Returns the ids in an index. */
export function idsInNullIndex(contentType: ByteString): string[] {
  return contentType.startsWith(INDEX_TYPE) ? contentType.slice(INDEX_TYPE.length).split('_') : [];
}
