import type { Headers } from '../../src/http/headers';
import type { Power } from '../../src/swift_api/authority/authority';
import {
  announcedRequest,
  grantHeaders,
  isPreflight,
  preflightHeaders,
  withPreflightVary,
  withVary,
} from '../../src/swift_api/cors/headers';
import { fetchRulesIfPossible } from '../../src/swift_api/cors/read_rules';
import { grantOf, type CorsGrant, type CorsRequest } from '../../src/swift_api/cors/rules';
import {
  changesSwiftRule,
  OWN_RULES_REMOVAL,
  readOwnRules,
} from '../../src/swift_api/cors/stored_rules';
import type { Filter, Handler, Request, Response } from '../../src/swift_api/message';
import { statusResponse } from '../../src/swift_api/responses';
import { isApi, isContainer, parseTarget, type ContainerTarget } from '../../src/swift_api/target';

/** The methods of Swift's API, for the response to a preflight that is granted. */
const METHODS = 'DELETE, GET, HEAD, OPTIONS, POST, PUT';

/**
 * Enforces in Swift's API the CORS rules that clients of other APIs have set. What
 * Swift's own headers on a container express is left to the store. A Swift client that
 * sets these headers replaces all other rules.
 *
 * It is in every pipeline, behind the filters for other APIs, which do the same in
 * theirs, and before those that authorise.
 */
export function corsFilter({ power }: { readonly power: Power }): Filter {
  return (next) => (request) => {
    const target = parseTarget(request.path);
    const isClients = request.authority === 'client' && request.dialect === undefined;
    if (!isClients || target?.container === undefined || !isApi(target)) return next(request);
    if (isContainer(target) && /^(PUT|POST)$/.test(request.method))
      return answer(withOneRule(request), target, next, power);
    return answer(request, { ...target, container: target.container }, next, power);
  };
}

/** Removes all other rules if a request changes the rule of Swift's headers. */
function withOneRule(request: Request): Request {
  if (!changesSwiftRule(request.headers)) return request;
  return { ...request, headers: request.headers.withAll(OWN_RULES_REMOVAL) };
}

async function answer(
  request: Request,
  target: ContainerTarget,
  next: Handler,
  power: Power,
): Promise<Response> {
  const { headers, method } = request;
  const origin = headers.get('origin');
  if (!origin) return next(request);
  const rules = await fetchRulesIfPossible(target, request, next, power, readOwnRules);
  if (rules === undefined) return next(request);
  if (method !== 'OPTIONS') {
    const grant = grantOf(rules, { origin, method: ruleMethod(method), headers: [] });
    const response = await next(request);
    return grant ? { ...response, headers: granted(response.headers, grant) } : response;
  }
  const announced = announcedRequest(headers);
  const grant = isPreflight(request)
    ? grantOf(rules, { ...announced, method: ruleMethod(announced.method) })
    : undefined;
  return grant ? preflightResponse(grant, announced) : next(request);
}

/** Returns the method that a rule must allow: a copy is a write. */
function ruleMethod(method: string): string {
  return method === 'COPY' ? 'PUT' : method;
}

function granted(headers: Headers, grant: CorsGrant): Headers {
  const own = headers.without('access-control-expose-headers').withAll(grantHeaders(grant));
  return grant.origin === '*' ? own : withVary(own);
}

function preflightResponse(grant: CorsGrant, announced: CorsRequest): Response {
  const methods = grant.rule.methods.includes('PUT') ? ', COPY' : '';
  const headers = preflightHeaders(grant, announced);
  const allowed = `${headers.get('access-control-allow-methods') ?? ''}${methods}`;
  return statusResponse(
    200,
    withPreflightVary(
      headers.with('Access-Control-Allow-Methods', allowed).with('Allow', METHODS + ', COPY'),
    ),
  );
}
