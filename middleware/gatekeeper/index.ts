import { z } from 'zod';
import { Headers } from '../../src/http/headers';
import { leadBack } from '../../src/swift_api/lead_back';
import { textResponse, type Filter, type Request } from '../../src/swift_api/message';
import { isApi, parseTarget } from '../../src/swift_api/target';
import { originForm } from '../../src/swift_api/request_target';
import { isSignedForS3 } from '../../src/swift_api/s3_requests';
import type {
  FilterContext,
  FilterPlugin,
  RequestHead,
  UpstreamServer,
} from '../../src/plugin/plugin';
import {
  hasReservedParameter,
  isReserved,
  RESERVED_TYPE,
  withoutReservedParameters,
} from '../../src/swift_api/reserved';

const options = z.object({});

/**
 * Keeps what the proxy notes on containers and objects to itself: clients can neither send the reserved metadata (400) nor see it, not
 * even its names in the list that CORS makes of an answer's headers. Nor can they name an object by anything but the path: a
 * store may take Host for the account and the container (Swift's `domain_remap`), so that it goes on only for sites that the configuration
 * names and for signatures of S3, which are over it.
 */
export const gatekeeper: FilterPlugin<typeof options> = {
  name: 'gatekeeper',
  options,
  create: (_, { claims, app }) => guarding(claims, app.upstream),
};

/**
 * The filter.
 *
 * @param upstream the store behind, if there is one: a Location that names it is led back to the proxy
 */
export const guarding =
  (
    claims: FilterContext['claims'],
    upstream: UpstreamServer | undefined,
    keepsHost: (request: Request) => boolean = (request) => mayKeepHost(request, claims),
  ): Filter =>
  (next) =>
  async (request) => {
    for (const [name] of request.headers.entries()) {
      if (isReserved(name.replace(/^x-remove-/, 'x-')))
        return textResponse(400, `Headers whose names begin as ${name} does are reserved\n`);
    }
    const asked = withoutReservedType(request);
    if (asked.reservedType !== undefined && !claims(headOf(request)))
      return textResponse(400, RESERVED_TYPE);
    const response = await next(
      keepsHost(asked) ? asked : { ...asked, headers: asked.headers.without('host') },
    );
    const own = ledBack(response.headers, asked, upstream);
    const headers = withoutNotes(own.filter((name) => !isReserved(name)));
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
  return { method, target: originForm({ path, query }), headers };
}

/** What a content type notes for dialects is not for clients. */
function withoutNotes(headers: Headers): Headers {
  const type = headers.get('content-type');
  if (type === undefined || !hasReservedParameter(type)) return headers;
  return headers.with('Content-Type', withoutReservedParameters(type));
}

/**
 * Whether a request goes on with its Host. A filter of another API reads Host itself. The signatures of the store's own S3 API are over it;
 * what they write the filter versioned_writes refuses.
 */
export function mayKeepHost(request: Request, claims: FilterContext['claims']): boolean {
  const { path, headers, query, isSite } = request;
  if (isSite === true || claims(headOf(request))) return true;
  const target = parseTarget(path);
  const isOfApi = target !== undefined && isApi(target);
  return !isOfApi && isSignedForS3(headers.get('authorization'), query);
}

function ledBack(
  headers: Headers,
  { host }: Request,
  upstream: UpstreamServer | undefined,
): Headers {
  const location = headers.get('location');
  if (location === undefined || host === undefined || !upstream) return headers;
  return headers.with('Location', leadBack(location, host, [upstream.origin.host, upstream.host]));
}

function withoutReserved(headers: Headers, exposed: string): Headers {
  const names = exposed.split(',').map((name) => name.trim());
  const kept = names.filter((name) => !isReserved(Headers.key(name)));
  return kept.length === names.length
    ? headers
    : headers.with('Access-Control-Expose-Headers', kept.join(', '));
}
