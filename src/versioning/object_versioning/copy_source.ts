import { destroy } from '../../http/body';
import { quote } from '../../http/bytes';
import { Headers } from '../../http/headers';
import { type Request, type Response } from '../../swift_api/message';
import { formatTarget, type ObjectTarget } from '../../swift_api/target';
import { entryOf, NULL_ID, parseId } from './version_target';
import type { VersionReader } from './reader';
import { SwiftClient } from '../../swift_api/client';
import { ObjectCall } from '../calls';

/**
 * A request that makes a copy, as one of the version that it means: that which its query asks for; or, where it copies what is there and not
 * what a link leads to, the version that is there, so that no copy is a link to it. Of the version the client must have the right to read.
 *
 * @param target what the request names
 * @returns the request to go on with, or the refusal
 */
export async function resolveCopySource(
  call: ObjectCall,
  reader: VersionReader,
): Promise<Request | Response> {
  const { request, target, query, versionId: asked, copySource: source } = call;
  const isItself = query.get('symlink') === 'get';
  if (!source) return request;
  const isNull = asked === NULL_ID;
  const kept = isNull && request.dialect ? await reader.keptNull(request, source) : undefined;
  if (typeof kept === 'object') return kept;
  const id = kept ?? (isNull ? undefined : asked);
  const place = id === undefined ? source : entryOf({ target: source, id: parseId(id) ?? '' });
  // what has an id does not change; which version is the null version does
  const isSeen = request.dialect?.hasSeenSource === true && !isNull;
  const found = asked === undefined || isSeen ? undefined : await look(request, source, reader);
  if (found && found.status >= 300) return found;
  const isWhole = !isItself && query.get('multipart-manifest') !== 'get';
  const mayMove = isWhole && mayBeElsewhere(found, isSeen);
  const from = mayMove ? await wholeFrom(request, { source, place, found }, reader) : place;
  if ('status' in from) return from;
  const plain = call.withoutVersion().request;
  if (asked !== undefined || !isItself)
    return from === source ? plain : copying(plain, from, target);
  const current = await reader.currentVersion(request, source);
  return current === undefined
    ? plain
    : copying(plain, entryOf({ target: source, id: current }), target);
}

/** Whether the store may not read for a copy what is read of its source, for all that is known: what consists of others, or what links lead to. */
function mayBeElsewhere(found: Response | undefined, isSeen: boolean): boolean {
  if (found === undefined) return !isSeen;
  return found.headers.has('x-object-manifest') || found.headers.has('content-location');
}

/** Where a whole object is copied from; or the refusal, which is that of reading it. */
async function wholeFrom(
  request: Request,
  {
    source,
    place,
    found,
  }: Record<'source' | 'place', ObjectTarget> & { found: Response | undefined },
  reader: VersionReader,
): Promise<ObjectTarget | Response> {
  const from = await reader.copiedFrom(request, place);
  if ('status' in from || from === place || found) return from;
  const response = await look(request, source, reader);
  return response.status < 300 ? from : response;
}

/** What reading the source comes to, which is not done: its headers; or the refusal, with its text. */
async function look(
  request: Request,
  source: ObjectTarget,
  reader: VersionReader,
): Promise<Response> {
  const { query, dialect } = request;
  const client = new SwiftClient(
    (own) => reader.read(new ObjectCall(dialect ? { ...own, dialect } : own, source)),
    request,
  );
  const head = await client.head(source, { query });
  if (head.status < 300) return head;
  const response = await client.get(source, { query });
  // it came meanwhile
  if (response.status < 300) destroy(response.body);
  return response;
}

/** A request that makes its copy from another place. */
function copying(request: Request, from: ObjectTarget, { account }: ObjectTarget): Request {
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
