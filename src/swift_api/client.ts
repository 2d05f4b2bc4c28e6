import { drain, readAll, type Body } from '../http/body';
import { credentials, Headers } from '../http/headers';
import { StoreError } from '../util/store_error';
import type { Authority } from './authority/authority';
import { NO_BODY, subrequest, type Handler, type Request, type Response } from './message';
import { formatQuery, formatTarget, type Target } from './target';
import type { ByteString } from '../http/bytes';

/** What a request of the proxy's own may have beside its method and its place. */
export interface RequestParts {
  /** Parameters, or the query as it is to be sent. */
  readonly query?: string | Readonly<Record<string, ByteString | undefined>>;
  /** Headers beside the client's credentials. */
  readonly headers?: Headers;
  readonly body?: Body;
}

/**
 * Makes requests of the proxy's own on behalf of a request, in Swift's API (Swift's
 * `make_pre_authed_request`). In the client's name they carry its credentials; in the service
 * user's name they carry none of the client's.
 */
export class SwiftClient {
  /** In whose name requests are made. */
  readonly authority: Authority;

  /**
   * @param next where requests go
   * @param parent the request on whose behalf they are made, which ends them if it is aborted
   * @param authority by default the parent's own
   */
  constructor(
    private readonly next: Handler,
    private readonly parent: Request,
    authority: Authority = parent.authority,
  ) {
    this.authority = authority;
  }

  /** HEAD; the response has no body left to read. */
  async head(place: Target | string, parts?: RequestParts): Promise<Response> {
    const response = await this.send('HEAD', place, parts);
    await drain(response.body);
    return { ...response, body: NO_BODY };
  }

  /** GET; the caller reads the body, or gives it up. */
  get(place: Target | string, parts?: RequestParts): Promise<Response> {
    return this.send('GET', place, parts);
  }

  put(place: Target | string, parts?: RequestParts): Promise<Response> {
    return this.send('PUT', place, parts);
  }

  post(place: Target | string, parts?: RequestParts): Promise<Response> {
    return this.send('POST', place, parts);
  }

  delete(place: Target | string, parts?: RequestParts): Promise<Response> {
    return this.send('DELETE', place, parts);
  }

  /** @param place a target, or a path that is quoted already */
  send(method: string, place: Target | string, parts?: RequestParts): Promise<Response> {
    return this.next(this.request(method, place, parts));
  }

  /** The request that `send` would send. */
  request(method: string, place: Target | string, parts: RequestParts = {}): Request {
    const { query = '', headers = Headers.none, body } = parts;
    const isClient = this.authority === 'client';
    return subrequest(this.parent, {
      method,
      path: typeof place === 'string' ? place : formatTarget(place),
      query: typeof query === 'string' ? query : formatQuery(query),
      headers: isClient ? credentials(this.parent.headers).withAll(headers) : headers,
      authority: this.authority,
      ...(body === undefined ? {} : { body }),
    });
  }
}

/**
 * The error for a response that is no success: `refused` if the request is at fault, `unavailable`
 * if the store is.
 *
 * @param failure what did not succeed, as the first half of a sentence
 * @param reason the store's own
 */
export function storeErrorOf({ status }: Response, failure: string, reason = ''): StoreError {
  return new StoreError(
    status < 500 ? 'refused' : 'unavailable',
    `${failure}: the store answered ${status}${reason && ` (${reason})`}`,
    status,
  );
}

const MAX_REASON_BYTES = 64 * 1024;

/**
 * Drains a response that must be a success.
 *
 * @throws StoreError with the store's own reason if it is none
 */
export async function expectSuccess(response: Response, failure: string): Promise<void> {
  const body = await readAll(response.body, MAX_REASON_BYTES).catch(() => undefined);
  if (response.status < 300) return;
  const reason = (body?.toString('utf8') ?? '')
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  throw storeErrorOf(response, failure, reason);
}
