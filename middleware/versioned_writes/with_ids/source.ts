import { destroy, drain } from '../../../src/http/body';
import { quote } from '../../../src/http/bytes';
import { credentials } from '../../../src/http/headers';
import { subrequest, textResponse, type Request, type Response } from '../../../src/http/message';
import { formatTarget, parseQuery, withoutParameter, type ObjectTarget } from '../../../src/http/path';
import { copiedBy } from '../../../src/http/written';
import { askedVersion, entryOf, NULL_ID, parseId, VERSION_ID } from './names';
import type { Reader } from './reader';

/**
 * A request that makes a copy, as one of the version that it means: that which its query asks for; or, where it copies what is there and not
 * what a link leads to, the version that is there, so that no copy is a link to it. Of the version the client must have the right to read.
 *
 * @param target what the request names
 * @returns the request to go on with, or the refusal
 */
export async function fromVersion(
  request: Request,
  target: ObjectTarget,
  reader: Reader,
): Promise<Request | Response> {
  const asked = askedVersion(request.query);
  const isItself = parseQuery(request.query).get('symlink') === 'get';
  const source = copiedBy(request, target);
  if (!source) return request;
  const isNull = asked === NULL_ID;
  const kept =
    isNull && request.dialect ? await reader.nulls.kept(request, source, source.object) : undefined;
  const id = kept ?? (isNull ? undefined : asked);
  const place = id === undefined ? source : entryOf({ target: source, id: parseId(id) ?? '' });
  // what has an id does not change; which version is the null version does
  const isSeen = request.dialect?.hasSeenSource === true && !isNull;
  const found = asked === undefined || isSeen ? undefined : await look(request, source, reader);
  if (found && found.status >= 300) return found;
  const isWhole = !isItself && parseQuery(request.query).get('multipart-manifest') !== 'get';
  const mayBeDynamic = found?.headers.has('x-object-manifest') ?? !isSeen;
  if (isWhole && mayBeDynamic && (await reader.dynamic.isOne(request, place)))
    return textResponse(501, NOT_WHOLE);
  if (asked === undefined && !isItself) return request;
  const plain = { ...request, query: withoutParameter(request.query, VERSION_ID) };
  if (asked !== undefined) return id === undefined ? plain : copying(plain, place);
  const current = await reader.currentVersion(request, source);
  return current === undefined ? plain : copying(plain, entryOf({ target: source, id: current }));
}

/** The store would take the segments for empty. */
const NOT_WHOLE =
  'A dynamic large object whose segments have versions is not copied as a whole: copy its manifest (multipart-manifest=get), or read and write it\n';

/** What reading the version comes to, which is not done: its headers; or the refusal, with its text. */
async function look(request: Request, source: ObjectTarget, reader: Reader): Promise<Response> {
  const { query, dialect } = request;
  const headers = credentials(request.headers);
  const path = formatTarget(source);
  const read = (method: 'GET' | 'HEAD') => {
    const asked = subrequest(request, { method, path, query, headers });
    return reader.read(dialect ? { ...asked, dialect } : asked, source);
  };
  const head = await read('HEAD');
  await drain(head.body);
  if (head.status < 300) return head;
  const response = await read('GET');
  // it came meanwhile
  if (response.status < 300) destroy(response.body);
  return response;
}

function copying(request: Request, entry: ObjectTarget): Request {
  if (request.method === 'COPY') return { ...request, path: formatTarget(entry) };
  const source = quote(`${entry.container}/${entry.object}`);
  return { ...request, headers: request.headers.with('X-Copy-From', source) };
}
