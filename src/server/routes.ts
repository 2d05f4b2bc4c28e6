import type { Passthrough } from '../config/passthrough';
import { isPassedThrough, isSite } from '../config/passthrough';
import type { Headers } from '../http/headers';
import { isReading } from '../swift_api/message';
import {
  MAX_BYTES,
  MAX_PARAMETERS,
  originForm,
  type RequestTarget,
} from '../swift_api/request_target';
import { isSignedForS3 } from '../swift_api/s3_requests';
import type { RequestHead } from '../plugin/plugin';

/**
 * Who serves a request: the pipeline; the store, asked through the pipeline by something else than
 * the object API's paths (`site` by its Host, `s3` by its signature); the store, past the pipeline
 * (`store`); nobody, since it is not passed on (`absent`) or has more than one reading (`refused`).
 */
export type Route = 'pipeline' | 'site' | 's3' | 'store' | 'absent' | 'refused';

/** A request before anybody has looked at its body. */
export interface RoutedHead {
  readonly method: string;
  readonly target: RequestTarget;
  readonly headers: Headers;
}

/**
 * Decides by the one reading of a request's target.
 *
 * @param claims whether a filter answers the request in an API of its own, whose paths only it reads
 * @param passthrough what a store behind is asked besides; undefined: there is none
 */
export function routeOf(
  head: RoutedHead,
  claims: (head: RequestHead) => boolean,
  passthrough: Passthrough | undefined,
): Route {
  const { method, target } = head;
  const headers = hostedBy(target, head.headers);
  if (target.reading === 'malformed') return 'refused';
  if (target.reading === 'api') return 'pipeline';
  if (claims({ method, target: originForm(target), headers })) return 'pipeline';
  if (target.reading === 'ambiguous' || target.hasDoubtfulStart) return 'refused';
  if (passthrough === undefined) return 'pipeline';
  if (isSignedForS3(headers.get('authorization'), target.query)) return 's3';
  if (isSite(headers.get('host'), passthrough.hosts)) return isReading(method) ? 'site' : 'absent';
  return isPassedThrough(method, target.path, passthrough.rules) ? 'store' : 'absent';
}

/** Headers with the Host that counts: a target that names a host takes its place (RFC 9112, 3.2.2). */
export function hostedBy({ authority }: RequestTarget, headers: Headers): Headers {
  return authority === undefined ? headers : headers.with('Host', authority);
}

/** Why a target is refused. */
export function refusalOf({ reading }: RequestTarget): string {
  return reading === 'malformed'
    ? `The target of a request is a path, or an http URL with only host and port before its path, of at most ${MAX_BYTES} bytes and ${MAX_PARAMETERS} parameters\n`
    : 'This path is one of the object API to some servers and another one to others\n';
}
