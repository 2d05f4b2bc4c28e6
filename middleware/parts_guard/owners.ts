import { randomUUID } from 'node:crypto';
import { drain, readText } from '../../src/http/body';
import { statusResponse } from '../../src/swift_api/responses';
import { SwiftClient } from '../../src/swift_api/client';
import type { Handler, Request, Response } from '../../src/swift_api/message';
import type { Target } from '../../src/swift_api/target';
import { StoreError } from '../../src/util/store_error';

/** An account in whose parts containers a client would read or write. */
export interface Reached extends Pick<Target, 'version' | 'account'> {
  readonly right: 'read' | 'write';
}

const MAX_REFUSAL = 64 * 1024;

/** No such container exists, so no ACL of one grants anything. */
const NO_CONTAINER = `hindsight-none-${randomUUID()}`;

/**
 * Returns the refusal of a client that does not own an account in which it would access
 * parts; undefined if there is none.
 *
 * @throws StoreError if the store gives no clear answer
 */
export async function refusalOf(
  request: Request,
  reached: readonly Reached[],
  next: Handler,
): Promise<Response | undefined> {
  for (const each of reached) {
    const refusal = await refusalOfOthers(request, each, next);
    if (refusal) return refusal;
  }
  return undefined;
}

/**
 * Checks whether a client may read, or write, in a container of an account that has no
 * ACL: asks in the client's name for a container that does not exist.
 */
async function refusalOfOthers(
  request: Request,
  { version, account, right }: Reached,
  next: Handler,
): Promise<Response | undefined> {
  const container = { version, account, container: NO_CONTAINER };
  const readMethod = request.method === 'HEAD' ? 'HEAD' : 'GET';
  const [method, target] =
    right === 'read'
      ? ([readMethod, container] as const)
      : (['DELETE', { ...container, object: 'none' }] as const);
  const response = await new SwiftClient(next, request).send(method, target);
  if ([401, 403, 429, 498].includes(response.status)) return bufferRefusal(response);
  await drain(response.body);
  if (response.status === 404) return undefined;
  throw new StoreError(
    'unavailable',
    `cannot tell whether the client may access the parts of uploads: the store answered ${response.status}`,
    response.status,
  );
}

/** Buffers a refusal, so that it can be sent several times, or dropped. */
export async function bufferRefusal(refusal: Response): Promise<Response> {
  const body = await readText(refusal.body, MAX_REFUSAL);
  return body === undefined ? statusResponse(refusal.status) : { ...refusal, body };
}
