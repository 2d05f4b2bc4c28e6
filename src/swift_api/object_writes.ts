import { unquote } from '../http/bytes';
import { Headers } from '../http/headers';
import { SwiftClient } from './client';
import { textResponse, type Handler, type Request, type Response } from './message';
import { isObject, parseCopyHeader, type ObjectTarget, type Target } from './target';
import { X_COPY_FROM } from './header_names';

/**
 * The object that a request writes or deletes, by its path or its Destination (Swift's
 * `copy`).
 */
export function writtenObject(request: Request, target: Target): ObjectTarget | undefined {
  if (!isObject(target)) return undefined;
  if (request.method === 'PUT' || request.method === 'DELETE') return target;
  return request.method === 'COPY' ? otherEnd(request, target, 'destination') : undefined;
}

/** The object whose metadata a request changes. */
export function changedObject(request: Request, target: Target): ObjectTarget | undefined {
  return request.method === 'POST' && isObject(target) ? target : undefined;
}

/**
 * Whether a request writes an object as a copy of another (Swift's `copy`, which ignores
 * an empty header).
 */
export function isCopy({ method, headers }: Request): boolean {
  return method === 'COPY' || (method === 'PUT' && Boolean(headers.get(X_COPY_FROM)));
}

/** Swift's refusal of a copy with a body, which it makes before anything else. */
export function refusalOfCopyBody({ method, headers }: Request): Response | undefined {
  if (method !== 'PUT' || !(Number(headers.get('content-length') ?? 0) > 0)) return undefined;
  const type = Headers.of({ 'Content-Type': 'text/plain' });
  return textResponse(400, 'Copy requests require a zero byte body', type);
}

/** The headers of a copy that are about its source, and are sent with a read of that. */
export const COPY_CONDITIONS = [
  'range',
  'if-match',
  'if-none-match',
  'if-modified-since',
  'if-unmodified-since',
];

/** The source of a copy. */
export function copySourceObject(request: Request, target: ObjectTarget): ObjectTarget | undefined {
  return request.method === 'COPY' ? target : otherEnd(request, target, X_COPY_FROM);
}

/**
 * The object at the other end of a copy: the one that `header` names, in the account that
 * a second header may name.
 */
function otherEnd(
  { headers }: Request,
  target: Target,
  header: 'destination' | 'x-copy-from',
): ObjectTarget | undefined {
  const path = parseCopyHeader(headers.get(header) ?? '');
  if (!path) return undefined;
  const account = unquote(headers.get(`${header}-account`) ?? '') || target.account;
  // account names have no slashes: the store rejects them
  return account.includes('/') ? undefined : { version: target.version, account, ...path };
}

/**
 * How many bytes a request writes to an object, if that is known before they arrive, or
 * else 0. Those of a copy are its source's, which the client must have the right to read.
 */
export async function incomingBytes(
  request: Request,
  target: ObjectTarget,
  next: Handler,
): Promise<number> {
  const source = copySourceObject(request, target);
  if (source === undefined) return Number(request.headers.get('content-length') ?? 0);
  const { query } = request;
  const response = await new SwiftClient(next, request).head(source, { query });
  return response.status < 300 ? Number(response.headers.get('content-length') ?? 0) : 0;
}
