import { Right } from './grants';
import type { Request, Response } from '../message';
import { isContainer, isObject, parseTarget, type ObjectTarget } from '../target';
import { X_CONTAINER_READ, X_CONTAINER_WRITE } from '../header_names';

type SentRequest = Pick<Request, 'method' | 'path' | 'authority'>;
type ResponseHead = Pick<Response, 'status' | 'headers'>;

const ACLS = [X_CONTAINER_READ, X_CONTAINER_WRITE];

/** The error response to a client that lacks a right; undefined if it has the right. */
export function refusalIn(result: Right | Response): Response | undefined {
  return 'status' in result ? result : undefined;
}

/**
 * The right that the store's response to a request as the client proves; undefined if it
 * proves none.
 *
 * - An object that was read, or does not exist: to read it.
 * - A container that was read: to list it; to change it if ACLs are shown, which only
 *   owners see.
 * - A container that was changed: to change it.
 */
export function provenRight(
  request: SentRequest,
  { status, headers }: ResponseHead,
): Right | undefined {
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
 * The right to read an object whose link the store followed for the client, though it
 * refused the link's target: `Content-Location` in the refusal says so.
 */
export function rightToLink(
  request: SentRequest,
  { status, headers }: ResponseHead,
): Right | undefined {
  const target = parseTarget(request.path);
  const isRefused = status === 401 || status === 403;
  if (request.authority !== 'client' || !target || !isObject(target)) return undefined;
  return isRefused && headers.has('content-location')
    ? Right.established('read', target)
    : undefined;
}

/**
 * The right to an object's versions, proven by the response to a request as the client
 * for something in a container that has no ACL and does not exist: only owners get a 404.
 */
export function rightOfOwner(
  request: SentRequest,
  { status }: ResponseHead,
  object: ObjectTarget,
): Right | undefined {
  const isOwnAccount =
    request.authority === 'client' && parseTarget(request.path)?.account === object.account;
  return isOwnAccount && status === 404 ? Right.established('read', object) : undefined;
}

/**
 * The right to change a container, proven by the response to a POST as the client that
 * changes nothing. The store checks it before it knows whether the container exists.
 */
export function rightToChange(request: SentRequest, { status }: ResponseHead): Right | undefined {
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
