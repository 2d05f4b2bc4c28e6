import {
  BEFORE_VERSIONS,
  behindVersions,
  encodeName,
  versionName,
  versionPrefix,
} from '../version_names';
import type { ByteString } from '../../../http/bytes';
import { isTrueValue } from '../../../http/bytes';
import { LIMITS } from '../../../swift_api/constraints';
import { NULL_ID, parseId } from '../version_target';

/** A listing of versions, as the client asks for it. */
export interface PageRequest {
  readonly prefix: ByteString;
  readonly delimiter: ByteString;
  readonly marker: ByteString | undefined;
  /** Begins amid the versions of the marker's name: behind an id, or behind the object that is no version (`null`). */
  readonly after: string | undefined;
  readonly endMarker: ByteString;
  readonly reverse: boolean;
  readonly limit: number;
}

/** Why a listing of versions cannot be had as it is asked for; Swift's own texts. */
export type Fault = string;

/** What ids and what divides them from names are written with: Swift too takes no delimiter with these. */
const NOT_IN_DELIMITERS = '0123456789.\0\x01\x02'.split('');

/** Reads the query of a listing of versions. */
export function parsePageRequest(query: ReadonlyMap<string, ByteString>): PageRequest | Fault {
  const marker = query.get('marker');
  const given = query.get('version_marker');
  if (given !== undefined && marker === undefined) return 'version_marker param requires marker';
  const after = given === undefined || given === NULL_ID ? given : parseId(given);
  if (given !== undefined && after === undefined) return 'invalid version_marker param';
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

/** Where the listing begins amid the versions of a name, if so: that name. */
export function startOf(wanted: PageRequest): ByteString | undefined {
  const { marker, after, reverse, prefix, delimiter, endMarker } = wanted;
  if (marker === undefined || after === undefined || (reverse && after === 'null'))
    return undefined;
  const isBehindEnd = endMarker !== '' && (reverse ? marker <= endMarker : marker >= endMarker);
  if (!marker.startsWith(prefix) || isBehindEnd) return undefined;
  return delimiter !== '' && marker.includes(delimiter, prefix.length) ? undefined : marker;
}

/** The bounds of the same listing among the names of versions. */
export function versionBounds(
  wanted: PageRequest,
): Record<'prefix' | 'delimiter' | 'marker' | 'end_marker', ByteString | undefined> {
  const { prefix, delimiter, endMarker, reverse } = wanted;
  const behind = reverse ? behindVersions(endMarker) : encodeName(endMarker);
  const marker = markerAmongVersions(wanted);
  const end = endMarker === '' ? undefined : behind;
  // what tells of null versions has none of these prefixes
  const first = (given: ByteString | undefined) =>
    prefix === '' && (given === undefined || given < BEFORE_VERSIONS) ? BEFORE_VERSIONS : given;
  return {
    prefix: prefix === '' ? undefined : encodeName(prefix),
    delimiter: delimiter === '' ? undefined : delimiter,
    marker: reverse ? marker : first(marker),
    end_marker: reverse ? first(end) : end,
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
  // the store leaves out what it folds into just that
  const at = delimiter === '' ? -1 : marker.indexOf(delimiter, prefix.length);
  if (at >= 0 && at + delimiter.length === marker.length && marker.startsWith(prefix))
    return encodeName(marker);
  return reverse ? versionPrefix(marker) : behindVersions(marker);
}
