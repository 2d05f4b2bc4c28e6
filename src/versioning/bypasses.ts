import { randomUUID } from 'node:crypto';
import { isVersionsContainer } from './object_versioning/version_names';
import { holdNames, readNames } from '../plugin/held_names';
import { toText } from '../http/bytes';
import { withHeldBody } from '../swift_api/held_body';
import { Headers } from '../http/headers';
import type { Power } from '../swift_api/authority/authority';
import { textResponse, type Request, type Response } from '../swift_api/message';
import type { ContainerTarget, Target } from '../swift_api/target';
import { isSignedForS3 } from '../swift_api/s3_requests';
import { refusalIn } from '../swift_api/authority/shown_right';
import { isTempUrl, tempUrlQuery } from '../swift_api/temp_url/temp_url';
import type { App } from '../plugin/plugin';
import type { Call } from './calls';
import { keepsVersions, type PolicyCache } from './policy';
import { refuseHidden } from './object_versioning/containers/hidden_names';

/** One of the store's own ways to write that bypass this filter. */
export interface Bypass {
  readonly name: string;
  /** What to do instead, for the client. */
  readonly remedy: string;
  /** @param power in whose name the proxy archives */
  readonly matches: (call: Call, power: Power) => boolean;
}

const ONE_BY_ONE = 'write or delete its objects one by one';

/** The store's own ways to write, recognised by their requests. */
const BYPASSES: readonly Bypass[] = [
  {
    name: 'Bulk delete',
    remedy: ONE_BY_ONE,
    // the query is parsed only if the method matches
    matches: (call) => /^(POST|DELETE)$/.test(call.request.method) && call.query.has('bulk-delete'),
  },
  {
    name: 'Archive extraction',
    remedy: 'needs the filter bulk before versioned_writes',
    matches: (call) => call.request.method === 'PUT' && call.query.has('extract-archive'),
  },
  {
    name: 'FormPOST',
    remedy: 'this needs the filter formpost and a service user',
    matches: ({ request: { method, headers } }) =>
      method === 'POST' && /^multipart\/form-data\b/i.test(headers.get('content-type') ?? ''),
  },
  {
    name: 'TempURL',
    remedy: 'this needs a service user',
    // a service user can archive if the store accepts the signature; without one there is
    // only the signature, which gives no right to archive
    matches: ({ request }, power) =>
      power === 'client' && /^(PUT|DELETE)$/.test(request.method) && isTempUrl(request),
  },
];

/** Returns the store's own way to write that a request uses, if any. */
export function findBypass(call: Call, power: Power): Bypass | undefined {
  return BYPASSES.find(({ matches }) => matches(call, power));
}

/** What the check of a bypass needs. */
export interface BypassContext {
  readonly policies: Pick<PolicyCache, 'get'>;
  /** Whether there are containers that are hidden from clients. */
  readonly hides: boolean;
  readonly app: Pick<App, 'mayWrite' | 'limits'>;
}

/** A container that does not exist, so that no container ACL grants anything. */
const NO_CONTAINER = `hindsight-none-${randomUUID()}`;

/**
 * Refuses a bypass that would touch a versioned container, since what it destroys could
 * not be archived; and archives that the store would extract, into any container.
 *
 * @returns the refusal, or the request to go on with
 */
export async function checkBypass(
  bypass: Bypass,
  { request, target }: Call,
  context: BypassContext,
): Promise<Response | Request> {
  const { policies } = context;
  if (bypass.name === 'Bulk delete') return checkBulkDelete(bypass, request, target, context);
  // its entries set headers that the gatekeeper does not see: the proxy's own notes, too
  if (bypass.name === 'Archive extraction') return refuse(`${bypass.name} ${bypass.remedy}`);
  if (target.container === undefined) return request;
  return (
    (await refuseIfVersioned(request, target, [target.container], policies, bypass)) ?? request
  );
}

/** Refuses a bypass whose path only the store may read as an account's. */
export function refuseUnknownPath({ name }: Bypass): Response {
  return textResponse(400, `${name} needs the path of an account or a container\n`);
}

/**
 * Returns a request without the parameters that Swift drops from a temporary URL's query,
 * so that no filter acts on a parameter that the store ignores.
 */
export function withSignedQuery(request: Request): Request {
  return isTempUrl(request) ? { ...request, query: tempUrlQuery(request.query) } : request;
}

async function checkBulkDelete(
  bypass: Bypass,
  request: Request,
  target: Target,
  { policies, hides, app }: BypassContext,
): Promise<Response | Request> {
  const absent = { ...target, container: NO_CONTAINER, object: 'none' };
  const body = await holdNames(request, target, app, async () =>
    refusalIn(await app.mayWrite(request, absent)),
  );
  if ('status' in body) return body;
  const containers = new Set<string>();
  for await (const name of readNames(body)) {
    const [container] = name.replace(/^\/+/, '').split('/');
    if (container) containers.add(container);
  }
  if (hides && [...containers].some(isVersionsContainer))
    return refuseHidden(400, 'A container in the list');
  const refusal = await refuseIfVersioned(request, target, containers, policies, bypass);
  return refusal ?? withHeldBody(request, body);
}

async function refuseIfVersioned(
  request: Request,
  { version, account }: Target,
  containers: Iterable<string>,
  policies: Pick<PolicyCache, 'get'>,
  { name, remedy }: Bypass,
): Promise<Response | undefined> {
  for (const container of containers) {
    const target: ContainerTarget = { version, account, container };
    if (!keepsVersions(await policies.get(request, target))) continue;
    return refuse(
      `${name} would bypass the versioning of the container ${toText(container)}: ${remedy}`,
    );
  }
  return undefined;
}

/**
 * Whether a request writes through the store's own S3 API. Only the store knows the
 * accounts and buckets of these, so no such write can be shown to spare versioned
 * containers.
 */
export function isS3Write({ method, headers, query }: Request): boolean {
  return (
    !['GET', 'HEAD', 'OPTIONS'].includes(method) &&
    isSignedForS3(headers.get('authorization'), query)
  );
}

/** Returns a refusal in S3's own format. */
export function refuseS3(): Response {
  const message = "Writes through the store's own S3 API would bypass the versioning of containers";
  const body = Buffer.from(
    `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>NotImplemented</Code><Message>${message}</Message></Error>\n`,
  );
  const headers = Headers.of({
    'Content-Type': 'application/xml',
    'Content-Length': String(body.length),
  });
  return { status: 501, headers, body };
}

function refuse(reason: string): Response {
  return textResponse(412, `${reason}\n`);
}
