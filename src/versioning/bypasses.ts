import { randomUUID } from 'node:crypto';
import { isVersionsContainer } from './object_versioning/version_names';
import { holdNames, namesIn } from '../plugin/held_names';
import { toText } from '../http/bytes';
import { withHeld } from '../swift_api/held_body';
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

/** A way of the store's own to write. */
export interface Bypass {
  readonly name: string;
  /** How it could be done all the same. */
  readonly remedy: string;
  /** @param power in whose name the proxy archives */
  readonly is: (call: Call, power: Power) => boolean;
}

const ONE_BY_ONE = 'write its objects one by one';

/** The store's own ways to write, each told by its request. */
const BYPASSES: readonly Bypass[] = [
  {
    name: 'Bulk delete',
    remedy: ONE_BY_ONE,
    is: ({ request, query }) => /^(POST|DELETE)$/.test(request.method) && query.has('bulk-delete'),
  },
  {
    name: 'Archive extraction',
    remedy: ONE_BY_ONE,
    is: ({ request, query }) => request.method === 'PUT' && query.has('extract-archive'),
  },
  {
    name: 'FormPOST',
    remedy: 'that needs the filter formpost, and a service user',
    is: ({ request: { method, headers } }) =>
      method === 'POST' && /^multipart\/form-data\b/i.test(headers.get('content-type') ?? ''),
  },
  {
    name: 'TempURL',
    remedy: 'that needs a service user',
    // a service user can archive for whoever the store finds to have signed, and else there is only the signature
    is: ({ request }, power) =>
      power === 'client' && /^(PUT|DELETE)$/.test(request.method) && isTempUrl(request),
  },
];

/** The way of the store's own in which a request writes, if it does, and so does not pass through this filter one object at a time. */
export function bypassOf(call: Call, power: Power): Bypass | undefined {
  return BYPASSES.find(({ is }) => is(call, power));
}

/** What bypasses are judged by. */
export interface BypassContext {
  readonly settings: Pick<PolicyCache, 'get'>;
  /** Whether there are containers that no client reaches. */
  readonly hides: boolean;
  readonly app: Pick<App, 'mayWrite' | 'limits'>;
}

/** There is no such container, so no ACL of one lets anybody do anything. */
const NO_CONTAINER = `hindsight-none-${randomUUID()}`;

/**
 * Refuses a bypass that would touch a versioned container, since what it destroys could not be archived.
 *
 * @returns the refusal, or the request to go on with
 */
export async function checkBypass(
  bypass: Bypass,
  { request, target }: Call,
  judging: BypassContext,
): Promise<Response | Request> {
  const { settings } = judging;
  if (bypass.name === 'Bulk delete') return checkBulkDelete(bypass, request, target, judging);
  if (target.container === undefined) {
    if (bypass.name !== 'Archive extraction') return request;
    return refusal(
      'An archive can be extracted only into a named container: others of this account may be versioned',
    );
  }
  return (
    (await refuseIfVersioned(request, target, [target.container], settings, bypass)) ?? request
  );
}

/** Refuses a bypass whose path the store may read as an account's, and nobody else. */
export function refuseNowhere({ name }: Bypass): Response {
  return textResponse(400, `${name} needs the path of an account, or of a container\n`);
}

/** A request without what Swift takes out of a temporary URL's query, so that nobody reads more into it than the store does. */
export function asSigned(request: Request): Request {
  return isTempUrl(request) ? { ...request, query: tempUrlQuery(request.query) } : request;
}

async function checkBulkDelete(
  bypass: Bypass,
  request: Request,
  target: Target,
  { settings, hides, app }: BypassContext,
): Promise<Response | Request> {
  const none = { ...target, container: NO_CONTAINER, object: 'none' };
  const body = await holdNames(request, target, app, async () =>
    refusalIn(await app.mayWrite(request, none)),
  );
  if ('status' in body) return body;
  const containers = new Set<string>();
  for await (const name of namesIn(body)) {
    const [container] = name.replace(/^\/+/, '').split('/');
    if (container) containers.add(container);
  }
  if (hides && [...containers].some(isVersionsContainer))
    return refuseHidden(400, 'A container in the list');
  const refused = await refuseIfVersioned(request, target, containers, settings, bypass);
  return refused ?? withHeld(request, body);
}

async function refuseIfVersioned(
  request: Request,
  { version, account }: Target,
  containers: Iterable<string>,
  settings: Pick<PolicyCache, 'get'>,
  { name, remedy }: Bypass,
): Promise<Response | undefined> {
  for (const container of containers) {
    const target: ContainerTarget = { version, account, container };
    if (!keepsVersions(await settings.get(request, target))) continue;
    return refusal(
      `${name} would get past the versions of the container ${toText(container)}: ${remedy}`,
    );
  }
  return undefined;
}

/**
 * Whether a request writes through the S3 API of the store behind, whose accounts and buckets only the store can tell, so that none of
 * these writes can be shown to spare versioned containers.
 */
export function isS3Write({ method, headers, query }: Request): boolean {
  return (
    !['GET', 'HEAD', 'OPTIONS'].includes(method) &&
    isSignedForS3(headers.get('authorization'), query)
  );
}

/** In S3's own form. */
export function refuseS3(): Response {
  const message =
    "Writes through the store's own S3 API would get past the versions of its containers";
  const body = Buffer.from(
    `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>NotImplemented</Code><Message>${message}</Message></Error>\n`,
  );
  const headers = Headers.of({
    'Content-Type': 'application/xml',
    'Content-Length': String(body.length),
  });
  return { status: 501, headers, body };
}

function refusal(reason: string): Response {
  return textResponse(412, `${reason}\n`);
}
