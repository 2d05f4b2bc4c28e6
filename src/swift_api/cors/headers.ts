import { Headers } from '../../http/headers';
import type { CorsGrant, CorsRequest } from './rules';

const REQUEST_METHOD = 'access-control-request-method';
const REQUEST_HEADERS = 'access-control-request-headers';

/** The request headers by which responses to preflights differ. */
const VARY_OF_PREFLIGHT = [
  'Origin',
  'Access-Control-Request-Headers',
  'Access-Control-Request-Method',
];

/** Whether a request is a preflight: one that asks whether a page may send another. */
export function isPreflight({
  method,
  headers,
}: {
  readonly method: string;
  readonly headers: Headers;
}): boolean {
  return method === 'OPTIONS' && !!headers.get('origin') && !!headers.get(REQUEST_METHOD);
}

/** Returns the request that a preflight announces. */
export function announcedRequest(headers: Headers): CorsRequest {
  return {
    origin: headers.get('origin') ?? '',
    method: headers.get(REQUEST_METHOD) ?? '',
    headers: (headers.get(REQUEST_HEADERS) ?? '')
      .split(',')
      .map((name) => name.trim().toLowerCase())
      .filter(Boolean),
  };
}

/** Returns the headers of the response to a preflight that is granted. */
export function preflightHeaders(grant: CorsGrant, { headers }: CorsRequest): Headers {
  const { methods, maxAge } = grant.rule;
  return Headers.of({
    'Access-Control-Allow-Methods': methods.join(', '),
    'Access-Control-Allow-Headers': headers.length === 0 ? undefined : headers.join(', '),
    'Access-Control-Max-Age': maxAge === undefined ? undefined : String(maxAge),
  }).withAll(grantHeaders(grant));
}

/** Returns the headers by which a page may read a response. */
export function grantHeaders({ origin, rule: { exposed } }: CorsGrant): Headers {
  return Headers.of({
    'Access-Control-Allow-Origin': origin,
    'Access-Control-Expose-Headers': exposed.length === 0 ? undefined : exposed.join(', '),
  });
}

/** Adds that a response depends on the origin, and a preflight's on what it announces. */
export function withVary(headers: Headers, names: readonly string[] = ['Origin']): Headers {
  const present = headers.get('vary');
  if (present?.trim() === '*') return headers;
  const known = new Set((present ?? '').split(',').map((name) => name.trim().toLowerCase()));
  const missing = names.filter((name) => !known.has(name.toLowerCase()));
  if (missing.length === 0) return headers;
  return headers.with('Vary', [...(present ? [present] : []), ...missing].join(', '));
}

/** Like `withVary`, for the response to a preflight. */
export function withPreflightVary(headers: Headers): Headers {
  return withVary(headers, VARY_OF_PREFLIGHT);
}
