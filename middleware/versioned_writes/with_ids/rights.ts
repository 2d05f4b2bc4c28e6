import { parseVersionName, versionsContainerOf, containerOfVersions } from '../../../src/core/version_names';
import { drain } from '../../../src/http/body';
import type { Right } from '../../../src/http/authority';
import { credentials } from '../../../src/http/headers';
import {
  subrequest,
  type Authorise,
  type Handler,
  type Request,
  type Response,
} from '../../../src/http/message';
import { formatTarget, type ObjectTarget } from '../../../src/http/path';
import { rightOfOwner, rightShown } from '../../../src/http/shown_right';
import { StoreError } from '../../../src/stores/error';
import { ITSELF } from '../../../src/stores/itself';

/** There is none: no container has a name without a character. */
const NO_CONTAINER = versionsContainerOf('');

/**
 * Whether a client may reach versions by their ids, which takes the right to a container that has no ACL, as on Swift: it is asked for something
 * in a container that is not there.
 *
 * @returns the right to this object's versions, or the store's refusal
 */
export async function rightToVersions(
  request: Request,
  object: ObjectTarget,
  next: Handler,
): Promise<Right | Response> {
  const { version, account } = object;
  const method = ['HEAD', 'DELETE'].includes(request.method) ? request.method : 'GET';
  const path = formatTarget({ version, account, container: NO_CONTAINER, object: 'none' });
  const asked = subrequest(request, { method, path, headers: credentials(request.headers) });
  const response = await next(asked);
  if (response.status === 401 || response.status === 403) return response;
  await drain(response.body);
  const right = rightOfOwner(asked, response, object);
  return right ?? unknown(response);
}

/** Reports that the store's answer shows no right and no refusal. @throws StoreError */
function unknown({ status }: Response): never {
  throw new StoreError(
    'unavailable',
    `whether the client may reach versions is not known: the store answered ${status}`,
    status,
  );
}

/**
 * Establishes a client's right to read versions by their ids: an owner's, or a reader's if the API
 * says so.
 *
 * @returns the right to read this object's versions, or the store's refusal
 * @throws StoreError if the store's answer shows neither
 */
export async function rightToReadVersions(
  request: Request,
  object: ObjectTarget,
  next: Handler,
): Promise<Right | Response> {
  if (!request.dialect?.readersReadVersions) return rightToVersions(request, object, next);
  const headers = credentials(request.headers);
  const asked = subrequest(request, {
    method: 'HEAD',
    path: formatTarget(object),
    query: ITSELF,
    headers,
  });
  const response = await next(asked);
  if (response.status === 401 || response.status === 403) return response;
  await drain(response.body);
  return rightShown(asked, response) ?? unknown(response);
}

/** For an app that keeps objects itself: who may do something with an object may do it with its versions. */
export function asOfObjects(authorise: Authorise): Authorise {
  return (resource) => {
    const { target } = resource;
    const container = containerOfVersions(target.container ?? '');
    const version = parseVersionName(target.object ?? '');
    if (!container || !version) return authorise(resource);
    const { method, readAcl, writeAcl } = resource;
    return authorise({
      method,
      readAcl,
      writeAcl,
      get accountAcl() {
        return resource.accountAcl;
      },
      target: { ...target, container, object: version.object },
    });
  };
}

/** A request whose right to an object is one to its versions. */
export function reaching(request: Request): Request {
  const { authorise } = request;
  return authorise ? { ...request, authorise: asOfObjects(authorise) } : request;
}
