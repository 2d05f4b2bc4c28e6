import { page } from '../../swift_api/responses';
import { destroy, drain, readAll } from '../../http/body';
import { holdManifest, type Judge } from '../../plugin/held_manifest';
import { NoList, readJsonList } from '../../formats/json_list';
import { isTrueValue, unquote } from '../../http/bytes';
import { withHeld } from '../../swift_api/held_body';
import { UnreadableJson } from '../../formats/json';
import { type Handler, type Request, type Response } from '../../swift_api/message';
import { withoutParameter, type ObjectTarget } from '../../swift_api/target';
import { isCopy } from '../../swift_api/object_writes';
import { readAnswer } from '../../swift_api/json_response';
import { asSigned } from '../bypasses';
import { isHidden, namesHidden, refuseHidden, refuseSegment } from './containers/hidden_names';
import { SwiftClient } from '../../swift_api/client';
import { ObjectCall } from '../calls';

/** More than any store takes for a manifest. */
const MAX_MANIFEST_BYTES = 32 * 1024 * 1024;
const PARAMETER = 'multipart-manifest';

/**
 * Keeps clients from making large objects of segments in containers that hold versions: by a manifest that they put, by a
 * copy that the store reads as a manifest, and by a copy of a manifest.
 *
 * @param handler answers as for the client
 * @param app knows whether the client may write the object, which is asked before its manifest is read
 * @returns the refusal, or the request to go on with, which makes of the store what was judged
 */
export async function judgeManifest(
  call: ObjectCall,
  handler: Handler,
  app: Judge,
): Promise<Request | Response> {
  const { request, target, copySource: source } = call;
  if (request.method !== 'PUT' && request.method !== 'COPY') return request;
  const wanted = call.with(asSigned(request)).query.get(PARAMETER);
  if (wanted === 'get' && source) return judgeCopiedManifest(request, source, handler);
  if (wanted !== 'put') return request;
  if (source) return judgeCopiedContent(request, source, handler);
  return isCopy(request) ? request : judgeBody(request, target, app);
}

async function judgeBody(
  request: Request,
  target: ObjectTarget,
  app: Judge,
): Promise<Request | Response> {
  const body = await holdManifest(request, target, app);
  return 'status' in body ? body : ((await refusalOf(body)) ?? withHeld(request, body));
}

/** Swift reads what is copied so as a manifest. It is copied only as long as it is what was judged. */
async function judgeCopiedContent(
  request: Request,
  source: ObjectTarget,
  handler: Handler,
): Promise<Request | Response> {
  const { headers } = request;
  const query = withoutParameter(request.query, PARAMETER);
  const wanted = headers.only(
    'range',
    'if-match',
    'if-none-match',
    'if-modified-since',
    'if-unmodified-since',
  );
  const client = new SwiftClient(handler, request);
  const response = await client.get(source, { query, headers: wanted });
  // a copy is refused as its source is
  if (response.status >= 300) return response;
  const body = await readAll(response.body, MAX_MANIFEST_BYTES);
  if (body === undefined) return tooLong();
  const refusal = await refusalOf(body);
  const etag = response.headers.get('etag');
  if (refusal || etag === undefined) return refusal ?? unreadable();
  return { ...request, headers: headers.with('If-Match', etag) };
}

/** The copy of a large object's manifest, which the store writes anew. */
async function judgeCopiedManifest(
  request: Request,
  source: ObjectTarget,
  handler: Handler,
): Promise<Request | Response> {
  const ask = (method: 'GET' | 'HEAD') => {
    const { query } = request;
    const asked = new SwiftClient(handler, request).request(method, source, { query });
    return handler(request.dialect ? { ...asked, dialect: {} } : asked);
  };
  const head = await ask('HEAD');
  await drain(head.body);
  if (isHidden(unquote(head.headers.get('x-object-manifest') ?? ''))) return refuseSegments();
  if (!isLarge(head)) return request;
  const response = await ask('GET');
  if (!isLarge(response)) {
    destroy(response.body);
    return request;
  }
  const manifest = await readAnswer(response.body, MAX_MANIFEST_BYTES, 'a manifest');
  return (await refusalOf(manifest)) ?? request;
}

function isLarge({ status, headers }: Response): boolean {
  return status < 300 && isTrueValue(headers.get('x-static-large-object'));
}

async function refusalOf(manifest: Buffer): Promise<Response | undefined> {
  try {
    for await (const segments of readJsonList(manifest))
      if (namesHidden(segments)) return refuseSegment();
    return undefined;
  } catch (error) {
    // it names nothing, and the store says what is wrong with it
    if (error instanceof NoList) return undefined;
    if (error instanceof UnreadableJson) return unreadable();
    throw error;
  }
}

function refuseSegments(): Response {
  return refuseHidden(400, 'The container of the segments');
}

/** In Swift's words. */
function unreadable(): Response {
  return page(400, 'Manifest must be valid JSON.\n');
}

function tooLong(): Response {
  return page(413, 'The manifest is longer than any may be\n');
}
