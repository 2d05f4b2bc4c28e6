import { z } from 'zod';
import { Headers } from '../../src/http/headers';
import { rewriteStoreUrl } from '../../src/swift_api/lead_back';
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

/** Such a header removes the metadata that the rest of its name sets. */
const REMOVE = 'x-remove-';

/**
 * Keeps the proxy's own metadata on containers and objects private. Clients can neither
 * send reserved metadata (400) nor see it, not even its names in the CORS list of exposed
 * headers. Nor can they name an object by anything but the path. A store may derive the
 * account and the container from Host (Swift's `domain_remap`), so Host is forwarded only
 * for sites named in the configuration and for S3 signatures, which cover it.
 */
export const gatekeeper: FilterPlugin<typeof options> = {
  name: 'gatekeeper',
  options,
  create: (_, { claims, app }) => gatekeeperFilter(claims, app.upstream),
};

/**
 * Creates the filter.
 *
 * @param upstream the store behind, if any: a Location that names it is rewritten to the
 *   proxy
 */
export const gatekeeperFilter =
  (
    claims: FilterContext['claims'],
    upstream: UpstreamServer | undefined,
    keepsHost: (request: Request) => boolean = (request) => mayKeepHost(request, claims),
  ): Filter =>
  (next) =>
  async (request) => {
    const reserved = request.headers.find(isReservedHeader);
    if (reserved !== undefined)
      return textResponse(
        400,
        `The header ${reserved} is reserved for the proxy: do not send it\n`,
      );
    const cleanRequest = withoutReservedType(request);
    if (cleanRequest.reservedType !== undefined && !claims(headOf(request)))
      return textResponse(400, RESERVED_TYPE);
    const response = await next(
      keepsHost(cleanRequest)
        ? cleanRequest
        : { ...cleanRequest, headers: cleanRequest.headers.without('host') },
    );
    const redirected = withOwnLocation(response.headers, cleanRequest, upstream);
    const headers = withoutTypeNotes(redirected.filter((name) => !isReserved(name)));
    const exposed = headers.get('access-control-expose-headers');
    const visible = exposed === undefined ? headers : withoutReserved(headers, exposed);
    return visible === response.headers ? response : { ...response, headers: visible };
  };

/** Whether a header of a request sets or removes a note, by its normalized name. */
function isReservedHeader(name: string): boolean {
  return isReserved(name.startsWith(REMOVE) ? `x-${name.slice(REMOVE.length)}` : name);
}

/**
 * Removes reserved parameters from the content type, which would misrepresent the object
 * to the proxy. Another API's filter refuses them in its own way.
 */
function withoutReservedType(request: Request): Request {
  const type = request.headers.get('content-type');
  if (type === undefined || !hasReservedParameter(type)) return request;
  const headers = request.headers.with('Content-Type', withoutReservedParameters(type));
  return { ...request, headers, reservedType: type };
}

function headOf({ method, path, query, headers }: Request): RequestHead {
  return { method, target: originForm({ path, query }), headers };
}

/** Removes the notes for dialects from the content type; they are not for clients. */
function withoutTypeNotes(headers: Headers): Headers {
  const type = headers.get('content-type');
  if (type === undefined || !hasReservedParameter(type)) return headers;
  return headers.with('Content-Type', withoutReservedParameters(type));
}

/**
 * Whether a request keeps its Host. A filter for another API reads Host itself. The
 * signatures of the store's own S3 API cover it; versioned_writes refuses what such
 * requests would write.
 */
export function mayKeepHost(request: Request, claims: FilterContext['claims']): boolean {
  const { path, headers, query, isSite } = request;
  if (isSite === true || claims(headOf(request))) return true;
  const target = parseTarget(path);
  const isSwiftApi = target !== undefined && isApi(target);
  return !isSwiftApi && isSignedForS3(headers.get('authorization'), query);
}

function withOwnLocation(
  headers: Headers,
  { host }: Request,
  upstream: UpstreamServer | undefined,
): Headers {
  const location = headers.get('location');
  if (location === undefined || host === undefined || !upstream) return headers;
  return headers.with(
    'Location',
    rewriteStoreUrl(location, host, [upstream.origin.host, upstream.host]),
  );
}

function withoutReserved(headers: Headers, exposed: string): Headers {
  const names = exposed.split(',').map((name) => name.trim());
  const exposedNames = names.filter((name) => !isReserved(Headers.key(name)));
  return exposedNames.length === names.length
    ? headers
    : headers.with('Access-Control-Expose-Headers', exposedNames.join(', '));
}
