import type { Passthrough } from '../config/passthrough';
import { isPassedThrough, isSiteHost } from '../config/passthrough';
import type { Headers } from '../http/headers';
import { isReadMethod } from '../swift_api/message';
import {
  MAX_TARGET_BYTES,
  MAX_PARAMETERS,
  originForm,
  type RequestTarget,
} from '../swift_api/request_target';
import { isSignedForS3 } from '../swift_api/s3_requests';
import type { Config } from '../pipeline/load';

/**
 * Who serves a request: the pipeline; the store, through the pipeline but not by the
 * object API's paths (`site` by its Host, `s3` by its signature); the store, bypassing
 * the pipeline (`store`); nobody, since it is not passed through (`absent`) or has more
 * than one reading (`refused`).
 */
export type Route = 'pipeline' | 'site' | 's3' | 'store' | 'absent' | 'refused';

/** The head of a request, before its body is read. */
export interface RoutedHead {
  readonly method: string;
  readonly target: RequestTarget;
  readonly headers: Headers;
}

/**
 * Decides the route of a request by the one reading of its target.
 *
 * @param config says whether a filter answers the request in an API of its own, whose
 *   paths only it reads; or without a signature, by a path that nobody else names
 * @param passthrough what else is forwarded to the store; undefined: there is no store to
 *   forward to
 */
export function routeOf(
  head: RoutedHead,
  { claims, ownsUnsigned }: Pick<Config, 'claims' | 'ownsUnsigned'>,
  passthrough: Passthrough | undefined,
): Route {
  const { method, target } = head;
  const headers = withEffectiveHost(target, head.headers);
  if (target.reading === 'malformed') return 'refused';
  if (target.reading === 'api') return 'pipeline';
  if (claims({ method, target: originForm(target), headers })) return 'pipeline';
  if (target.reading === 'ambiguous' || target.hasDoubtfulStart) return 'refused';
  if (passthrough === undefined) return 'pipeline';
  if (isSignedForS3(headers.get('authorization'), target.query)) return 's3';
  if (isSiteHost(headers.get('host'), passthrough.hosts))
    return isReadMethod(method) ? 'site' : 'absent';
  if (isPassedThrough(method, target.path, passthrough.rules)) return 'store';
  const { path, query } = target;
  return ownsUnsigned({ method, path, query, headers }, passthrough) ? 'pipeline' : 'absent';
}

/**
 * Returns the headers with the effective Host: a target that names a host overrides the
 * header (RFC 9112, 3.2.2).
 */
export function withEffectiveHost({ authority }: RequestTarget, headers: Headers): Headers {
  return authority === undefined ? headers : headers.with('Host', authority);
}

/** Returns the message for a refused target. */
export function refusalMessage({ reading }: RequestTarget): string {
  return reading === 'malformed'
    ? `The target of a request must be a path, or an http URL with only host and port before its path, of at most ${MAX_TARGET_BYTES} bytes and ${MAX_PARAMETERS} parameters\n`
    : 'This path is ambiguous: servers may or may not take it for a path of the object API\n';
}
