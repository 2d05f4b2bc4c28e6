import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { isManifestOfParts, isTagsObject } from '../../src/buckets/uploads/upload_names';
import { partsAuthority } from '../../src/versioning/authority';
import { drain } from '../../src/http/body';
import type { Right } from '../../src/swift_api/authority/authority';
import { credentialHeaders } from '../../src/http/headers';
import { SwiftClient } from '../../src/swift_api/client';
import {
  isReadMethod,
  type PartsAccess,
  type Handler,
  type Request,
  type Response,
} from '../../src/swift_api/message';
import {
  isObject,
  parseQuery,
  type ContainerTarget,
  type ObjectTarget,
  type Target,
} from '../../src/swift_api/target';
import { provenRight } from '../../src/swift_api/authority/shown_right';
import type { App } from '../../src/plugin/plugin';
import { partsContainerOf } from '../../src/swift_api/reserved';
import { ITSELF_QUERY } from '../../src/swift_api/itself';
import { bufferRefusal } from './owners';

/**
 * Milliseconds for which a right is valid that was established for a request of a client,
 * and how many are remembered at once.
 */
const RIGHT_TTL = 5000;
const MAX_RIGHTS = 10_000;

/**
 * Establishes the rights of clients to the parts of their uploads, for requests that a
 * dialect makes by itself. A right is requested once for all that a single request of the
 * client needs within some seconds.
 */
export class UploadRights {
  private readonly rights = new LRUCache<string, Promise<Right | Response>>({
    max: MAX_RIGHTS,
    ttl: RIGHT_TTL,
  });

  constructor(
    private readonly app: Pick<App, 'power' | 'mayWrite'>,
    private readonly next: Handler,
  ) {}

  /**
   * Returns the right needed by a request that `isForParts`, or the refusal if the client
   * lacks it.
   */
  rightFor(
    request: Request,
    target: ContainerTarget,
    parts: PartsAccess,
  ): Promise<Right | Response> {
    const { version, account } = target;
    const object = { version, account, container: parts.bucket, object: parts.key ?? 'any' };
    if (parts.right === 'read') return this.rightToRead(request, object);
    const key = keyOf(request, object);
    const cached = this.rights.get(key);
    // the request that asked first may have been given up
    if (cached) return cached.catch(() => this.rightToWrite(request, object));
    const pending = this.rightToWrite(request, object);
    this.rights.set(key, pending);
    const forget = () => {
      if (this.rights.peek(key) === pending) this.rights.delete(key);
    };
    pending.then((right) => {
      if ('status' in right) forget();
    }, forget);
    return pending;
  }

  /**
   * Returns a request for parts in the service user's name, or in the client's own if
   * there is no service user. Call it only for requests that were not refused.
   */
  withAuthority(
    request: Request,
    target: ContainerTarget,
    right: Right,
    parts: PartsAccess,
  ): Request {
    const authority = partsAuthority(this.app.power, right, parts.key);
    const reads = isObject(target) && isReadMethod(request.method);
    // a link that somebody put among the parts is not followed
    const query = reads && authority !== 'client' ? withoutFollowing(request.query) : request.query;
    return { ...request, query, authority };
  }

  private async rightToWrite(request: Request, object: ObjectTarget): Promise<Right | Response> {
    const right = await this.app.mayWrite({ ...request, query: '' }, object, { fresh: true });
    return 'status' in right ? bufferRefusal(right) : right;
  }

  private async rightToRead(request: Request, object: ObjectTarget): Promise<Right | Response> {
    const probe = new SwiftClient(this.next, request).request('HEAD', object);
    const response = await this.next(probe);
    await drain(response.body);
    return provenRight(probe, response) ?? response;
  }
}

function withoutFollowing(query: string): string {
  return query === '' ? ITSELF_QUERY : `${query}&${ITSELF_QUERY}`;
}

/**
 * Whether a dialect may make this request for parts: in their container; or as the PUT of
 * a manifest that names them, built by the dialect.
 */
export function isForParts(
  request: Request,
  target: Target,
  parts: PartsAccess,
): target is ContainerTarget {
  const { method, query } = request;
  const { container, object } = target;
  const manifest = parseQuery(query).get('multipart-manifest');
  const isInPartsContainer = container === partsContainerOf(parts.bucket);
  if (parts.right === 'none')
    return isInPartsContainer && method === 'HEAD' && object === undefined;
  if (parts.right === 'read')
    return (
      isInPartsContainer &&
      method === 'GET' &&
      manifest === 'get' &&
      (isManifestOfParts(object ?? '') || isTagsObject(object ?? ''))
    );
  return (
    isInPartsContainer || (container === parts.bucket && method === 'PUT' && manifest === 'put')
  );
}

/** Returns the key under which a right is cached; no token can be read from it. */
function keyOf(
  { transactionId, headers }: Request,
  { account, container, object }: ObjectTarget,
): string {
  const clientCredentials = [...credentialHeaders(headers).entries()];
  return createHash('sha256')
    .update(JSON.stringify([transactionId, account, container, object, ...clientCredentials]))
    .digest('base64');
}
