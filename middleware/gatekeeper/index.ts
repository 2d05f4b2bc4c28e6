import { z } from 'zod';
import { Headers } from '../../src/http/headers';
import { isReading, textResponse, type Filter, type Request } from '../../src/http/message';
import { isSignedForS3 } from '../../src/http/s3';
import type { FilterContext, FilterPlugin, RequestHead } from '../../src/plugin';
import {
  hasReservedParameter,
  isReserved,
  RESERVED_TYPE,
  withoutReservedParameters,
} from '../../src/reserved';

const options = z.object({});

/**
 * Keeps what the proxy notes on containers and objects to itself: clients can neither send the reserved metadata (400) nor see it, not
 * even its names in the list that CORS makes of an answer's headers. Nor can they write to a path that is not in the request: a
 * store may take Host for the account and the container (Swift's `domain_remap`), so that only what reads goes on with the client's Host.
 */
export const gatekeeper: FilterPlugin<typeof options> = {
  name: 'gatekeeper',
  options,
  create: (_, { claims }) => guarding(claims),
};

const guarding =
  (claims: FilterContext['claims']): Filter =>
  (next) =>
  async (request) => {
    for (const [name] of request.headers.entries()) {
      if (isReserved(name.replace(/^x-remove-/, 'x-')))
        return textResponse(400, `Headers whose names begin as ${name} does are reserved\n`);
    }
    const asked = withoutReservedType(request);
    if (asked.reservedType !== undefined && !claims(headOf(request))) return textResponse(400, RESERVED_TYPE);
    const response = await next(
      mayKeepHost(asked) ? asked : { ...asked, headers: asked.headers.without('host') },
    );
    const headers = withoutNotes(response.headers.filter((name) => !isReserved(name)));
    const exposed = headers.get('access-control-expose-headers');
    const shown = exposed === undefined ? headers : withoutReserved(headers, exposed);
    return shown === response.headers ? response : { ...response, headers: shown };
  };

/** It would tell the proxy that an object is what it is not. Another API's filter answers that in its own way. */
function withoutReservedType(request: Request): Request {
  const type = request.headers.get('content-type');
  if (type === undefined || !hasReservedParameter(type)) return request;
  const headers = request.headers.with('Content-Type', withoutReservedParameters(type));
  return { ...request, headers, reservedType: type };
}

function headOf({ method, path, query, headers }: Request): RequestHead {
  return { method, target: query === '' ? path : `${path}?${query}`, headers };
}

/** What a content type notes for dialects is not for clients. */
function withoutNotes(headers: Headers): Headers {
  const type = headers.get('content-type');
  if (type === undefined || !hasReservedParameter(type)) return headers;
  return headers.with('Content-Type', withoutReservedParameters(type));
}

/** The signatures of S3 are over Host as well; what they write the filter versioned_writes refuses. */
function mayKeepHost({ method, headers, query }: Request): boolean {
  return isReading(method) || isSignedForS3(headers.get('authorization'), query);
}

function withoutReserved(headers: Headers, exposed: string): Headers {
  const names = exposed.split(',').map((name) => name.trim());
  const kept = names.filter((name) => !isReserved(Headers.key(name)));
  return kept.length === names.length
    ? headers
    : headers.with('Access-Control-Expose-Headers', kept.join(', '));
}
