import { randomUUID } from 'node:crypto';
import { drain } from '../../src/http/body';
import { SwiftClient } from '../../src/swift_api/client';
import type { Handler, Request, Response } from '../../src/swift_api/message';
import { parseTarget, type Target } from '../../src/swift_api/target';
import { isOfUnknownClient } from '../../src/plugin/held_names';
import { StoreError } from '../../src/util/store_error';
import { refusalOf } from '../parts_guard/owners';
import { BulkError } from './bulk_error';

/**
 * Establishes that a client may run a bulk operation before any of its body is read, by a
 * request without a body that changes nothing. Each name or entry is checked later, one
 * by one.
 *
 * @param within the scope: names to delete may be in any container, files of an archive
 *   in one
 * @throws BulkError with the status of the refusal
 */
export async function checkBulkRight(
  request: Request,
  within: 'account' | 'path',
  next: Handler,
): Promise<void> {
  if (Buffer.isBuffer(request.body)) return;
  const target = parseTarget(request.path);
  if (target === undefined) throw new BulkError(404);
  const { version, account } = target;
  const refusal = await findRefusal(
    request,
    within === 'path' ? target : { version, account },
    next,
  );
  if (refusal === undefined) return;
  await drain(refusal.body);
  throw new BulkError(refusal.status);
}

async function findRefusal(
  request: Request,
  target: Target,
  next: Handler,
): Promise<Response | undefined> {
  const { version, account, container } = target;
  if (container !== undefined)
    return refusalInContainer({ version, account, container }, request, next);
  const refusal = await refusalOf(request, [{ version, account, right: 'write' }], next);
  return refusal && isOfUnknownClient(request, refusal) ? refusal : undefined;
}

/**
 * Probes with a POST to an object that does not exist: the store checks the client's
 * right, and nothing is changed.
 */
async function refusalInContainer(
  container: Target,
  request: Request,
  next: Handler,
): Promise<Response | undefined> {
  const object = { ...container, object: `hindsight-none-${randomUUID()}` };
  const response = await new SwiftClient(next, request).post(object);
  if ([401, 403, 429, 498].includes(response.status)) return response;
  await drain(response.body);
  if (response.status < 500) return undefined;
  throw new StoreError(
    'unavailable',
    `cannot tell whether the client may write: the store answered ${response.status}`,
  );
}
