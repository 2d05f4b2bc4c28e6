import { randomUUID } from 'node:crypto';
import { drain } from '../../src/http/body';
import { credentials } from '../../src/http/headers';
import { subrequest, type Handler, type Request, type Response } from '../../src/swift_api/message';
import { formatTarget, parseTarget, type Target } from '../../src/swift_api/target';
import { isOfNobodyKnown } from '../../src/plugin/held_names';
import { StoreError } from '../../src/util/store_error';
import { refusalOf } from '../parts_guard/owners';
import { Stopped } from './stopped';

/**
 * Establishes that a client may have a bulk operation carried out, before any of its body is read: by a request without
 * a body that changes nothing. What each name or entry is about is judged later, one by one.
 *
 * @param within what the operation is about: names to delete may be of any container, files of an archive of one
 * @throws Stopped with the status of the refusal
 */
export async function establishRight(
  request: Request,
  within: 'account' | 'path',
  next: Handler,
): Promise<void> {
  if (Buffer.isBuffer(request.body)) return;
  const target = parseTarget(request.path);
  if (target === undefined) throw new Stopped(404);
  const { version, account } = target;
  const refusal = await askedFirst(
    request,
    within === 'path' ? target : { version, account },
    next,
  );
  if (refusal === undefined) return;
  await drain(refusal.body);
  throw new Stopped(refusal.status);
}

async function askedFirst(
  request: Request,
  target: Target,
  next: Handler,
): Promise<Response | undefined> {
  const { version, account, container } = target;
  if (container !== undefined) return refusalIn({ version, account, container }, request, next);
  const refusal = await refusalOf(request, [{ version, account, right: 'write' }], next);
  return refusal && isOfNobodyKnown(request, refusal) ? refusal : undefined;
}

/** The metadata of an object that is not there is changed by nobody; the right to is asked all the same. */
async function refusalIn(
  container: Target,
  request: Request,
  next: Handler,
): Promise<Response | undefined> {
  const path = formatTarget({ ...container, object: `hindsight-none-${randomUUID()}` });
  const headers = credentials(request.headers);
  const response = await next(subrequest(request, { method: 'POST', path, headers }));
  if ([401, 403, 429, 498].includes(response.status)) return response;
  await drain(response.body);
  if (response.status < 500) return undefined;
  throw new StoreError(
    'unavailable',
    `the client's right to write is not known: the store answered ${response.status}`,
  );
}
