import { readAll } from '../../src/http/body';
import { strip, toText, unquote } from '../../src/http/bytes';
import { Headers } from '../../src/http/headers';
import { textResponse, type Request, type Response } from '../../src/http/message';
import { parseQuery, type ContainerTarget, type Target } from '../../src/http/path';
import { isSignedForS3 } from '../../src/http/s3';
import type { Settings } from './settings';

/** Swift takes 10,000 names of at most 1,024 bytes each, URL-encoded. */
const MOST_BULK_BYTES = 32 * 1024 * 1024;

/** The store's own ways to write, each told by its request. */
const BYPASSES: readonly { readonly name: string; readonly is: (request: Request) => boolean }[] = [
  {
    name: 'Bulk delete',
    is: ({ method, query }) => /^(POST|DELETE)$/.test(method) && parseQuery(query).has('bulk-delete'),
  },
  {
    name: 'Archive extraction',
    is: ({ method, query }) => method === 'PUT' && parseQuery(query).has('extract-archive'),
  },
  {
    name: 'FormPOST',
    is: ({ method, headers }) =>
      method === 'POST' && /^multipart\/form-data\b/i.test(headers.get('content-type') ?? ''),
  },
  {
    name: 'TempURL',
    is: ({ method, query }) => /^(PUT|DELETE)$/.test(method) && parseQuery(query).has('temp_url_sig'),
  },
];

/** Whether a request writes in a way of the store's own, which does not pass through this filter one object at a time. */
export function isBypass(request: Request): boolean {
  return BYPASSES.some(({ is }) => is(request));
}

/**
 * Refuses a bypass that would touch a versioned container, since what it destroys could not be archived.
 *
 * @returns the refusal, or the request to go on with
 */
export async function checkBypass(
  request: Request,
  target: Target,
  settings: Pick<Settings, 'inForce'>,
): Promise<Response | Request> {
  const name = BYPASSES.find(({ is }) => is(request))?.name ?? '';
  if (name === 'Bulk delete') return checkBulkDelete(request, target, settings);
  if (target.container === undefined) {
    if (name !== 'Archive extraction') return request;
    return refusal(
      'An archive can be extracted only into a named container: others of this account may be versioned',
    );
  }
  return (await refuseIfVersioned(request, target, [target.container], settings, name)) ?? request;
}

async function checkBulkDelete(
  request: Request,
  target: Target,
  settings: Pick<Settings, 'inForce'>,
): Promise<Response | Request> {
  request.sendContinue?.();
  const body = await readAll(request.body, MOST_BULK_BYTES);
  if (body === undefined)
    return textResponse(413, `The list of names is longer than ${MOST_BULK_BYTES} bytes\n`);
  const containers = new Set<string>();
  for (const line of body.toString('latin1').split('\n')) {
    const [container] = unquote(strip(line)).replace(/^\/+/, '').split('/');
    if (container) containers.add(container);
  }
  const refused = await refuseIfVersioned(request, target, containers, settings, 'Bulk delete');
  return refused ?? { ...request, body };
}

async function refuseIfVersioned(
  request: Request,
  { version, account }: Target,
  containers: Iterable<string>,
  settings: Pick<Settings, 'inForce'>,
  what: string,
): Promise<Response | undefined> {
  for (const container of containers) {
    const asked: ContainerTarget = { version, account, container };
    if ((await settings.inForce(request, asked)).kind !== 'versioned') continue;
    return refusal(
      `${what} would get past the versions of the container ${toText(container)}: write its objects one by one`,
    );
  }
  return undefined;
}

/**
 * Whether a request writes through the S3 API of the store behind, whose accounts and buckets only the store can tell, so that none of
 * these writes can be shown to spare versioned containers.
 */
export function isS3Write({ method, headers, query }: Request): boolean {
  return !['GET', 'HEAD', 'OPTIONS'].includes(method) && isSignedForS3(headers.get('authorization'), query);
}

/** In S3's own form. */
export function refuseS3(): Response {
  const message = "Writes through the store's own S3 API would get past the versions of its containers";
  const body = Buffer.from(
    `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>NotImplemented</Code><Message>${message}</Message></Error>\n`,
  );
  const headers = Headers.of({ 'Content-Type': 'application/xml', 'Content-Length': String(body.length) });
  return { status: 501, headers, body };
}

function refusal(reason: string): Response {
  return textResponse(412, `${reason}\n`);
}
