import { unquote, type ByteString } from '../../../http/bytes';
import { LIMITS } from '../../../swift_api/constraints';
import { parseCopyHeader, type ObjectTarget } from '../../../swift_api/target';
import type { Response } from '../../../swift_api/message';
import { StorageError } from '../storage/storage_error';
import { page, refuse, Refused, refuseWith, settled } from './answers';
import type { ObjectCall } from './call';
import { putCopy } from './copy_put';
import { withCors } from './cors';
import { checkNames } from './limits';
import { failedCondition } from '../../../swift_api/conditions';
import { openView, type OpenedView } from './read';
import { serve, wantedRanges } from '../../../swift_api/object_response';

/** How often a copy is begun of a source that goes away meanwhile. */
const MAX_ATTEMPTS = 10;

/** Whether a request makes a copy. */
export function isCopy({ request }: ObjectCall): boolean {
  const { method, headers } = request;
  return method === 'COPY' || (method === 'PUT' && Boolean(headers.get('x-copy-from')));
}

/** Answers a request that makes a copy (Swift's `copy`). */
export function copyRequest(call: ObjectCall): Promise<Response> {
  return call.request.method === 'COPY' ? copyThere(call) : copyHere(call);
}

/** COPY: the same as a PUT at the other end. */
function copyThere(call: ObjectCall): Promise<Response> {
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
function copyHere(call: ObjectCall): Promise<Response> {
  const { request, target } = call;
  if (Number(request.headers.get('content-length') ?? '0') > 0)
    throw refuseWith(400, 'Copy requests require a zero byte body');
  const path = parseCopyHeader(request.headers.get('x-copy-from') ?? '');
  if (path === undefined)
    throw badPath('X-Copy-From header must be of the form <container name>/<object name>');
  const account = accountOf(request.headers.get('x-copy-from-account')) ?? target.account;
  return copy(call, { version: target.version, account, ...path }, target);
}

function badPath(reason: string): Refused {
  return new Refused(page(412, reason));
}

function accountOf(header: ByteString | undefined): ByteString | undefined {
  if (header === undefined) return undefined;
  const account = unquote(header);
  if (account === '') throw badPath('Account name cannot be empty');
  if (account.includes('/')) throw badPath('Account name cannot contain slashes');
  return account;
}

/**
 * It is tried again while its source goes away and comes back between being read and being put. Scripts from elsewhere see the answer as
 * the container allows it that it comes from: the source's where that is refused, and else the copy's.
 */
async function copy(call: ObjectCall, from: ObjectTarget, to: ObjectTarget): Promise<Response> {
  const { request } = call;
  const headers = request.headers.with('Content-Length', '0');
  const sink: ObjectCall = { ...call, request: { ...request, headers }, target: to };
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
    const source = await settled(() => openSource(call, from));
    const read = { ...call, request: { ...request, method: 'GET' }, target: from };
    if ('status' in source) return withCors(read, source);
    const response = await settled(() => putCopy(sink, source, from));
    if (response !== undefined) return withCors(sink, response);
  }
  throw new StorageError(
    'gone',
    'the content of the source is not there, or was replaced each time',
  );
}

async function openSource(call: ObjectCall, from: ObjectTarget): Promise<OpenedView> {
  checkNames(from);
  const source = await openView({ ...call, target: from }, 'GET');
  await checkConditions(call, source);
  return source;
}

/** The request's conditions are asked of the source, as in Swift. */
async function checkConditions({ request }: ObjectCall, { view }: OpenedView): Promise<void> {
  const failed = failedCondition(request.headers, view.etag, view.timestamp);
  if (failed !== undefined) throw new Refused(await serve(request, view));
  if (view.size === undefined || view.size > LIMITS.max_file_size) throw refuse(413);
  if (wantedRanges(request, view, view.size)?.length === 0)
    throw new Refused(await serve({ ...request, method: 'GET' }, view));
}
