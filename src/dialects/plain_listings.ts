import type { Handler, Request, Response } from '../swift_api/message';
import { isApi, isContainer, parseTarget } from '../swift_api/target';
import { withoutReservedParameters } from '../swift_api/reserved';
import { readResponse } from '../swift_api/json_response';

const MAX_LISTING_BYTES = 64 * 1024 * 1024;
const NOTE = 'hindsight_';

/**
 * Content types in listings. In names, the quotes or angle brackets are escaped, so no
 * name matches.
 */
const TYPES: Readonly<Record<string, RegExp>> = {
  'application/json': /"content_type": ?"(?:[^"\\]|\\.)*"/g,
  'application/xml': /<content_type>[^<]*<\/content_type>/g,
};

/**
 * Wraps a handler so that container listings for Swift clients lack the proxy's own
 * content-type parameters, which multipart objects have. Pages without any are passed on
 * unchanged.
 */
export function withPlainListings(next: Handler): Handler {
  return async (request) => {
    const response = await next(request);
    const type = isListing(request, response) ? TYPES[typeOf(response)] : undefined;
    if (type === undefined) return response;
    const bytes = await readResponse(response.body, MAX_LISTING_BYTES, 'a page of a listing');
    if (!bytes.includes(NOTE)) return { ...response, body: bytes };
    const text = bytes.toString('latin1').replace(type, withoutNotes);
    const body = Buffer.from(text, 'latin1');
    return {
      ...response,
      body,
      headers: response.headers.with('Content-Length', String(body.length)),
    };
  };
}

/** Keeps the end of the field out of the last parameter. */
function withoutNotes(field: string): string {
  const [, type = '', end = ''] = /^([^]*?)("|<\/content_type>)$/.exec(field) ?? [];
  return withoutReservedParameters(type) + end;
}

/**
 * Whether a response is a listing for a Swift client; other dialects send requests
 * through here, too.
 */
function isListing({ method, path, dialect }: Request, { status }: Response): boolean {
  if (method !== 'GET' || status !== 200 || dialect !== undefined) return false;
  const target = parseTarget(path);
  return target !== undefined && isApi(target) && isContainer(target);
}

function typeOf({ headers }: Response): string {
  return (headers.get('content-type') ?? '').split(';')[0]?.trim() ?? '';
}
