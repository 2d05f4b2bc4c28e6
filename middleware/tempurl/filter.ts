import { htmlResponse, unauthorised } from '../../src/swift_api/responses';
import { parseSignature } from '../../src/http/digest';
import type { Headers } from '../../src/http/headers';
import {
  NO_BODY,
  type Filter,
  type Handler,
  type Request,
  type Response,
} from '../../src/swift_api/message';
import { isObject, parseTarget, type ObjectTarget } from '../../src/swift_api/target';
import { asDownload } from '../../src/swift_api/temp_url/download';
import { isInRange } from './ip_range';
import { readTempUrlKeys, type Key } from '../../src/swift_api/temp_url/keys';
import { readParameters, type Parameters } from '../../src/swift_api/temp_url/parameters';
import { authoriseWithin } from '../../src/swift_api/temp_url/scope';
import { findSigningKey } from '../../src/swift_api/temp_url/signature';

export interface TempUrlOptions {
  readonly methods: readonly string[];
  readonly digests: readonly string[];
  readonly cleanIncoming: (headers: Headers) => Headers;
  readonly cleanOutgoing: (headers: Headers) => Headers;
}

/**
 * Lets the holder of a signed URL do what it was signed for to the object, until it
 * expires.
 */
export function tempUrlFilter(parts: TempUrlOptions): Filter {
  return (next) => async (request) => {
    const parameters = request.method === 'OPTIONS' ? undefined : readParameters(request.query);
    if (parameters === undefined) return next(request);
    const target = targetOf(request, parts.methods);
    const key = target && (await signingKey(request, target, parameters, parts.digests, next));
    if (!target || !key) return invalid(request);
    const disallowed = isReading(request)
      ? undefined
      : POINTERS.find((name) => request.headers.has(name));
    if (disallowed !== undefined)
      return htmlResponse(400, `The header '${disallowed}' is not allowed in this tempurl`);
    // the rest of the query was not signed
    const response = await next({
      ...request,
      query: '',
      headers: parts.cleanIncoming(request.headers),
      authorise: authoriseWithin(target, key.scope),
    });
    const cleanResponse = { ...response, headers: parts.cleanOutgoing(response.headers) };
    return isReading(request) ? asDownload(cleanResponse, request, target) : cleanResponse;
  };
}

/**
 * Headers that would assemble the object from others or point it at them, so that anyone
 * with a URL to read it would see those too, and the one that names another object to
 * write. None of them is signed. Swift's list, plus one that distributions have added
 * since, and `Destination`.
 */
const POINTERS = ['X-Object-Manifest', 'X-Symlink-Target', 'X-Copy-From', 'Destination'];

function isReading({ method }: Request): boolean {
  return method === 'GET' || method === 'HEAD';
}

function targetOf({ method, path }: Request, methods: readonly string[]): ObjectTarget | undefined {
  const target = parseTarget(path);
  if (!methods.includes(method) || target === undefined || !isObject(target)) return undefined;
  return target.version === 'v1' && /[^/]/.test(target.object) ? target : undefined;
}

/**
 * Returns the key that signed a request; undefined if none did, or the URL is not valid
 * for it.
 */
async function signingKey(
  request: Request,
  target: ObjectTarget,
  parameters: Parameters,
  digests: readonly string[],
  next: Handler,
): Promise<Key | undefined> {
  const { ipRange, expires } = parameters;
  const signature = parseSignature(parameters.signature);
  if (signature === undefined || expires === 0 || !digests.includes(signature.digest))
    return undefined;
  if (ipRange !== undefined && !isInRange(request.remoteAddress, ipRange)) return undefined;
  const keys = await readTempUrlKeys(request, target, next);
  return findSigningKey(keys, request.method, target, parameters, signature);
}

function invalid({ method }: Request): Response {
  const response = unauthorised('unknown', '401 Unauthorized: Temp URL invalid\n');
  if (method !== 'HEAD') return response;
  return { ...response, headers: response.headers.with('Content-Length', '0'), body: NO_BODY };
}
