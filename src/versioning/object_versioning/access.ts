import { parseVersionName, versionsContainerOf, containerOfVersions } from './version_names';
import { drain } from '../../http/body';
import type { Right } from '../../swift_api/authority/authority';
import { type Authorise, type Handler, type Request, type Response } from '../../swift_api/message';
import { type ObjectTarget } from '../../swift_api/target';
import { rightOfOwner, provenRight } from '../../swift_api/authority/shown_right';
import { StoreError } from '../../util/store_error';
import { ITSELF_QUERY } from '../../swift_api/itself';
import { SwiftClient } from '../../swift_api/client';

/** Does not exist: no container has an empty name. */
const NO_CONTAINER = versionsContainerOf('');

/**
 * Establishes a client's right to access versions by their ids. As in Swift, it is the
 * right to a container that has no ACL, which a request for an object in a nonexistent
 * container proves.
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
  const none = { version, account, container: NO_CONTAINER, object: 'none' };
  const probe = new SwiftClient(next, request).request(method, none);
  return establishRight(probe, next, (response) => rightOfOwner(probe, response, object));
}

/**
 * Establishes a client's right to read versions by their ids: an owner's, or a reader's
 * if the API says so.
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
  const probe = new SwiftClient(next, request).request('HEAD', object, { query: ITSELF_QUERY });
  return establishRight(probe, next, (response) => provenRight(probe, response));
}

async function establishRight(
  request: Request,
  next: Handler,
  readRight: (response: Response) => Right | undefined,
): Promise<Right | Response> {
  const response = await next(request);
  const { status } = response;
  if (status === 401 || status === 403) return response;
  await drain(response.body);
  const right = readRight(response);
  if (right) return right;
  throw new StoreError(
    'unavailable',
    `could not determine whether the client may access versions: the store answered ${status}`,
    status,
  );
}

/**
 * For an app that stores objects itself: grants a client the same rights to versions as
 * to their object.
 */
function authoriseAsObject(authorise: Authorise): Authorise {
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

/** Returns a request whose right to an object extends to its versions. */
export function withVersionAccess(request: Request): Request {
  const { authorise } = request;
  return authorise ? { ...request, authorise: authoriseAsObject(authorise) } : request;
}
