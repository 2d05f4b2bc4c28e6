import { unquote, type ByteString } from '../../../http/bytes';
import { LIMITS } from '../../../swift_api/constraints';
import { parseCopyHeader, type ObjectTarget } from '../../../swift_api/target';
import type { Response } from '../../../swift_api/message';
import { StorageError } from '../storage/storage_error';
import { htmlResponse, refuse, Refused, refuseWith, catchRefused } from './answers';
import type { ObjectCall } from './call';
import { putCopy } from './copy_put';
import { withCors } from './cors';
import { checkNames } from './limits';
import { failedCondition } from '../../../swift_api/conditions';
import { openView, type OpenedView } from './read';
import { serve, requestedRanges } from '../../../swift_api/object_response';
import { X_COPY_FROM, X_COPY_FROM_ACCOUNT } from '../../../swift_api/header_names';

/** Max attempts at a copy whose source goes away meanwhile. */
const MAX_ATTEMPTS = 10;

/** Whether a request makes a copy. */
export function isCopy({ request }: ObjectCall): boolean {
  const { method, headers } = request;
  return method === 'COPY' || (method === 'PUT' && Boolean(headers.get(X_COPY_FROM)));
}

/** Answers a request that makes a copy (Swift's `copy`). */
export function copyRequest(call: ObjectCall): Promise<Response> {
  return call.request.method === 'COPY' ? copyToDestination(call) : copyFromSource(call);
}

/** COPY: the same as a PUT at the destination. */
function copyToDestination(call: ObjectCall): Promise<Response> {
  const { request, target } = call;
  const destination = request.headers.get('destination');
  if (!destination) throw badPath('Destination header required');
  const path = parseCopyHeader(destination);
  if (path === undefined)
    throw badPath('Destination header must be of the form <container name>/<object name>');
  const account = accountOf(request.headers.get('destination-account')) ?? target.account;
  return copy(call, target, { version: target.version, account, ...path });
}

/** PUT with X-Copy-From. */
function copyFromSource(call: ObjectCall): Promise<Response> {
  const { request, target } = call;
  if (Number(request.headers.get('content-length') ?? '0') > 0)
    throw refuseWith(400, 'Copy requests require a zero byte body');
  const path = parseCopyHeader(request.headers.get(X_COPY_FROM) ?? '');
  if (path === undefined)
    throw badPath('X-Copy-From header must be of the form <container name>/<object name>');
  const account = accountOf(request.headers.get(X_COPY_FROM_ACCOUNT)) ?? target.account;
  return copy(call, { version: target.version, account, ...path }, target);
}

function badPath(reason: string): Refused {
  return new Refused(htmlResponse(412, reason));
}

function accountOf(header: ByteString | undefined): ByteString | undefined {
  if (header === undefined) return undefined;
  const account = unquote(header);
  if (account === '') throw badPath('Account name cannot be empty');
  if (account.includes('/')) throw badPath('Account name cannot contain slashes');
  return account;
}

/**
 * Retries if the source goes away and comes back between being read and being put. The
 * CORS headers are those of the container that the response comes from: the source's if
 * that is refused, otherwise the copy's.
 */
async function copy(call: ObjectCall, from: ObjectTarget, to: ObjectTarget): Promise<Response> {
  const { request } = call;
  const headers = request.headers.with('Content-Length', '0');
  const sink: ObjectCall = { ...call, request: { ...request, headers }, target: to };
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
    const source = await catchRefused(() => openSource(call, from));
    const sourceCall = { ...call, request: { ...request, method: 'GET' }, target: from };
    if ('status' in source) return withCors(sourceCall, source);
    const response = await catchRefused(() => putCopy(sink, source, from));
    if (response !== undefined) return withCors(sink, response);
  }
  throw new StorageError(
    'gone',
    'the content of the source is gone, or was replaced at each attempt',
  );
}

async function openSource(call: ObjectCall, from: ObjectTarget): Promise<OpenedView> {
  checkNames(from);
  const source = await openView({ ...call, target: from }, 'GET');
  await checkConditions(call, source);
  return source;
}

/** Checks the request's conditions against the source, as Swift does. */
async function checkConditions({ request }: ObjectCall, { view }: OpenedView): Promise<void> {
  const condition = failedCondition(request.headers, view.etag, view.timestamp);
  if (condition !== undefined) throw new Refused(await serve(request, view));
  if (view.size === undefined || view.size > LIMITS.max_file_size) throw refuse(413);
  if (requestedRanges(request, view, view.size)?.length === 0)
    throw new Refused(await serve({ ...request, method: 'GET' }, view));
}
