import { LRUCache } from 'lru-cache';
import type { Handler, Request, Response } from '../../../swift_api/message';
import { credentials, type Headers } from '../../../http/headers';
import { parseTarget } from '../../../swift_api/target';
import { readAll } from '../../../http/body';

/** Milliseconds for which the store's refusal of one stranger holds for all, and how many refusals are known. */
const HOLDS = 1000;
const MAX = 1000;
/** A longer text is left out. */
const MAX_TEXT = 16 * 1024;

const WRITES = ['PUT', 'POST', 'DELETE'];

interface Refusal {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Buffer;
}

/**
 * Spares the store one question about clients without credentials: whether they may write in a container. A refusal
 * of one of them is one of all, so any number of them costs the store a request a second.
 */
export class Strangers {
  private readonly refused = new LRUCache<string, Refusal>({ max: MAX, ttl: HOLDS });

  /** @param send sends a request to the store */
  constructor(private readonly send: Handler) {}

  async answer(request: Request): Promise<Response> {
    const key = keyOf(request);
    if (key === undefined) return this.send(request);
    const known = this.refused.get(key);
    if (known) return known;
    const response = await this.send(request);
    if (response.status !== 401) return response;
    const { status, headers } = response;
    const text = await readAll(response.body, MAX_TEXT);
    const refusal: Refusal = {
      status,
      headers: headers.without('x-trans-id', 'x-openstack-request-id'),
      body: text ?? Buffer.alloc(0),
    };
    this.refused.set(key, refusal);
    return refusal;
  }
}

/** What a stranger's question is about; undefined for what is none. A request with a body is no question. */
function keyOf({ method, path, query, headers, body }: Request): string | undefined {
  if (!WRITES.includes(method) || query !== '' || !Buffer.isBuffer(body) || body.length > 0)
    return undefined;
  if (credentials(headers).entries().next().done !== true) return undefined;
  const target = parseTarget(path);
  if (target?.object === undefined) return undefined;
  return JSON.stringify([target.account, target.container]);
}
