import { drain, whileUnread } from '../../http/body';
import { quote } from '../../http/bytes';
import type { Authority } from '../../swift_api/authority/authority';
import { Headers } from '../../http/headers';
import { subrequest, type Handler, type Request, type Response } from '../../swift_api/message';
import type { ObjectCall } from '../calls';
import { formatTarget, type ObjectTarget } from '../../swift_api/target';
import { isTempUrl } from '../../swift_api/temp_url/temp_url';
import { isCopy } from '../../swift_api/object_writes';
import type { SentWrite } from './execute_versions';
import type { Expiry } from '../store/store';
import { ITSELF } from '../../swift_api/itself';
import { unavailable } from '../error_responses';
import type { LockedRequest } from '../locked_request';
import { reaching } from './access';
import { SwiftClient } from '../../swift_api/client';

/** What a client could have be read in the name of who has more rights. */
const POINTERS = ['X-Copy-From', 'X-Object-Manifest', 'X-Symlink-Target'];
const EXPIRY = ['X-Delete-At', 'X-Delete-After'];

/**
 * Whether a client's write can be sent to another place than it names: in the client's name; or, where it is signed for that place, in
 * the service user's, unless it points to what the client may not read.
 */
export function canRedirect(request: Request): boolean {
  if (!isTempUrl(request)) return true;
  return request.method === 'PUT' && !POINTERS.some((name) => request.headers.has(name));
}

/**
 * Sends a client's write to a version that is new, and that does not expire.
 *
 * @param own what the proxy asks while the object is locked
 * @param remake makes the versions container anew; false where it is there
 */
export async function redirectWrite(
  entry: ObjectTarget,
  { own, next }: Pick<LockedRequest, 'own' | 'next'>,
  request: Request,
  remake: () => Promise<boolean>,
): Promise<Response> {
  const moved = movedTo(entry, request, own.authority);
  const response = await next(moved);
  if (response.status === 404 && (await whileUnread(response, remake))) {
    await drain(response.body);
    if (Buffer.isBuffer(request.body)) return next(moved);
    return unavailable('the container of the versions was gone, and was made anew');
  }
  const isOwn = response.status === 412 && !request.headers.has('if-none-match');
  if (!isOwn || !(await whileUnread(response, () => isThere(entry, own, next)))) return response;
  await drain(response.body);
  return unavailable('another write took the id of this version');
}

async function isThere(entry: ObjectTarget, own: Request, next: Handler): Promise<boolean> {
  const response = await new SwiftClient(next, own).head(entry, { query: ITSELF });
  return response.headers.has('etag');
}

/** A write as it goes to a version, which must not be there yet. A copy's conditions are about its source. */
function movedTo(entry: ObjectTarget, request: Request, authority: Authority): Request {
  const path = formatTarget(entry);
  const headers = request.headers.without(...EXPIRY);
  if (request.method === 'COPY') {
    const destination = quote(`${entry.container}/${entry.object}`);
    return reaching({ ...request, headers: headers.with('Destination', destination) });
  }
  if (isCopy(request)) return reaching({ ...request, path, headers });
  const condition = headers.get('if-none-match') ?? '*';
  const own = { ...request, path, headers: headers.with('If-None-Match', condition) };
  return isTempUrl(request) ? { ...own, query: '', authority } : reaching(own);
}

/** What the store said of a version that it wrote. */
export function sentBy(
  call: ObjectCall,
  { status, headers }: Response,
): Omit<SentWrite, 'outcome'> {
  const { request } = call;
  const own: Expiry = {
    at: request.headers.get('x-delete-at'),
    after: request.headers.get('x-delete-after'),
  };
  const isOwn = own.at !== undefined || own.after !== undefined;
  const copied = isCopy(request) ? headers.get('x-delete-at') : undefined;
  const etag = headers.get('etag') ?? '';
  return {
    etag: status === 201 && hasOwnEtag(call) && /^[0-9a-f]{32}$/.test(etag) ? etag : undefined,
    expiry: isOwn || copied === undefined ? own : { at: copied },
    mayExpire: copied !== undefined,
  };
}

/** Whether the answer to a write has the ETag of the very object; that of a large one, or a symlink's target, is another. */
function hasOwnEtag({ request, query }: ObjectCall): boolean {
  const isLink = request.headers.has('x-symlink-target') || query.get('symlink') === 'get';
  return !isLink && !query.has('multipart-manifest');
}

/** A client's change of metadata as it goes to the version that the object links to. */
export function redirectPost(entry: ObjectTarget, request: Request, own: Request): Request {
  const headers = request.headers.without(...EXPIRY);
  const isService = own.authority !== 'client';
  return {
    ...subrequest(own, { method: 'POST', path: formatTarget(entry) }),
    headers: (isService ? headers.without('X-Auth-Token') : headers).withAll(
      Headers.of({ 'Content-Length': '0' }),
    ),
  };
}
