import { LRUCache } from 'lru-cache';
import type { Handler, Request, Response } from '../../swift_api/message';
import { credentialHeaders, type Headers } from '../../http/headers';
import { parseTarget } from '../../swift_api/target';
import { readText } from '../../http/body';
import { X_COPY_FROM, X_SYMLINK_TARGET, X_TRANS_ID } from '../../swift_api/header_names';

/**
 * Milliseconds for which the store's refusal of one anonymous client holds for all, and
 * max cached refusals.
 */
const REFUSAL_TTL = 1000;
const MAX = 1000;
/** Max bytes of a text; a longer one is left out. */
const MAX_TEXT = 16 * 1024;

const WRITES = ['PUT', 'POST', 'DELETE'];

interface Refusal {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Buffer;
}

/**
 * Spares the store repeated requests to find out whether clients without credentials may
 * write to a container. A refusal of one is a refusal of all that have its Origin, so any
 * number of them costs the store one request a second.
 */
export class AnonymousRefusals {
  private readonly refusals = new LRUCache<string, Refusal>({ max: MAX, ttl: REFUSAL_TTL });

  /** @param send sends a request to the store */
  constructor(private readonly send: Handler) {}

  answer(request: Request): Promise<Response> {
    const key = keyOf(request);
    return key === undefined ? this.send(request) : this.answerFor(key, request);
  }

  private async answerFor(key: string, request: Request): Promise<Response> {
    const cached = this.refusals.get(key);
    if (cached) return cached;
    const response = await this.send(request);
    if (response.status !== 401) return response;
    const { status, headers } = response;
    const text = await readText(response.body, MAX_TEXT);
    const refusal: Refusal = {
      status,
      headers: headers.without(X_TRANS_ID, 'x-openstack-request-id'),
      body: text ?? Buffer.alloc(0),
    };
    this.refusals.set(key, refusal);
    return refusal;
  }
}

/**
 * Returns the cache key of an anonymous client's write; undefined for any other request.
 * Requests with a body are not cached, nor those of which another object may be what is
 * refused.
 * The headers of a refusal depend on the origin.
 */
function keyOf({ method, path, query, headers, body }: Request): string | undefined {
  if (!WRITES.includes(method) || query !== '' || !Buffer.isBuffer(body) || body.length > 0)
    return undefined;
  if (credentialHeaders(headers).entries().next().done !== true) return undefined;
  const target = parseTarget(path);
  if (target?.object === undefined || isPointer(headers)) return undefined;
  return JSON.stringify([target.account, target.container, headers.get('origin') ?? '']);
}

function isPointer(headers: Headers): boolean {
  return headers.has(X_COPY_FROM) || headers.has(X_SYMLINK_TARGET);
}
