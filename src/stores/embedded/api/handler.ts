import { destroy, drain } from '../../../http/body';
import { formBoundary } from '../../../formats/form';
import { isTrueValue } from '../../../http/bytes';
import { Headers } from '../../../http/headers';
import {
  NO_BODY,
  withoutBody,
  type Handler,
  type Request,
  type Response,
} from '../../../swift_api/message';
import { isContainer, isObject, parseQuery, parseTarget } from '../../../swift_api/target';
import { StoreError } from '../../../util/store_error';
import type { Storage } from '../storage/storage';
import { accountRequest } from './account';
import { statusResponse, htmlResponse, Refused, refuse, refuseWith, catchRefused } from './answers';
import type { Call, CorsSettings } from './call';
import { checkListing, containerRequest } from './container';
import { copyRequest, isCopy } from './copy';
import { CONTAINERS_ONLY, preflight, withCors } from './cors';
import { infoResponse } from './info';
import { checkNames } from './limits';
import { objectRequest } from './object';
import { X_VERSIONS_ENABLED } from '../../../swift_api/header_names';

/** Max bytes of an unread body that are worth reading to reuse the connection. */
const WORTH_READING = 64 * 1024;

/** Serves the Swift API from a storage, like Swift's proxy server. */
export function createHandler(storage: Storage, cors: CorsSettings = CONTAINERS_ONLY): Handler {
  return async (request) => {
    const response = await respond(request, storage, cors);
    await settleBody(request, response.status);
    return request.method === 'HEAD' && response.status >= 400 ? toHeadRefusal(response) : response;
  };
}

/**
 * Builds the refusal of a HEAD. As in Swift, it has the length of its text, unless that
 * is only the page of its status.
 */
function toHeadRefusal(response: Response): Response {
  const { body } = response;
  const isText =
    Buffer.isBuffer(body) && body.length > 0 && !body.toString('latin1').startsWith('<html>');
  return isText ? { ...response, body: NO_BODY } : withoutBody(response);
}

async function respond(request: Request, storage: Storage, cors: CorsSettings): Promise<Response> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await dispatch(request, storage, cors);
    } catch (error) {
      if (error instanceof Refused) return error.response;
      // replaced between look-up and read: the next look-up finds the new one
      if (attempt < 5 && codeOf(error) === 'gone' && /^(GET|HEAD)$/.test(request.method)) continue;
      throw asStoreError(error);
    }
  }
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && error.name === 'StorageError' && 'code' in error
    ? String(error.code)
    : undefined;
}

function asStoreError(error: unknown): unknown {
  const code = codeOf(error);
  if (code === undefined || !(error instanceof Error)) return error;
  return new StoreError('unavailable', error.message, code === 'no-space' ? 507 : undefined, {
    cause: error,
  });
}

async function settleBody({ body, headers, sendContinue }: Request, status: number): Promise<void> {
  if (Buffer.isBuffer(body)) return;
  const length = Number(headers.get('content-length') ?? Infinity);
  if (status < 300 && length <= WORTH_READING && sendContinue === undefined) await drain(body);
  else destroy(body);
}

async function dispatch(request: Request, storage: Storage, cors: CorsSettings): Promise<Response> {
  if (request.authority !== 'client') request.authority.check(request);
  if (request.path === '/info') return infoRequest(request, cors);
  const target = parseTarget(request.path);
  if (target === undefined) throw new Refused(htmlResponse(412, 'Bad URL'));
  if (target.version !== 'v1' && target.version !== 'v1.0') throw refuse(400);
  const call: Call = { request, target, query: parseQuery(request.query), storage, cors };
  if (!isMultipartDelete(call)) checkNames(target);
  checkImplemented(call);
  if (request.method === 'OPTIONS') return preflight(call);
  if (isObject(target)) {
    const objectCall = { ...call, target };
    return isCopy(objectCall)
      ? copyRequest(objectCall)
      : withCors(objectCall, await catchRefused(() => objectRequest(objectCall)));
  }
  if (isContainer(target)) {
    checkListing({ ...call, target });
    return withCors(call, await catchRefused(() => containerRequest({ ...call, target })));
  }
  return accountRequest(call);
}

/** Whether Swift reports what it deletes, and with it that a name is invalid. */
function isMultipartDelete({ request, target, query }: Call): boolean {
  return (
    request.method === 'DELETE' &&
    isObject(target) &&
    query.get('multipart-manifest') === 'delete' &&
    !isTrueValue(query.get('async'))
  );
}

function infoRequest({ method }: Request, cors: CorsSettings): Response {
  if (method === 'GET' || method === 'HEAD') return infoResponse(cors.strict_cors_mode);
  const allowed = Headers.of({ Allow: 'GET, HEAD, OPTIONS' });
  return method === 'OPTIONS'
    ? { status: 200, headers: allowed.with('Content-Length', '0'), body: NO_BODY }
    : statusResponse(405, allowed);
}

/**
 * Refuses what other Swift servers support and would otherwise be mistaken for something
 * else.
 */
function checkImplemented({ request, query, target }: Call): void {
  const { method, headers } = request;
  if (query.has('bulk-delete') || (method === 'PUT' && query.has('extract-archive')))
    throw refuseWith(501, 'Bulk operations are not enabled on this server\n');
  // with the filter formpost, none of these gets here
  if (formBoundary(request) !== undefined)
    throw refuseWith(501, 'FormPOST is not enabled on this server\n');
  const isForVersions = headers.has(X_VERSIONS_ENABLED) || query.has('versions');
  if ((isContainer(target) && isForVersions) || query.get('version-id'))
    throw refuseWith(501, "Swift's object_versioning is not enabled on this server\n");
}
