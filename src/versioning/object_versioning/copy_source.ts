import { destroy } from '../../http/body';
import { quote } from '../../http/bytes';
import { Headers } from '../../http/headers';
import { type Request, type Response } from '../../swift_api/message';
import { formatTarget, type ObjectTarget } from '../../swift_api/target';
import { entryOf, NULL_ID, parseVersionId } from './version_target';
import type { VersionReader } from './reader';
import { SwiftClient } from '../../swift_api/client';
import { ObjectCall } from '../calls';
import { X_OBJECT_MANIFEST } from '../../swift_api/header_names';

/**
 * Turns a copy into one of the version that it refers to: the version that its query
 * names; or, if it copies the object itself and not a link's target, the current version,
 * so that no copy is a link to it. The client must have the right to read the version.
 *
 * @returns the request to forward, or the refusal
 */
export async function resolveCopySource(
  call: ObjectCall,
  reader: VersionReader,
): Promise<Request | Response> {
  const { request, target, query, versionId, copySource: source } = call;
  const isItself = query.get('symlink') === 'get';
  if (!source) return request;
  const isNull = versionId === NULL_ID;
  const nullId = isNull && request.dialect ? await reader.findNullId(request, source) : undefined;
  if (typeof nullId === 'object') return nullId;
  const id = nullId ?? (isNull ? undefined : versionId);
  const place =
    id === undefined ? source : entryOf({ target: source, id: parseVersionId(id) ?? '' });
  // a version with an id does not change; which version is the null version does
  const isSeen = request.dialect?.hasSeenSource === true && !isNull;
  const sourceResponse =
    versionId === undefined || isSeen ? undefined : await headSource(request, source, reader);
  if (sourceResponse && sourceResponse.status >= 300) return sourceResponse;
  const isWhole = !isItself && query.get('multipart-manifest') !== 'get';
  const needsSearch = isWhole && mayNotBeCopied(sourceResponse, isSeen);
  const from = needsSearch
    ? await findWholeSource(request, { source, place, sourceResponse }, reader)
    : place;
  if ('status' in from) return from;
  const plain = call.withoutVersion().request;
  if (versionId !== undefined || !isItself)
    return from === source ? plain : withSource(plain, from, target);
  const current = await reader.findCurrentVersion(request, source);
  return current === undefined
    ? plain
    : withSource(plain, entryOf({ target: source, id: current }), target);
}

/**
 * Whether the store, as far as is known, may be unable to copy what a read of the source
 * returns: an object made of others, or one behind links.
 */
function mayNotBeCopied(sourceResponse: Response | undefined, isSeen: boolean): boolean {
  if (sourceResponse === undefined) return !isSeen;
  return (
    sourceResponse.headers.has(X_OBJECT_MANIFEST) || sourceResponse.headers.has('content-location')
  );
}

/**
 * Returns where to copy a whole object from; or the refusal, which is that of reading it.
 */
async function findWholeSource(
  request: Request,
  {
    source,
    place,
    sourceResponse,
  }: Record<'source' | 'place', ObjectTarget> & { sourceResponse: Response | undefined },
  reader: VersionReader,
): Promise<ObjectTarget | Response> {
  const from = await reader.findCopySource(request, place);
  if ('status' in from || from === place || sourceResponse) return from;
  const response = await headSource(request, source, reader);
  return response.status < 300 ? from : response;
}

/**
 * Returns the headers that reading the source would return, without reading it; or the
 * refusal, with its text.
 */
async function headSource(
  request: Request,
  source: ObjectTarget,
  reader: VersionReader,
): Promise<Response> {
  const { query, dialect } = request;
  const client = new SwiftClient(
    (subrequest) =>
      reader.read(new ObjectCall(dialect ? { ...subrequest, dialect } : subrequest, source)),
    request,
  );
  const head = await client.head(source, { query });
  if (head.status < 300) return head;
  const response = await client.get(source, { query });
  // it was created meanwhile
  if (response.status < 300) destroy(response.body);
  return response;
}

/** Returns the request with another source. */
function withSource(request: Request, from: ObjectTarget, { account }: ObjectTarget): Request {
  const { headers } = request;
  const other = from.account === account ? undefined : from.account;
  if (request.method === 'COPY') {
    const to =
      other === undefined ? Headers.none : Headers.of({ 'Destination-Account': quote(account) });
    return { ...request, path: formatTarget(from), headers: to.withAll(headers) };
  }
  const source = Headers.of({
    'X-Copy-From': quote(`${from.container}/${from.object}`),
    'X-Copy-From-Account': other === undefined ? undefined : quote(other),
  });
  return { ...request, headers: headers.without('X-Copy-From-Account').withAll(source) };
}
