import { destroy, drain } from '../../http/body';
import { holdManifest, type AppRights } from '../../plugin/held_manifest';
import { NotAList, readJsonList } from '../../formats/json_list';
import { isTrueValue, unquote } from '../../http/bytes';
import { withHeldBody } from '../../swift_api/held_body';
import { UnreadableJson } from '../../formats/json';
import { type Handler, type Request, type Response } from '../../swift_api/message';
import type { ObjectTarget } from '../../swift_api/target';
import { isCopy, refusalOfCopyBody } from '../../swift_api/object_writes';
import {
  MAX_MANIFEST_BYTES,
  readCopiedManifest,
  unreadableManifest,
} from '../../swift_api/copied_manifest';
import { readResponse } from '../../swift_api/json_response';
import { withSignedQuery } from '../bypasses';
import {
  isHiddenPath,
  hasHiddenSegment,
  refuseHidden,
  refuseSegment,
} from './containers/hidden_names';
import { SwiftClient } from '../../swift_api/client';
import type { ObjectCall } from '../calls';
import { X_OBJECT_MANIFEST, X_STATIC_LARGE_OBJECT } from '../../swift_api/header_names';

const PARAMETER = 'multipart-manifest';

/**
 * Keeps clients from making large objects of segments in versions containers: by a
 * manifest that they put, by a copy that the store reads as a manifest, or by a copy of a
 * manifest.
 *
 * @param handler handles requests as the client's
 * @param app checks whether the client may write the object before its manifest is read
 * @returns the refusal, or the request to forward, which makes the store use exactly what
 * was checked
 */
export async function checkManifest(
  call: ObjectCall,
  handler: Handler,
  app: AppRights,
): Promise<Request | Response> {
  const { request, target, copySource: source } = call;
  if (request.method !== 'PUT' && request.method !== 'COPY') return request;
  const mode = call.withRequest(withSignedQuery(request)).query.get(PARAMETER);
  const refusal = source && (mode === 'get' || mode === 'put') && refusalOfCopyBody(request);
  if (refusal) return refusal;
  if (mode === 'get' && source) return checkCopiedManifest(request, source, handler);
  if (mode !== 'put') return request;
  if (source) return checkCopiedContent(request, source, handler);
  return isCopy(request) ? request : checkBody(request, target, app);
}

async function checkBody(
  request: Request,
  target: ObjectTarget,
  app: AppRights,
): Promise<Request | Response> {
  const body = await holdManifest(request, target, app);
  return 'status' in body ? body : ((await refusalOf(body)) ?? withHeldBody(request, body));
}

/**
 * Checks a copy whose content Swift will read as a manifest. The copy is made only while
 * the source is still what was checked.
 */
async function checkCopiedContent(
  request: Request,
  source: ObjectTarget,
  handler: Handler,
): Promise<Request | Response> {
  const read = await readCopiedManifest(request, source, handler);
  if ('status' in read) return read;
  const { content, etag } = read;
  const refusal = await refusalOf(content);
  if (refusal || etag === undefined) return refusal ?? unreadableManifest();
  return { ...request, headers: request.headers.with('If-Match', etag) };
}

/** Checks a copy of a large object's manifest, which the store writes anew. */
async function checkCopiedManifest(
  request: Request,
  source: ObjectTarget,
  handler: Handler,
): Promise<Request | Response> {
  const send = (method: 'GET' | 'HEAD') => {
    const { query } = request;
    const subrequest = new SwiftClient(handler, request).request(method, source, { query });
    return handler(request.dialect ? { ...subrequest, dialect: {} } : subrequest);
  };
  const head = await send('HEAD');
  await drain(head.body);
  if (isHiddenPath(unquote(head.headers.get(X_OBJECT_MANIFEST) ?? ''))) return refuseSegments();
  if (!isLarge(head)) return request;
  const response = await send('GET');
  if (!isLarge(response)) {
    destroy(response.body);
    return request;
  }
  const manifest = await readResponse(response.body, MAX_MANIFEST_BYTES, 'a manifest');
  return (await refusalOf(manifest)) ?? request;
}

function isLarge({ status, headers }: Response): boolean {
  return status < 300 && isTrueValue(headers.get(X_STATIC_LARGE_OBJECT));
}

async function refusalOf(manifest: Buffer): Promise<Response | undefined> {
  try {
    for await (const segments of readJsonList(manifest))
      if (hasHiddenSegment(segments)) return refuseSegment();
    return undefined;
  } catch (error) {
    // it names no segments, and the store reports what is wrong with it
    if (error instanceof NotAList) return undefined;
    if (error instanceof UnreadableJson) return unreadableManifest();
    throw error;
  }
}

function refuseSegments(): Response {
  return refuseHidden(400, 'The container of the segments');
}
