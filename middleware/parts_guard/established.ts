import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { isManifestOfParts } from '../../src/buckets/upload_names';
import { drain } from '../../src/http/body';
import { credentials } from '../../src/http/headers';
import { subrequest, type ForParts, type Handler, type Request, type Response } from '../../src/http/message';
import {
  formatTarget,
  parseQuery,
  type ContainerTarget,
  type ObjectTarget,
  type Target,
} from '../../src/http/path';
import type { App } from '../../src/plugin';
import { partsContainerOf } from '../../src/reserved';
import { held } from './owners';

/** Milliseconds for which a right counts that was established for one request of a client's, and how many do at once. */
const HOLDS = 5000;
const MOST = 10_000;

/**
 * Establishes the rights of clients to the parts of their uploads, for requests that a dialect makes by itself. A
 * right is asked for once for all that one request of the client's needs within some seconds.
 */
export class UploadRights {
  private readonly known = new LRUCache<string, Promise<Response | undefined>>({ max: MOST, ttl: HOLDS });

  constructor(
    private readonly app: Pick<App, 'authority' | 'mayWrite'>,
    private readonly next: Handler,
  ) {}

  /** The refusal of a request that `isForParts`; undefined if the client has the right that it takes. */
  refusal(request: Request, target: ContainerTarget, parts: ForParts): Promise<Response | undefined> {
    const { version, account } = target;
    const object = { version, account, container: parts.bucket, object: parts.key ?? 'any' };
    if (parts.right === 'read') return this.refusalOfReading(request, object);
    const key = keyOf(request, object);
    const known = this.known.get(key);
    // what asked first may have been given up
    if (known) return known.catch(() => this.refusalOfWriting(request, object));
    const found = this.refusalOfWriting(request, object);
    this.known.set(key, found);
    const forget = () => {
      if (this.known.peek(key) === found) this.known.delete(key);
    };
    found.then((refusal) => refusal && forget(), forget);
    return found;
  }

  /**
   * A request for parts in the service user's name, or in the client's own if there is no service user. To
   * be called only for what was not refused.
   */
  established(request: Request): Request {
    return this.app.authority === 'service' ? { ...request, authority: 'service' } : request;
  }

  private async refusalOfWriting(request: Request, object: ObjectTarget): Promise<Response | undefined> {
    const refusal = await this.app.mayWrite({ ...request, query: '' }, object, { fresh: true });
    return refusal && held(refusal);
  }

  private async refusalOfReading(request: Request, object: ObjectTarget): Promise<Response | undefined> {
    const headers = credentials(request.headers);
    const path = formatTarget(object);
    const response = await this.next(subrequest(request, { method: 'HEAD', path, headers }));
    await drain(response.body);
    return response.status < 300 || response.status === 404 ? undefined : response;
  }
}

/**
 * Whether a request is one that a dialect may make for parts: in their container; or the PUT of a manifest that
 * names them, which the dialect has made.
 */
export function isForParts(request: Request, target: Target, parts: ForParts): target is ContainerTarget {
  const { method, query } = request;
  const { container, object } = target;
  const manifest = parseQuery(query).get('multipart-manifest');
  const isBeside = container === partsContainerOf(parts.bucket);
  if (parts.right === 'none') return isBeside && method === 'HEAD' && object === undefined;
  if (parts.right === 'read')
    return isBeside && method === 'GET' && manifest === 'get' && isManifestOfParts(object ?? '');
  return isBeside || (container === parts.bucket && method === 'PUT' && manifest === 'put');
}

/** The key under which a right is remembered; no token can be read from it. */
function keyOf({ transactionId, headers }: Request, { account, container, object }: ObjectTarget): string {
  const shown = [...credentials(headers).entries()];
  return createHash('sha256')
    .update(JSON.stringify([transactionId, account, container, object, ...shown]))
    .digest('base64');
}
