import { destroy, drain } from '../../http/body';
import { admitManifest, holdManifest, type AppRights } from '../../plugin/held_manifest';
import { NotAList, readJsonList } from '../../formats/json_list';
import { unquote } from '../../http/bytes';
import { holdBody, withHeldBody } from '../../swift_api/held_body';
import { UnreadableJson } from '../../formats/json';
import { type Handler, type Request, type Response } from '../../swift_api/message';
import { withoutParameter, type ObjectTarget } from '../../swift_api/target';
import {
  COPY_CONDITIONS,
  isCopy,
  refusalOfCopyBody,
  writtenObject,
} from '../../swift_api/object_writes';
import { unreadableManifest } from '../../swift_api/manifest_bounds';
import { brokenOff, readResponse } from '../../swift_api/json_response';
import { withSignedQuery } from '../bypasses';
import {
  isHiddenPath,
  hasHiddenSegment,
  refuseHidden,
  refuseSegment,
} from './containers/hidden_names';
import { SwiftClient } from '../../swift_api/client';
import type { ObjectCall } from '../calls';
import { X_OBJECT_MANIFEST } from '../../swift_api/header_names';
import { isStaticLargeObject, MAX_MANIFEST_BYTES } from '../../swift_api/stored_manifest';

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
  if (source) return checkCopiedContent(call, source, handler, app);
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
 * the source is still what was checked. The source may be any object, so it is read only
 * if the client may write the copy, and within the limits of a manifest.
 */
async function checkCopiedContent(
  { request, target }: ObjectCall,
  source: ObjectTarget,
  handler: Handler,
  app: AppRights,
): Promise<Request | Response> {
  const { headers, memory } = request;
  const query = withoutParameter(request.query, PARAMETER);
  const client = new SwiftClient(handler, request);
  const written = writtenObject(request, target) ?? target;
  const admission = await admitManifest(request, written, app);
  // a copy is refused the same way as a read of its source, also to a web page
  const forwarded = headers.only(...COPY_CONDITIONS, 'origin');
  const response = await client.get(source, { query, headers: forwarded });
  if (response.status >= 300) return response;
  const content = response.body;
  const body = await holdBody({ ...response, memory }, admission).catch((error: unknown) => {
    destroy(content);
    const isBroken = !Buffer.isBuffer(content) && content.errored === error;
    throw isBroken ? brokenOff('the source of the copy', error) : error;
  });
  if ('status' in body) {
    destroy(content);
    return body;
  }
  const refusal = await refusalOf(body);
  const etag = response.headers.get('etag');
  if (refusal || etag === undefined) return refusal ?? unreadableManifest();
  return { ...request, headers: headers.with('If-Match', etag) };
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
  return status < 300 && isStaticLargeObject(headers);
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
