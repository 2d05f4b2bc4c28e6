import { randomUUID } from 'node:crypto';
import { drain } from '../../src/http/body';
import { credentials } from '../../src/http/headers';
import { subrequest, type Handler, type Request, type Response } from '../../src/http/message';
import { formatTarget, type Target } from '../../src/http/path';
import { StoreError } from '../../src/stores/error';

/** What a client would do with what only owners reach. */
export type OwnersRight = 'read' | 'write';

/** There is no such container, so no ACL of one lets anybody do anything. */
const NO_CONTAINER = `hindsight-none-${randomUUID()}`;

/**
 * Finds out whether a client may read, or write, in a container of an account that has no ACL: by asking for one
 * that does not exist, in the client's name.
 *
 * @returns the store's refusal; undefined if the client may
 * @throws StoreError if the store does not tell
 */
export async function refusalOfOthers(
  request: Request,
  { version, account }: Pick<Target, 'version' | 'account'>,
  right: OwnersRight,
  next: Handler,
): Promise<Response | undefined> {
  const container = { version, account, container: NO_CONTAINER };
  const reading = request.method === 'HEAD' ? 'HEAD' : 'GET';
  const [method, target] =
    right === 'read'
      ? ([reading, container] as const)
      : (['DELETE', { ...container, object: 'none' }] as const);
  const path = formatTarget(target);
  const response = await next(subrequest(request, { method, path, headers: credentials(request.headers) }));
  if ([401, 403, 429, 498].includes(response.status)) return response;
  await drain(response.body);
  if (response.status === 404) return undefined;
  throw new StoreError(
    'unavailable',
    `whether the client may reach the parts of uploads is not known: the store answered ${response.status}`,
    response.status,
  );
}
