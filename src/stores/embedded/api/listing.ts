import { isText, isTrueValue, type ByteString } from '../../../http/bytes';
import { listingType as typeOf, type ListingType } from '../../../swift_api/listing';
import type { Request } from '../../../swift_api/message';
import type { ListingQuery } from '../storage/storage';
import { page, Refused, refuseWith } from './answers';

/**
 * The form of a listing that the client asks for.
 *
 * @throws Refused
 */
export function listingType(request: Request, query: ReadonlyMap<string, ByteString>): ListingType {
  const type = typeOf(request, query);
  if (typeof type === 'string') return type;
  throw new Refused(type);
}

/** The part of the listing that the client asks for. */
export function listingQuery(query: ReadonlyMap<string, ByteString>, max: number): ListingQuery {
  for (const name of ['marker', 'end_marker', 'prefix', 'delimiter', 'path', 'reverse']) {
    // NUL is no name's, but a listing may be bounded by it
    if (!isText((query.get(name) ?? '').replaceAll('\0', ''))) {
      throw refuseWith(400, `"${name}" parameter not valid UTF-8`);
    }
  }
  const given = query.get('limit') ?? '';
  const limit = /^\d+$/.test(given) ? Number(given) : max;
  if (limit > max) throw new Refused(page(412, `Maximum limit is ${max}`));
  const part = (name: string) => query.get(name) ?? '';
  return {
    prefix: part('prefix'),
    delimiter: part('delimiter'),
    marker: part('marker'),
    endMarker: part('end_marker'),
    limit,
    reverse: isTrueValue(query.get('reverse')),
  };
}
