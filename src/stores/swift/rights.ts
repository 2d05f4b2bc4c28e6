import { createHash, randomUUID } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { unauthorised } from '../../swift_api/responses';
import { drain } from '../../http/body';
import { credentialHeaders, type Headers } from '../../http/headers';
import { SwiftClient } from '../../swift_api/client';
import { textResponse, type Request, type Handler, type Response } from '../../swift_api/message';
import { parseTarget, type ContainerTarget, type ObjectTarget } from '../../swift_api/target';
import { isTempUrl, tempUrlQuery } from '../../swift_api/temp_url/temp_url';
import { changedObject, writtenObject } from '../../swift_api/object_writes';
import { Right } from '../../swift_api/authority/grants';
import { StoreError } from '../../util/store_error';
import { PROBES, type ProbeMethod, type SelfTest } from './self_test';

const MAX_CACHED = 10_000;

/**
 * Determines whether a client may write an object, without changing anything. Sends a
 * request in the client's name that cannot take effect: the store answers 401 or 403 if
 * the client lacks the right, and otherwise if it has it. A self-test first checks that
 * the store does refuse such requests. Without a service user there is no self-test, and
 * the request deletes a name that does not exist.
 */
export class Rights {
  private readonly cache: LRUCache<string, true> | undefined;

  /**
   * @param send sends a request to the store
   * @param selfTest undefined without a service user
   * @param cacheTime milliseconds that the right of a token is cached; 0: not at all
   */
  constructor(
    private readonly send: Handler,
    private readonly selfTest: SelfTest | undefined,
    cacheTime: number,
  ) {
    if (cacheTime > 0) this.cache = new LRUCache({ max: MAX_CACHED, ttl: Math.ceil(cacheTime) });
  }

  /**
   * Returns the right to write (or to delete, for which Swift requires the same), or the
   * store's refusal.
   *
   * @param fresh ignores the cache
   */
  async mayWrite(request: Request, target: ObjectTarget, fresh = false): Promise<Right | Response> {
    return (
      (await this.refusalOfWriting(request, target, fresh)) ?? Right.established('write', target)
    );
  }

  private async refusalOfWriting(
    request: Request,
    target: ObjectTarget,
    fresh: boolean,
  ): Promise<Response | undefined> {
    const { selfTest } = this;
    if (!selfTest) return this.probe(request, { ...target, object: randomUUID() }, 'DELETE', '');
    // a signature is valid for one method, and until its own expiry
    if (isTempUrl(request)) return this.mayWriteSigned(request, target, selfTest);
    const key = keyOf(request.headers, target);
    if (!fresh && key !== undefined && this.cache?.get(key)) return undefined;
    await selfTest.verify(request);
    const refusal = await this.probe(request, target, 'PUT', '');
    if (key !== undefined && refusal === undefined) this.cache?.set(key, true);
    return refusal;
  }

  /**
   * Returns the right to write an object that is to be locked, or the store's refusal.
   * Without a service user the store cannot be tested, and no right is established: this
   * refuses a client that may not even read the object, since its write begins with a
   * read, and leaves any other to the store.
   */
  async mayLock(request: Request, target: ObjectTarget): Promise<Right | 'client' | Response> {
    if (this.selfTest) return this.mayWrite(request, target);
    return (await this.refusalOfReading(request, target)) ?? 'client';
  }

  private async refusalOfReading(
    request: Request,
    target: ObjectTarget,
  ): Promise<Response | undefined> {
    // a change of metadata may need no read
    if (request.method === 'POST') return undefined;
    const key = keyOf(request.headers, target);
    if (key !== undefined && this.cache?.get(key)) return undefined;
    const { status } = await new SwiftClient(this.send, request, 'client').head(target);
    if (status === 401) return unauthorised(target.account, MAY_NOT_READ);
    if (status === 403) return textResponse(403, MAY_NOT_READ);
    if (key !== undefined && status < 500) this.cache?.set(key, true);
    return undefined;
  }

  /** Drops the cached right of a client whose request the store did not allow. */
  invalidate(request: Request): void {
    const target = parseTarget(request.path);
    const objectTarget =
      target && (writtenObject(request, target) ?? changedObject(request, target));
    const key = objectTarget && keyOf(request.headers, objectTarget);
    if (key !== undefined) this.cache?.delete(key);
  }

  private async mayWriteSigned(
    request: Request,
    target: ObjectTarget,
    selfTest: SelfTest,
  ): Promise<Response | undefined> {
    const method =
      request.method === 'DELETE' || request.method === 'POST' ? request.method : 'PUT';
    const isAccepted = await selfTest.verifySigned(request, method);
    if (!isAccepted) return unauthorised('unknown', '401 Unauthorized: Temp URL invalid\n');
    return this.probe(request, target, method, tempUrlQuery(request.query));
  }

  private async probe(
    request: Request,
    target: ObjectTarget,
    method: ProbeMethod,
    query: string,
  ): Promise<Response | undefined> {
    const client = new SwiftClient(this.send, request, 'client');
    const response = await client.send(method, target, { query, headers: PROBES[method] });
    if ([401, 403, 429, 498].includes(response.status)) return response;
    await drain(response.body);
    if (response.status >= 400 && response.status < 500) return undefined;
    if (response.status < 300) this.selfTest?.invalidate();
    throw new StoreError(
      'unavailable',
      `cannot determine whether the client may write: the store answered ${response.status}`,
    );
  }
}

const MAY_NOT_READ = 'the store does not allow this client to read the object\n';

/**
 * Returns the cache key of a right, which does not reveal the token; undefined for a
 * client without credentials.
 */
function keyOf(headers: Headers, { account, container }: ContainerTarget): string | undefined {
  const clientCredentials = [...credentialHeaders(headers).entries()];
  if (clientCredentials.length === 0) return undefined;
  return createHash('sha256')
    .update(JSON.stringify([account, container, ...clientCredentials]))
    .digest('base64');
}
