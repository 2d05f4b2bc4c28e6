import { readAll } from '../../src/http/body';
import { toText, unquote } from '../../src/http/bytes';
import { textResponse, type Request, type Response } from '../../src/http/message';
import { parseQuery, type ContainerTarget, type Target } from '../../src/http/path';
import type { Settings } from './settings';

/** Swift takes 10,000 names of at most 1,024 bytes each, URL-encoded. */
const MOST_BULK_BYTES = 32 * 1024 * 1024;

/**
 * The store's own ways to write that do not pass through this filter one object at a time: they are refused where they
 * would touch a versioned container, since what they destroy could not be archived.
 *
 * @returns the refusal; or the request to go on with, where its body had to be read; or undefined
 */
export async function refuseBypass(
  request: Request,
  target: Target,
  settings: Settings,
): Promise<Response | Request | undefined> {
  const { method } = request;
  if (method === 'GET' || method === 'HEAD') return undefined;
  const query = parseQuery(request.query);

  if (query.has('bulk-delete') && (method === 'POST' || method === 'DELETE'))
    return refuseBulkDelete(request, target, settings);

  if (query.has('extract-archive') && method === 'PUT') {
    if (target.container === undefined) {
      return refusal(
        'An archive can be extracted only into a named container: in this account containers may be versioned',
      );
    }
    return refuseIfVersioned(request, target, [target.container], settings, 'Archive extraction');
  }
  if (target.container === undefined) return undefined;

  const isForm =
    method === 'POST' && /^multipart\/form-data\b/i.test(request.headers.get('content-type') ?? '');
  if (isForm) return refuseIfVersioned(request, target, [target.container], settings, 'FormPOST');

  const isTempUrl = query.has('temp_url_sig') && (method === 'PUT' || method === 'DELETE');
  if (isTempUrl)
    return refuseIfVersioned(request, target, [target.container], settings, `${method} with TempURL`);
  return undefined;
}

async function refuseBulkDelete(
  request: Request,
  target: Target,
  settings: Settings,
): Promise<Response | Request> {
  request.sendContinue?.();
  const body = await readAll(request.body, MOST_BULK_BYTES);
  if (body === undefined)
    return textResponse(413, `The list of names is longer than ${MOST_BULK_BYTES} bytes\n`);
  const containers = new Set<string>();
  for (const line of body.toString('latin1').split('\n')) {
    const [container] = unquote(line.trim()).replace(/^\/+/, '').split('/');
    if (container) containers.add(container);
  }
  const refused = await refuseIfVersioned(request, target, containers, settings, 'Bulk delete');
  return refused ?? { ...request, body };
}

async function refuseIfVersioned(
  request: Request,
  { version, account }: Target,
  containers: Iterable<string>,
  settings: Settings,
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

function refusal(reason: string): Response {
  return textResponse(412, `${reason}\n`);
}
