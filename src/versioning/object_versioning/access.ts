import { parseVersionName, versionsContainerOf, containerOfVersions } from './version_names';
import { drain } from '../../http/body';
import type { Right } from '../../swift_api/authority/authority';
import { type Authorise, type Handler, type Request, type Response } from '../../swift_api/message';
import { type ObjectTarget } from '../../swift_api/target';
import { rightOfOwner, rightShown } from '../../swift_api/authority/shown_right';
import { StoreError } from '../../util/store_error';
import { ITSELF } from '../../swift_api/itself';
import { SwiftClient } from '../../swift_api/client';

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
  const none = { version, account, container: NO_CONTAINER, object: 'none' };
  const asked = new SwiftClient(next, request).request(method, none);
  return established(asked, next, (response) => rightOfOwner(asked, response, object));
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
  const asked = new SwiftClient(next, request).request('HEAD', object, { query: ITSELF });
  return established(asked, next, (response) => rightShown(asked, response));
}

async function established(
  request: Request,
  next: Handler,
  rightIn: (response: Response) => Right | undefined,
): Promise<Right | Response> {
  const response = await next(request);
  const { status } = response;
  if (status === 401 || status === 403) return response;
  await drain(response.body);
  const right = rightIn(response);
  if (right) return right;
  throw new StoreError(
    'unavailable',
    `whether the client may reach versions is not known: the store answered ${status}`,
    status,
  );
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
