import { drain, readAll, type Body } from '../http/body';
import { credentialHeaders, Headers } from '../http/headers';
import { StoreError } from '../util/store_error';
import type { Authority } from './authority/authority';
import { NO_BODY, type Handler, type Request, type Response } from './message';
import { subrequest } from './subrequest';
import { formatQuery, formatTarget, type Target } from './target';
import type { ByteString } from '../http/bytes';

/** The optional parts of a request of the proxy's own. */
export interface RequestParts {
  /** Parameters, or an encoded query. */
  readonly query?: string | Readonly<Record<string, ByteString | undefined>>;
  /** Headers besides the client's credentials. */
  readonly headers?: Headers;
  readonly body?: Body;
}

/**
 * Sends the proxy's own requests on behalf of another request, in Swift's API (Swift's
 * `make_pre_authed_request`). They carry the client's credentials if they are made as the
 * client, and none of these if they are made as the service user.
 */
export class SwiftClient {
  /** As whom requests are made. */
  readonly authority: Authority;

  /**
   * @param next handles the requests
   * @param parent the request on whose behalf they are made; they are aborted with it
   * @param authority the parent's by default
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

  /** GET; the caller reads or discards the body. */
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

  /** @param place a target, or an encoded path */
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
      headers: isClient ? credentialHeaders(this.parent.headers).withAll(headers) : headers,
      authority: this.authority,
      ...(body === undefined ? {} : { body }),
    });
  }
}

/**
 * Returns a request without headers, on whose behalf others are made without the client's
 * credentials: by a signature, by a session's token, or as anybody.
 */
export function withoutCredentials(request: Request): Request {
  return { ...request, headers: Headers.none };
}

/**
 * The error for an unsuccessful response: `refused` if the request is at fault,
 * `unavailable` if the store is.
 *
 * @param failure what failed, as the first half of a sentence
 * @param reason as the store states it
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
 * Drains a response that must be successful.
 *
 * @throws StoreError if it is not, with the store's reason for a refusal. Other texts may
 *   quote what the client may not see: Swift's tracebacks do
 */
export async function expectSuccess(response: Response, failure: string): Promise<void> {
  const body = await readAll(response.body, MAX_REASON_BYTES).catch(() => undefined);
  const { status } = response;
  if (status < 300) return;
  if (status < 400 || status >= 500) throw storeErrorOf(response, failure);
  const reason = (body?.toString('utf8') ?? '')
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  throw storeErrorOf(response, failure, reason);
}
