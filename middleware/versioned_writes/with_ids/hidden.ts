import { isVersionsContainer } from '../../../src/core/version_names';
import { answer, page } from '../../../src/http/answers';
import { readAll } from '../../../src/http/body';
import { toBytes, unquote, type ByteString } from '../../../src/http/bytes';
import { Headers } from '../../../src/http/headers';
import { textResponse, type Request, type Response } from '../../../src/http/message';
import { parseQuery, type Target } from '../../../src/http/path';
import { hasReservedParameter, RESERVED_TYPE } from '../../../src/reserved';

/** More than any store takes for a manifest. */
const MOST_MANIFEST_BYTES = 32 * 1024 * 1024;

/** Headers that name a container, or an object or the beginning of names as `container/object`. */
const NAMING = [
  'destination',
  'x-copy-from',
  'x-symlink-target',
  'x-object-manifest',
  'x-versions-location',
  'x-history-location',
];

/**
 * Keeps clients from the containers that hold versions, by whatever way a request names one, and from types by which the proxy tells what an object is.
 *
 * @returns the refusal, or the request to go on with: that of a static large object with its manifest read
 */
export async function hidingVersions(request: Request, target: Target): Promise<Request | Response> {
  if (isVersionsContainer(target.container ?? '')) return notThere(request);
  const named = NAMING.find((name) => isHidden(unquote(request.headers.get(name) ?? '')));
  if (named !== undefined) return page(412, `The container that ${named} names ${RESERVED}`, PLAIN);
  // what is made of the entries of an archive, or of a form, did not come by the gatekeeper so
  if (!request.dialect && hasReservedParameter(request.headers.get('content-type') ?? ''))
    return textResponse(400, RESERVED_TYPE);
  return isManifest(request) ? readManifest(request) : request;
}

const RESERVED = 'is one of those that hold versions, which are reached by ?versions and ?version-id only\n';
const PLAIN = Headers.of({ 'Content-Type': 'text/plain' });

/** Whether a path below the account leads into a container that holds versions. */
function isHidden(path: ByteString): boolean {
  return isVersionsContainer(path.replace(/^\/+/, ''));
}

function notThere({ method }: Request): Response {
  if (['GET', 'HEAD', 'DELETE', 'POST', 'OPTIONS'].includes(method)) return answer(404);
  return page(412, `This container ${RESERVED}`, PLAIN);
}

function isManifest({ method, query }: Request): boolean {
  return method === 'PUT' && parseQuery(query).get('multipart-manifest') === 'put';
}

async function readManifest(request: Request): Promise<Request | Response> {
  const { sendContinue, ...rest } = request;
  sendContinue?.();
  const body = await readAll(request.body, MOST_MANIFEST_BYTES);
  if (body === undefined) return page(413, 'The manifest is longer than any may be\n', PLAIN);
  if (namesHidden(body)) return page(400, `The container of a segment ${RESERVED}`, PLAIN);
  return { ...rest, body };
}

/** By hand, since nobody knows yet who asks: to have millions of wrong elements explained by a schema takes long. */
function pathOf(segment: unknown): string {
  const hasPath = typeof segment === 'object' && segment !== null && 'path' in segment;
  return hasPath && typeof segment.path === 'string' ? segment.path : '';
}

/** What is no manifest is for the store to refuse. */
function namesHidden(body: Buffer): boolean {
  try {
    const segments: unknown = JSON.parse(body.toString('utf8'));
    return Array.isArray(segments) && segments.some((each) => isHidden(toBytes(pathOf(each))));
  } catch {
    return false;
  }
}
