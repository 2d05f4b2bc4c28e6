import { isText, isTrueValue, type ByteString } from '../../../http/bytes';
import { listingType as typeOf, type ListingType } from '../../../swift_api/listing';
import type { Request } from '../../../swift_api/message';
import type { ListingQuery } from '../storage/storage';
import { htmlResponse, Refused, refuseWith } from './answers';

/**
 * Returns the listing format that the client asks for.
 *
 * @throws Refused
 */
export function listingType(request: Request, query: ReadonlyMap<string, ByteString>): ListingType {
  const type = typeOf(request, query);
  if (typeof type === 'string') return type;
  throw new Refused(type);
}

/** Returns the part of the listing that the client asks for. */
export function listingQuery(query: ReadonlyMap<string, ByteString>, max: number): ListingQuery {
  for (const name of ['marker', 'end_marker', 'prefix', 'delimiter', 'path', 'reverse']) {
    // no name contains NUL, but it may bound a listing
    if (!isText((query.get(name) ?? '').replaceAll('\0', ''))) {
      throw refuseWith(400, `"${name}" parameter not valid UTF-8`);
    }
  }
  const limitParameter = query.get('limit') ?? '';
  const limit = /^\d+$/.test(limitParameter) ? Number(limitParameter) : max;
  if (limit > max) throw new Refused(htmlResponse(412, `Maximum limit is ${max}`));
  const parameter = (name: string) => query.get(name) ?? '';
  return {
    prefix: parameter('prefix'),
    delimiter: parameter('delimiter'),
    marker: parameter('marker'),
    endMarker: parameter('end_marker'),
    limit,
    reverse: isTrueValue(query.get('reverse')),
  };
}
