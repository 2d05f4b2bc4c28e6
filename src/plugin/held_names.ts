import { refuseDeletes } from '../swift_api/bulk/report';
import { strip, unquote, type ByteString } from '../http/bytes';
import { LIMITS } from '../swift_api/constraints';
import { credentialHeaders } from '../http/headers';
import { holdBody, type Bounds } from '../swift_api/held_body';
import { DEFAULT_LIMITS } from '../swift_api/manifest_bounds';
import type { Request, Response } from '../swift_api/message';
import type { Target } from '../swift_api/target';
import type { App } from './plugin';
import { TurnBudget } from '../util/turns';

/** Max bytes of an object's name with its container's. */
export const MAX_PATH = LIMITS.max_object_name_length + LIMITS.max_container_name_length + 2;

/**
 * Buffers the list of names of a bulk delete that the store carries out.
 *
 * @param refusal returns the refusal for a client that does not own the account, or
 *   undefined
 * @returns the list, or the refusal
 */
export function holdNames(
  request: Request,
  { account }: Target,
  app: Pick<App, 'limits'>,
  refusal: () => Promise<Response | undefined>,
): Promise<Buffer | Response> {
  return holdBody(request, {
    account,
    right: async () => {
      const response = await refusal();
      return response && isOfUnknownClient(request, response) ? response : undefined;
    },
    bounds: nameBounds(
      request,
      async () => ((await app.limits?.(request)) ?? DEFAULT_LIMITS).deletes,
    ),
  });
}

/**
 * Returns whether the refusal of a request reserved to owners means that the client is
 * unknown. A known client may have rights to the contents of a container, which are
 * checked for each name.
 */
export function isOfUnknownClient({ headers }: Request, { status }: Response): boolean {
  return status === 401 || [...credentialHeaders(headers).entries()].length === 0;
}

/**
 * Yields the decoded names of a list: URL-encoded, one a line. Yields to other tasks in
 * between.
 */
export async function* readNames(list: Buffer): AsyncGenerator<ByteString, void> {
  const turns = new TurnBudget(1000);
  for (let start = 0; start <= list.length;) {
    const end = list.indexOf('\n', start);
    const line = list.toString('latin1', start, end < 0 ? list.length : end);
    yield unquote(strip(line));
    if (end < 0) return;
    start = end + 1;
    await turns.spend();
  }
}

/** The limits of Swift's `bulk`, whose report contains the status. */
function nameBounds(request: Request, max: () => Promise<number>): Bounds {
  let [lines, length] = [0, 0];
  return {
    ofLength: () => undefined,
    ofContent: async (chunk) => {
      for (let start = 0; start < chunk.length;) {
        const end = chunk.indexOf('\n', start);
        length += (end < 0 ? chunk.length : end) - start;
        if (length > MAX_PATH * 2) return refuseDeletes(request, 400, 'Invalid File Name');
        if (end < 0) break;
        [lines, length, start] = [lines + 1, 0, end + 1];
      }
      if (lines <= DEFAULT_LIMITS.deletes) return undefined;
      const limit = await max();
      return lines > limit
        ? refuseDeletes(request, 413, `Maximum Bulk Deletes: ${limit} per request`)
        : undefined;
    },
  };
}
