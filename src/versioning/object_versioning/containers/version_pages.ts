import {
  BEFORE_VERSIONS,
  afterVersions,
  encodeName,
  versionName,
  versionPrefix,
} from '../version_names';
import type { ByteString } from '../../../http/bytes';
import { isTrueValue } from '../../../http/bytes';
import { LIMITS } from '../../../swift_api/constraints';
import { NO_VERSION, NULL_ID, parseVersionId } from '../version_target';

/** The page of a listing of versions that a client requests. */
export interface PageRequest {
  readonly prefix: ByteString;
  readonly delimiter: ByteString;
  readonly marker: ByteString | undefined;
  /**
   * Starts among the versions of the marker's name: after an id, or after the object that
   * is not a version (`null`).
   */
  readonly after: string | undefined;
  readonly endMarker: ByteString;
  readonly reverse: boolean;
  readonly limit: number;
}

/** Why a listing of versions cannot be returned as requested; Swift's own texts. */
export type Fault = string;

/**
 * The characters of ids and of the separator before them; Swift too rejects delimiters
 * with these.
 */
const NOT_IN_DELIMITERS = '0123456789.\0\x01\x02'.split('');

/** Parses the query of a listing of versions. */
export function parsePageRequest(query: ReadonlyMap<string, ByteString>): PageRequest | Fault {
  const marker = query.get('marker');
  const versionMarker = query.get('version_marker');
  if (versionMarker !== undefined && marker === undefined)
    return 'version_marker param requires marker';
  const after =
    versionMarker === undefined || versionMarker === NULL_ID
      ? versionMarker
      : parseVersionId(versionMarker);
  if (versionMarker !== undefined && (after === undefined || after === NO_VERSION))
    return 'invalid version_marker param';
  const delimiter = query.get('delimiter') ?? '';
  if (NOT_IN_DELIMITERS.some((char) => delimiter.includes(char))) return 'invalid delimiter param';
  const limit = query.get('limit') ?? '';
  return {
    prefix: query.get('prefix') ?? '',
    delimiter,
    marker: marker === '' && after === undefined ? undefined : marker,
    after,
    endMarker: query.get('end_marker') ?? '',
    reverse: isTrueValue(query.get('reverse')),
    limit: /^\d+$/.test(limit) ? Number(limit) : LIMITS.container_listing_limit,
  };
}

/**
 * Returns the name among whose versions the listing starts; undefined if it starts with a
 * name.
 */
export function startOf(request: PageRequest): ByteString | undefined {
  const { marker, after, reverse, prefix, delimiter, endMarker } = request;
  if (marker === undefined || after === undefined || (reverse && after === 'null'))
    return undefined;
  const isBehindEnd = endMarker !== '' && (reverse ? marker <= endMarker : marker >= endMarker);
  if (!marker.startsWith(prefix) || isBehindEnd) return undefined;
  return delimiter !== '' && marker.includes(delimiter, prefix.length) ? undefined : marker;
}

/** Returns the bounds of the same listing in the versions container. */
export function versionBounds(
  request: PageRequest,
): Record<'prefix' | 'delimiter' | 'marker' | 'end_marker', ByteString | undefined> {
  const { prefix, delimiter, endMarker, reverse } = request;
  const endName = reverse ? afterVersions(endMarker) : encodeName(endMarker);
  const marker = markerAmongVersions(request);
  const end = endMarker === '' ? undefined : endName;
  // null indexes have none of these prefixes
  const skipNullIndexes = (bound: ByteString | undefined) =>
    prefix === '' && (bound === undefined || bound < BEFORE_VERSIONS) ? BEFORE_VERSIONS : bound;
  return {
    prefix: prefix === '' ? undefined : encodeName(prefix),
    delimiter: delimiter === '' ? undefined : delimiter,
    marker: reverse ? marker : skipNullIndexes(marker),
    end_marker: reverse ? skipNullIndexes(end) : end,
  };
}

function markerAmongVersions({
  prefix,
  delimiter,
  marker,
  after,
  reverse,
}: PageRequest): ByteString | undefined {
  if (marker === undefined) return undefined;
  if (after === 'null') return versionPrefix(marker);
  if (after !== undefined) return versionName(marker, after);
  // the store leaves out a subdir that equals the marker
  const at = delimiter === '' ? -1 : marker.indexOf(delimiter, prefix.length);
  if (at >= 0 && at + delimiter.length === marker.length && marker.startsWith(prefix))
    return encodeName(marker);
  return reverse ? versionPrefix(marker) : afterVersions(marker);
}
