import { Headers } from '../../../http/headers';
import type { Response } from '../../../swift_api/message';
import type { Attributes } from '../storage/storage';
import { statusResponse } from './answers';
import { authorise, type Call, type CorsSettings } from './call';
import { ALWAYS_EXPOSED } from '../../../swift_api/cors/stored_rules';

/** Only the containers allow origins. */
export const CONTAINERS_ONLY: CorsSettings = {
  cors_allow_origin: [],
  cors_expose_headers: [],
  strict_cors_mode: true,
};

const METHODS = ['COPY', 'DELETE', 'GET', 'HEAD', 'OPTIONS', 'POST', 'PUT'];

/**
 * Adds the CORS headers with which a cross-origin script can read the response, if its
 * container or the operator allows that (Swift's `cors_validation`).
 */
export function withCors(call: Call, response: Response): Response {
  const origin = call.request.headers.get('origin');
  if (!origin) return response;
  const { cors } = call;
  const attributes = containerAttributes(call);
  if (cors.strict_cors_mode && !isAllowed(attributes, origin, cors)) return response;
  const exposed = new Set([...ALWAYS_EXPOSED, ...cors.cors_expose_headers]);
  // Swift adds the headers about a copy's source later
  const visible = /^(GET|HEAD)$/.test(call.request.method) ? response.headers : Headers.none;
  for (const [key] of visible.entries())
    if (key.startsWith('x-container-meta') || key.startsWith('x-object-meta')) exposed.add(key);
  const more = attributes['x-container-meta-access-control-expose-headers'] ?? '';
  for (const name of more.split(' ')) if (name.trim()) exposed.add(name.trim().toLowerCase());
  const headers = Headers.of({ 'Access-Control-Expose-Headers': [...exposed].join(', ') });
  return {
    ...response,
    headers: withOrigin(response.headers.withAll(headers), attributes, origin),
  };
}

/** Answers OPTIONS; with an Origin, a CORS preflight. */
export function preflight(call: Call): Response {
  const { request, target } = call;
  const methods = METHODS.filter((each) => each !== 'COPY' || target.object !== undefined);
  const origin = request.headers.get('origin');
  if (!origin) authorise(call, 'OPTIONS', target);
  const headers = Headers.of({ Allow: methods.join(', ') });
  if (!origin || target.container === undefined) return statusResponse(200, headers);
  const attributes = containerAttributes(call);
  const requestedMethod = request.headers.get('access-control-request-method') ?? '';
  if (!isAllowed(attributes, origin, call.cors) || !methods.includes(requestedMethod)) {
    // Swift's `copy` adds COPY to successful responses only
    const allowed = methods.filter((each) => each !== 'COPY');
    return statusResponse(401, Headers.of({ Allow: allowed.join(', ') }));
  }
  const requestedHeaders = request.headers.get('access-control-request-headers');
  const preflightHeaders = Headers.of({
    'Access-Control-Allow-Methods': methods.join(', '),
    'Access-Control-Max-Age': attributes['x-container-meta-access-control-max-age'],
    'Access-Control-Allow-Headers': requestedHeaders,
    Vary: requestedHeaders === undefined ? undefined : 'Access-Control-Request-Headers',
  });
  return statusResponse(200, withOrigin(headers.withAll(preflightHeaders), attributes, origin));
}

function containerAttributes({ target, storage }: Call): Attributes {
  return storage.container(target.account, target.container ?? '')?.attributes ?? {};
}

function allowedOrigins(attributes: Attributes): string[] {
  const allowed = attributes['x-container-meta-access-control-allow-origin'] ?? '';
  return allowed.split(' ').map((each) => each.trim());
}

function isAllowed(attributes: Attributes, origin: string, cors: CorsSettings): boolean {
  const allowed = [...allowedOrigins(attributes), ...cors.cors_allow_origin];
  return allowed.includes(origin) || allowed.includes('*');
}

function withOrigin(headers: Headers, attributes: Attributes, origin: string): Headers {
  const isAny = attributes['x-container-meta-access-control-allow-origin']?.trim() === '*';
  if (isAny) return headers.with('Access-Control-Allow-Origin', '*');
  const vary = headers.get('vary');
  return headers
    .with('Access-Control-Allow-Origin', origin)
    .with('Vary', vary === undefined ? 'Origin' : `${vary}, Origin`);
}
