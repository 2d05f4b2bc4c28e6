import { destroy } from '../http/body';
import { Headers } from '../http/headers';
import {
  type Handler,
  type ReplacedObject,
  type Request,
  type Response,
} from '../swift_api/message';
import { type ObjectTarget } from '../swift_api/target';
import type { App } from '../plugin/plugin';
import { isTrueValue } from '../http/bytes';
import { StoreError } from '../util/store_error';
import { ITSELF_QUERY } from '../swift_api/itself';
import type { LockedRequest } from './locked_request';
import { isVersionOf } from './object_versioning/version_target';
import { withVersionAccess } from './object_versioning/access';
import { linkIn } from './object_versioning/presentation';
import { SwiftClient } from '../swift_api/client';
import { X_OBJECT_MANIFEST, X_STATIC_LARGE_OBJECT } from '../swift_api/header_names';

/**
 * Evaluates the condition of a filter for another API on a write or a DELETE, while the
 * object is locked. A client that may not write gets that refusal instead. Undefined if
 * it may go on.
 */
export async function dialectRefusal(
  locked: LockedRequest,
  written: ObjectTarget,
  app: Pick<App, 'power' | 'mayWrite'>,
): Promise<Response | undefined> {
  const { request } = locked;
  const refusal = request.dialect?.refusal;
  if (!refusal || request.method === 'POST') return undefined;
  const right = app.power === 'client' ? undefined : await app.mayWrite(request, written);
  const response =
    right && 'status' in right ? right : refusal(await findReplaced(locked, written));
  if (response) destroy(request.body);
  return response;
}

/** Returns the object as readers see it; follows only a link to its own version. */
async function findReplaced(
  locked: LockedRequest,
  written: ObjectTarget,
): Promise<ReplacedObject | undefined> {
  const itself = await head(locked.own, locked.next, written, ITSELF_QUERY);
  const link = itself.status < 300 ? linkIn(itself.headers, written) : undefined;
  const target = link && isVersionOf(link, written) ? link : written;
  const response =
    target === written ? itself : await head(locked.own, locked.next, target, ITSELF_QUERY);
  if (response.status === 404) return undefined;
  if (response.status >= 300)
    throw new StoreError(
      response.status < 500 ? 'refused' : 'unavailable',
      `could not read the object to be replaced: the store answered ${response.status}`,
      response.status,
    );
  const isLarge = isTrueValue(response.headers.get(X_STATIC_LARGE_OBJECT));
  const headers = await headersOfWhole(locked, target, { isLarge, headers: response.headers });
  return {
    etag: (headers.get('etag') ?? '').replaceAll('"', ''),
    contentType: headers.get('content-type') ?? '',
    ...(isLarge ? { isLarge } : {}),
  };
}

/**
 * Returns the headers of a large object as a whole; of any other object, its own. A
 * static manifest describes the whole itself. A dynamic one names segments that the
 * client needs its own right to read: without it, returns the manifest's headers.
 */
async function headersOfWhole(
  { own, request, next }: LockedRequest,
  target: ObjectTarget,
  itself: { readonly isLarge: boolean; readonly headers: Headers },
): Promise<Headers> {
  const { isLarge, headers } = itself;
  if (!isLarge && !headers.has(X_OBJECT_MANIFEST)) return headers;
  const asClient: Request = { ...request, authority: 'client' };
  const whole = await head(isLarge ? own : asClient, next, target, 'symlink=get');
  return whole.status < 300 ? whole.headers : headers;
}

function head(
  request: Request,
  next: Handler,
  target: ObjectTarget,
  query: string,
): Promise<Response> {
  const headers = Headers.of({ 'X-Newest': 'true' });
  return new SwiftClient(next, withVersionAccess(request)).head(target, { query, headers });
}
