import { randomUUID } from 'node:crypto';
import { drain, readAll } from '../../src/http/body';
import { credentials } from '../../src/http/headers';
import { answer } from '../../src/swift_api/responses';
import { subrequest, type Handler, type Request, type Response } from '../../src/swift_api/message';
import { formatTarget, type Target } from '../../src/swift_api/target';
import { StoreError } from '../../src/util/store_error';

/** An account in whose containers of parts a client would read or write. */
export interface Reached extends Pick<Target, 'version' | 'account'> {
  readonly right: 'read' | 'write';
}

const MAX_REFUSAL = 64 * 1024;

/** There is no such container, so no ACL of one lets anybody do anything. */
const NO_CONTAINER = `hindsight-none-${randomUUID()}`;

/**
 * The refusal of a client that is no owner of an account in which it would reach parts; undefined if there is none.
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
 * Finds out whether a client may read, or write, in a container of an account that has no ACL: by asking for one
 * that does not exist, in the client's name.
 */
async function refusalOfOthers(
  request: Request,
  { version, account, right }: Reached,
  next: Handler,
): Promise<Response | undefined> {
  const container = { version, account, container: NO_CONTAINER };
  const reading = request.method === 'HEAD' ? 'HEAD' : 'GET';
  const [method, target] =
    right === 'read'
      ? ([reading, container] as const)
      : (['DELETE', { ...container, object: 'none' }] as const);
  const path = formatTarget(target);
  const response = await next(
    subrequest(request, { method, path, headers: credentials(request.headers) }),
  );
  if ([401, 403, 429, 498].includes(response.status)) return held(response);
  await drain(response.body);
  if (response.status === 404) return undefined;
  throw new StoreError(
    'unavailable',
    `whether the client may reach the parts of uploads is not known: the store answered ${response.status}`,
    response.status,
  );
}

/** A refusal that can be answered with, several times, or be given up. */
export async function held(refusal: Response): Promise<Response> {
  const body = await readAll(refusal.body, MAX_REFUSAL);
  return body === undefined ? answer(refusal.status) : { ...refusal, body };
}
