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
import { StoreError } from '../util/store_error';
import { ITSELF_QUERY } from '../swift_api/itself';
import { isMarkerType } from '../swift_api/markers';
import { replacedObject } from '../swift_api/replaced_object';
import type { LockedRequest } from './locked_request';
import { isVersionOf } from './object_versioning/version_target';
import { withVersionAccess } from './object_versioning/access';
import { linkIn } from './object_versioning/presentation';
import { SwiftClient } from '../swift_api/client';
import { X_OBJECT_MANIFEST } from '../swift_api/header_names';
import { isStaticLargeObject } from '../swift_api/stored_manifest';

/**
 * Evaluates the condition of a filter for another API on a write or a DELETE, while the
 * object is locked. A client that may not write gets that refusal instead. Undefined if
 * it may go on.
 *
 * @param replaced returns what the condition is about, by default the object
 */
export async function dialectRefusal(
  locked: LockedRequest,
  written: ObjectTarget,
  app: Pick<App, 'power' | 'mayWrite'>,
  replaced: () => Promise<ReplacedObject | undefined> = () => findReplaced(locked, written),
): Promise<Response | undefined> {
  const { request, refusal } = locked;
  if (!refusal || request.method === 'POST') return undefined;
  const right = app.power === 'client' ? undefined : await app.mayWrite(request, written);
  const response = right && 'status' in right ? right : refusal(await replaced());
  if (response) destroy(request.body);
  return response;
}

/** Returns the object as readers see it; follows only a link to its own version. */
export async function findReplaced(
  locked: LockedRequest,
  written: ObjectTarget,
): Promise<ReplacedObject | undefined> {
  const itself = await headItself(locked, written);
  const link = itself && linkIn(itself, written);
  return link && isVersionOf(link, written)
    ? findVersion(locked, link)
    : itself && (await describe(locked, written, itself));
}

/** Returns a version of an object; undefined if it is a delete marker. */
export async function findVersion(
  locked: LockedRequest,
  version: ObjectTarget,
): Promise<ReplacedObject | undefined> {
  const headers = await headItself(locked, version);
  return headers && !isMarkerType(headers.get('content-type') ?? '')
    ? describe(locked, version, headers)
    : undefined;
}

/** Returns the headers of an object itself; undefined if there is none. */
async function headItself(
  locked: LockedRequest,
  target: ObjectTarget,
): Promise<Headers | undefined> {
  const response = await head(locked.own, locked.next, target, ITSELF_QUERY);
  if (response.status === 404) return undefined;
  if (response.status >= 300)
    throw new StoreError(
      response.status < 500 ? 'refused' : 'unavailable',
      `could not read the object to be replaced: the store answered ${response.status}`,
      response.status,
    );
  return response.headers;
}

async function describe(
  locked: LockedRequest,
  target: ObjectTarget,
  headers: Headers,
): Promise<ReplacedObject> {
  return replacedObject(await headersOfWhole(locked, target, headers));
}

/**
 * Returns the headers of a large object as a whole; of any other object, its own. A
 * static manifest describes the whole itself. A dynamic one names segments that the
 * client needs its own right to read: without it, returns the manifest's headers.
 */
async function headersOfWhole(
  { own, request, next }: LockedRequest,
  target: ObjectTarget,
  headers: Headers,
): Promise<Headers> {
  const isLarge = isStaticLargeObject(headers);
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
