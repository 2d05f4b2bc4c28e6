import { drain, whileUnread } from '../../http/body';
import { quote } from '../../http/bytes';
import type { Authority } from '../../swift_api/authority/authority';
import { Headers } from '../../http/headers';
import type { Handler, Request, Response } from '../../swift_api/message';
import type { ObjectCall } from '../calls';
import { formatTarget, type ObjectTarget } from '../../swift_api/target';
import { isTempUrl } from '../../swift_api/temp_url/temp_url';
import { isCopy } from '../../swift_api/object_writes';
import type { SentWrite } from './version_operation';
import type { Expiry } from '../store/store';
import { ITSELF_QUERY } from '../../swift_api/itself';
import { unavailableResponse } from '../error_responses';
import type { LockedRequest } from '../locked_request';
import { withVersionAccess } from './access';
import { SwiftClient } from '../../swift_api/client';
import { X_DELETE_AFTER, X_DELETE_AT, X_SYMLINK_TARGET } from '../../swift_api/header_names';

/**
 * Headers by which a client could read objects in the name of someone with more rights.
 */
const POINTERS = ['X-Copy-From', 'X-Object-Manifest', 'X-Symlink-Target'];
const EXPIRY = ['X-Delete-At', 'X-Delete-After'];

/**
 * Whether a client's write can be sent to another object than the one it names: in the
 * client's name; or, if it is signed for that object, in the service user's, unless it
 * points to objects that the client may not read.
 */
export function canRedirect(request: Request): boolean {
  if (!isTempUrl(request)) return true;
  return request.method === 'PUT' && !POINTERS.some((name) => request.headers.has(name));
}

/**
 * Sends a client's write to a new version, which does not expire.
 *
 * @param locked makes the proxy's own requests while the object is locked
 * @param remake recreates the versions container; false if it exists
 */
export async function redirectWrite(
  entry: ObjectTarget,
  { own, next }: Pick<LockedRequest, 'own' | 'next'>,
  request: Request,
  remake: () => Promise<boolean>,
): Promise<Response> {
  const redirectedRequest = redirect(entry, request, own.authority);
  const response = await next(redirectedRequest);
  if (response.status === 404 && (await whileUnread(response, remake))) {
    await drain(response.body);
    if (Buffer.isBuffer(request.body)) return next(redirectedRequest);
    return unavailableResponse('the versions container was missing and has been recreated; retry');
  }
  const isOurCondition = response.status === 412 && !request.headers.has('if-none-match');
  if (!isOurCondition || !(await whileUnread(response, () => exists(entry, own, next))))
    return response;
  await drain(response.body);
  return unavailableResponse('another write took the id of this version; retry');
}

async function exists(entry: ObjectTarget, ownRequest: Request, next: Handler): Promise<boolean> {
  const response = await new SwiftClient(next, ownRequest).head(entry, { query: ITSELF_QUERY });
  return response.headers.has('etag');
}

/**
 * Returns a write as sent to a version, which must not exist yet. A copy's conditions are
 * about its source.
 */
function redirect(entry: ObjectTarget, request: Request, authority: Authority): Request {
  const path = formatTarget(entry);
  const headers = request.headers.without(...EXPIRY);
  if (request.method === 'COPY') {
    const destination = quote(`${entry.container}/${entry.object}`);
    return withVersionAccess({ ...request, headers: headers.with('Destination', destination) });
  }
  if (isCopy(request)) return withVersionAccess({ ...request, path, headers });
  const condition = headers.get('if-none-match') ?? '*';
  const conditional = { ...request, path, headers: headers.with('If-None-Match', condition) };
  return isTempUrl(request)
    ? { ...conditional, query: '', authority }
    : withVersionAccess(conditional);
}

/** Returns what the store reported of a version that it wrote. */
export function sentBy(
  call: ObjectCall,
  { status, headers }: Response,
): Omit<SentWrite, 'outcome'> {
  const { request } = call;
  const requestExpiry: Expiry = {
    at: request.headers.get(X_DELETE_AT),
    after: request.headers.get(X_DELETE_AFTER),
  };
  const hasRequestExpiry = requestExpiry.at !== undefined || requestExpiry.after !== undefined;
  const copiedExpiry = isCopy(request) ? headers.get(X_DELETE_AT) : undefined;
  const etag = headers.get('etag') ?? '';
  return {
    etag: status === 201 && hasOwnEtag(call) && /^[0-9a-f]{32}$/.test(etag) ? etag : undefined,
    expiry: hasRequestExpiry || copiedExpiry === undefined ? requestExpiry : { at: copiedExpiry },
    mayExpire: copiedExpiry !== undefined,
  };
}

/**
 * Whether the response to a write has the object's own ETag; that of a large object, or
 * of a symlink's target, differs.
 */
function hasOwnEtag({ request, query }: ObjectCall): boolean {
  const isLink = request.headers.has(X_SYMLINK_TARGET) || query.get('symlink') === 'get';
  return !isLink && !query.has('multipart-manifest');
}

/** Sends a client's change of metadata to the version that the object links to. */
export function redirectPost(
  entry: ObjectTarget,
  { own, next }: Pick<LockedRequest, 'own' | 'next'>,
  request: Request,
): Promise<Response> {
  const headers = request.headers.without(...EXPIRY);
  const isService = own.authority !== 'client';
  return next({
    ...new SwiftClient(next, own).request('POST', entry),
    headers: (isService ? headers.without('X-Auth-Token') : headers).withAll(
      Headers.of({ 'Content-Length': '0' }),
    ),
  });
}
