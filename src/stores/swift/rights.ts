import { createHash, randomUUID } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { unauthorised } from '../../swift_api/responses';
import { drain } from '../../http/body';
import { credentials, type Headers } from '../../http/headers';
import {
  subrequest,
  textResponse,
  type Request,
  type Handler,
  type Response,
} from '../../swift_api/message';
import {
  formatTarget,
  parseTarget,
  type ContainerTarget,
  type ObjectTarget,
} from '../../swift_api/target';
import { isTempUrl, tempUrlQuery } from '../../swift_api/temp_url/temp_url';
import { changedBy, writtenBy } from '../../swift_api/object_writes';
import { Right } from '../../swift_api/authority/grants';
import { StoreError } from '../../util/store_error';
import { PROBES, type ProbeMethod, type SelfTest } from './self_test';

const MAX_REMEMBERED = 10_000;

/**
 * Finds out whether a client may write an object, without changing anything: a request in the client's name that cannot take effect is
 * answered 401 or 403 without the right, and otherwise with it. Whether the store behind does refuse such a request is tried on
 * a scratch object first. Without a service user there is none, and the request deletes a name that is not there.
 */
export class Rights {
  private readonly remembered: LRUCache<string, true> | undefined;

  /**
   * @param send sends a request to the store
   * @param scratch undefined: there is no service user
   * @param rememberedFor milliseconds that the right of a token is remembered for; 0: not at all
   */
  constructor(
    private readonly send: Handler,
    private readonly scratch: SelfTest | undefined,
    rememberedFor: number,
  ) {
    if (rememberedFor > 0)
      this.remembered = new LRUCache({ max: MAX_REMEMBERED, ttl: Math.ceil(rememberedFor) });
  }

  /**
   * The right to write (or to delete, for which Swift asks for the same), or the store's refusal.
   *
   * @param fresh not by what is remembered
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
    const { scratch } = this;
    if (!scratch) return this.probe(request, { ...target, object: randomUUID() }, 'DELETE', '');
    // what is signed holds for one method and until its own time
    if (isTempUrl(request)) return this.mayWriteSigned(request, target, scratch);
    const key = keyOf(request.headers, target);
    if (!fresh && key !== undefined && this.remembered?.get(key)) return undefined;
    await scratch.verify(request);
    const refusal = await this.probe(request, target, 'PUT', '');
    if (key !== undefined && refusal === undefined) this.remembered?.set(key, true);
    return refusal;
  }

  /**
   * Where there is no service user with whom to try what the store does: refuses a client that may
   * not even look at what it is to write, which its write begins with.
   *
   * @returns a right that is the store's to judge, request by request
   */
  async mayLook(request: Request, target: ObjectTarget): Promise<Right | Response> {
    return (await this.refusalOfLooking(request, target)) ?? Right.established('write', target);
  }

  private async refusalOfLooking(
    request: Request,
    target: ObjectTarget,
  ): Promise<Response | undefined> {
    // a change of metadata may need no look
    if (request.method === 'POST') return undefined;
    const key = keyOf(request.headers, target);
    if (key !== undefined && this.remembered?.get(key)) return undefined;
    const headers = credentials(request.headers);
    const { status, body } = await this.send(
      subrequest(request, {
        method: 'HEAD',
        path: formatTarget(target),
        headers,
        authority: 'client',
      }),
    );
    await drain(body);
    if (status === 401) return unauthorised(target.account, NO_LOOK);
    if (status === 403) return textResponse(403, NO_LOOK);
    if (key !== undefined && status < 500) this.remembered?.set(key, true);
    return undefined;
  }

  /** To be called where the store refused a client's request as not allowed: what was remembered for it does not hold any more. */
  forget(request: Request): void {
    const target = parseTarget(request.path);
    const written = target && (writtenBy(request, target) ?? changedBy(request, target));
    const key = written && keyOf(request.headers, written);
    if (key !== undefined) this.remembered?.delete(key);
  }

  private async mayWriteSigned(
    request: Request,
    target: ObjectTarget,
    scratch: SelfTest,
  ): Promise<Response | undefined> {
    const method =
      request.method === 'DELETE' || request.method === 'POST' ? request.method : 'PUT';
    const isTaken = await scratch.verifySigned(request, method);
    if (!isTaken) return unauthorised('unknown', '401 Unauthorized: Temp URL invalid\n');
    return this.probe(request, target, method, tempUrlQuery(request.query));
  }

  private async probe(
    request: Request,
    target: ObjectTarget,
    method: ProbeMethod,
    query: string,
  ): Promise<Response | undefined> {
    const headers = credentials(request.headers).withAll(PROBES[method]);
    const path = formatTarget(target);
    const response = await this.send(
      subrequest(request, { method, path, query, headers, authority: 'client' }),
    );
    if ([401, 403, 429, 498].includes(response.status)) return response;
    await drain(response.body);
    if (response.status >= 400 && response.status < 500) return undefined;
    if (response.status < 300) this.scratch?.doubt();
    throw new StoreError(
      'unavailable',
      `the client's right to write could not be established: the store answered ${response.status}`,
    );
  }
}

const NO_LOOK = 'the store does not let this client look at the object\n';

/** By what a right is remembered, from which no token can be told; undefined for a client that shows none. */
function keyOf(headers: Headers, { account, container }: ContainerTarget): string | undefined {
  const shown = [...credentials(headers).entries()];
  if (shown.length === 0) return undefined;
  return createHash('sha256')
    .update(JSON.stringify([account, container, ...shown]))
    .digest('base64');
}
