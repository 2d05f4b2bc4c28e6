import type { ByteString } from '../../../http/bytes';
import { VERSION_MARKER_TYPE } from '../../../swift_api/markers';

const NOTE = /;\s*hindsight_null=(\d{10}\.\d{5})/;
const INDEX_TYPE = 'application/x-null-versions;hindsight_nulls=';
/** So many are remembered; there are more than one only where different APIs wrote to the object while versions were switched off. */
const MAX_IDS = 100;

/**
 * The id that a version's content type tells where it is a null version: what the object was before versions were switched on, or while they were
 * switched off. It counts only where it is the version's own: a copy of it brings the type along.
 */
export function nullIn(contentType: ByteString): string | undefined {
  return NOTE.exec(contentType)?.[1];
}

/** The content type of a null version that is kept under an id. */
export function withNull(contentType: ByteString, id: string): ByteString {
  return `${contentType.replace(NOTE, '')};hindsight_null=${id}`;
}

/** The content type of a delete marker that is a null version. */
export function nullMarkerType(id: string): ByteString {
  return withNull(VERSION_MARKER_TYPE, id);
}

/** The content type of what tells which versions of an object are null versions. */
export function indexType(ids: readonly string[]): ByteString {
  return INDEX_TYPE + ids.slice(0, MAX_IDS).join('_');
}

/** The ids that it tells. */
export function idsIn(contentType: ByteString): string[] {
  return contentType.startsWith(INDEX_TYPE) ? contentType.slice(INDEX_TYPE.length).split('_') : [];
}
