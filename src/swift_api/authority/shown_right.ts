import { Right } from './grants';
import type { Request, Response } from '../message';
import { isContainer, isObject, parseTarget, type ObjectTarget } from '../target';

type Sent = Pick<Request, 'method' | 'path' | 'authority'>;
type Answer = Pick<Response, 'status' | 'headers'>;

const ACLS = ['x-container-read', 'x-container-write'];

/** The refusal of a client that was asked after a right which it has not. */
export function refusalIn(found: Right | Response): Response | undefined {
  return 'status' in found ? found : undefined;
}

/**
 * The right that the store's answer to a request in the client's own name shows; undefined if it shows none.
 *
 * - An object that is read, or is not there: to read it.
 * - A container that is read: to list it; if ACLs are shown, which only owners see, to change it.
 * - A container that is changed: to change it.
 */
export function rightShown(request: Sent, { status, headers }: Answer): Right | undefined {
  const target = parseTarget(request.path);
  if (request.authority !== 'client' || target === undefined) return undefined;
  const isRead = request.method === 'GET' || request.method === 'HEAD';
  if (isObject(target))
    return isRead && (status < 300 || status === 404)
      ? Right.established('read', target)
      : undefined;
  if (!isContainer(target) || status >= 300) return undefined;
  if (!isRead) return Right.established('change', target);
  const isOwner = ACLS.some((name) => headers.has(name));
  return Right.established(isOwner ? 'change' : 'list', target);
}

/**
 * The right to read an object whose link the store followed for the client, though it refused what the link leads to:
 * that is what `Content-Location` on a refusal says.
 */
export function rightToLink(request: Sent, { status, headers }: Answer): Right | undefined {
  const target = parseTarget(request.path);
  const isRefused = status === 401 || status === 403;
  if (request.authority !== 'client' || !target || !isObject(target)) return undefined;
  return isRefused && headers.has('content-location')
    ? Right.established('read', target)
    : undefined;
}

/**
 * The right to an object's versions, shown by the answer to a request in the client's own name for something in a
 * container that has no ACL and is not there: 404 is for owners only.
 */
export function rightOfOwner(
  request: Sent,
  { status }: Answer,
  object: ObjectTarget,
): Right | undefined {
  const isOwn =
    request.authority === 'client' && parseTarget(request.path)?.account === object.account;
  return isOwn && status === 404 ? Right.established('read', object) : undefined;
}

/**
 * The right to change a container, shown by the answer to a POST of the client's that changes nothing. It is judged
 * before it is known whether the container is there.
 */
export function rightToChange(request: Sent, { status }: Answer): Right | undefined {
  const target = parseTarget(request.path);
  if (
    request.authority !== 'client' ||
    request.method !== 'POST' ||
    !target ||
    !isContainer(target)
  )
    return undefined;
  const isAllowed = status < 500 && status !== 401 && status !== 403;
  return isAllowed ? Right.established('change', target) : undefined;
}
