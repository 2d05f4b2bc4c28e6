import { destroy } from '../http/body';
import { Headers } from '../http/headers';
import { type Handler, type Replaced, type Request, type Response } from '../swift_api/message';
import { type ObjectTarget } from '../swift_api/target';
import type { App } from '../plugin/plugin';
import { isTrueValue } from '../http/bytes';
import { StoreError } from '../util/store_error';
import { ITSELF } from '../swift_api/itself';
import type { LockedRequest } from './locked_request';
import { isVersionOf } from './object_versioning/version_target';
import { reaching } from './object_versioning/access';
import { linkIn } from './object_versioning/presentation';
import { SwiftClient } from '../swift_api/client';

/**
 * The refusal of a write or a DELETE on the condition that a filter for another API makes: asked while the object is locked, and of clients that may
 * do it. Undefined where it may go on.
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
  const refused = right && 'status' in right ? right : refusal(await replacedBy(locked, written));
  if (refused) destroy(request.body);
  return refused;
}

/** The object as its readers see it. Only a link to the object's own version is followed. */
async function replacedBy(
  locked: LockedRequest,
  written: ObjectTarget,
): Promise<Replaced | undefined> {
  const itself = await head(locked.own, locked.next, written, ITSELF);
  const link = itself.status < 300 ? linkIn(itself.headers, written) : undefined;
  const place = link && isVersionOf(link, written) ? link : written;
  const response = place === written ? itself : await head(locked.own, locked.next, place, ITSELF);
  if (response.status === 404) return undefined;
  if (response.status >= 300)
    throw new StoreError(
      response.status < 500 ? 'refused' : 'unavailable',
      `what is to be replaced could not be looked at: the store answered ${response.status}`,
      response.status,
    );
  const isLarge = isTrueValue(response.headers.get('x-static-large-object'));
  const headers = await headersOfWhole(locked, place, { isLarge, headers: response.headers });
  return {
    etag: (headers.get('etag') ?? '').replaceAll('"', ''),
    contentType: headers.get('content-type') ?? '',
    ...(isLarge ? { isLarge } : {}),
  };
}

/**
 * The headers of what a manifest stands for; those of an object that is none are its own. What a
 * static manifest stands for it says itself. A dynamic one leads to segments for which the client
 * needs a right of its own: without that they are the manifest's.
 */
async function headersOfWhole(
  { own, request, next }: LockedRequest,
  place: ObjectTarget,
  itself: { readonly isLarge: boolean; readonly headers: Headers },
): Promise<Headers> {
  const { isLarge, headers } = itself;
  if (!isLarge && !headers.has('x-object-manifest')) return headers;
  const asClient: Request = { ...request, authority: 'client' };
  const whole = await head(isLarge ? own : asClient, next, place, 'symlink=get');
  return whole.status < 300 ? whole.headers : headers;
}

function head(by: Request, next: Handler, place: ObjectTarget, query: string): Promise<Response> {
  const headers = Headers.of({ 'X-Newest': 'true' });
  return new SwiftClient(next, reaching(by)).head(place, { query, headers });
}
