import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { isManifestOfParts } from '../../src/buckets/uploads/upload_names';
import { authorityOverParts } from '../../src/versioning/authority';
import { drain } from '../../src/http/body';
import type { Right } from '../../src/swift_api/authority/authority';
import { credentials } from '../../src/http/headers';
import {
  isReading,
  subrequest,
  type ForParts,
  type Handler,
  type Request,
  type Response,
} from '../../src/swift_api/message';
import {
  formatTarget,
  isObject,
  parseQuery,
  type ContainerTarget,
  type ObjectTarget,
  type Target,
} from '../../src/swift_api/target';
import { rightShown } from '../../src/swift_api/authority/shown_right';
import type { App } from '../../src/plugin/plugin';
import { partsContainerOf } from '../../src/swift_api/reserved';
import { ITSELF } from '../../src/swift_api/itself';
import { held } from './owners';

/** Milliseconds for which a right counts that was established for one request of a client's, and how many do at once. */
const HOLDS = 5000;
const MAX = 10_000;

/**
 * Establishes the rights of clients to the parts of their uploads, for requests that a dialect makes by itself. A
 * right is asked for once for all that one request of the client's needs within some seconds.
 */
export class UploadRights {
  private readonly known = new LRUCache<string, Promise<Right | Response>>({
    max: MAX,
    ttl: HOLDS,
  });

  constructor(
    private readonly app: Pick<App, 'power' | 'mayWrite'>,
    private readonly next: Handler,
  ) {}

  /** The right that a request takes that `isForParts`, or the refusal of a client that has it not. */
  rightFor(request: Request, target: ContainerTarget, parts: ForParts): Promise<Right | Response> {
    const { version, account } = target;
    const object = { version, account, container: parts.bucket, object: parts.key ?? 'any' };
    if (parts.right === 'read') return this.rightToRead(request, object);
    const key = keyOf(request, object);
    const known = this.known.get(key);
    // what asked first may have been given up
    if (known) return known.catch(() => this.rightToWrite(request, object));
    const found = this.rightToWrite(request, object);
    this.known.set(key, found);
    const forget = () => {
      if (this.known.peek(key) === found) this.known.delete(key);
    };
    found.then((right) => {
      if ('status' in right) forget();
    }, forget);
    return found;
  }

  /**
   * A request for parts in the service user's name, or in the client's own if there is no service user. To
   * be called only for what was not refused.
   */
  established(request: Request, target: ContainerTarget, right: Right, parts: ForParts): Request {
    const authority = authorityOverParts(this.app.power, right, parts.key);
    const reads = isObject(target) && isReading(request.method);
    // a link that somebody put among the parts leads nowhere
    const query = reads && authority !== 'client' ? itself(request.query) : request.query;
    return { ...request, query, authority };
  }

  private async rightToWrite(request: Request, object: ObjectTarget): Promise<Right | Response> {
    const right = await this.app.mayWrite({ ...request, query: '' }, object, { fresh: true });
    return 'status' in right ? held(right) : right;
  }

  private async rightToRead(request: Request, object: ObjectTarget): Promise<Right | Response> {
    const headers = credentials(request.headers);
    const asked = subrequest(request, { method: 'HEAD', path: formatTarget(object), headers });
    const response = await this.next(asked);
    await drain(response.body);
    return rightShown(asked, response) ?? response;
  }
}

function itself(query: string): string {
  return query === '' ? ITSELF : `${query}&${ITSELF}`;
}

/**
 * Whether a request is one that a dialect may make for parts: in their container; or the PUT of a manifest that
 * names them, which the dialect has made.
 */
export function isForParts(
  request: Request,
  target: Target,
  parts: ForParts,
): target is ContainerTarget {
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
function keyOf(
  { transactionId, headers }: Request,
  { account, container, object }: ObjectTarget,
): string {
  const shown = [...credentials(headers).entries()];
  return createHash('sha256')
    .update(JSON.stringify([transactionId, account, container, object, ...shown]))
    .digest('base64');
}
