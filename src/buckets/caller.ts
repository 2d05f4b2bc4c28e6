import { destroy, isUnread, type Body } from '../http/body';
import type { ByteString } from '../http/bytes';
import { Headers } from '../http/headers';
import { SwiftClient, withoutCredentials } from '../swift_api/client';
import type { DialectContext, PartsAccess, Handler, Request, Response } from '../swift_api/message';
import { BucketError } from './errors';
import { checkHeader } from './headers';
import type { PartsMemory } from './uploads/parts_memory';

/** A login to the store. */
export interface Session {
  /** The account whose containers are the buckets. */
  readonly account: ByteString;
  /** Undefined for an anonymous session, with the rights that everybody has. */
  readonly token: ByteString | undefined;
}

/** The client of a dialect, and how requests are sent to the store in its name. */
export interface Caller {
  /** The handler after the dialect's filter in the pipeline. */
  readonly next: Handler;
  /** The client's request, on whose behalf others are made. */
  readonly request: Request;
  /** The user name, as presented for owners. */
  readonly user: ByteString;
  /** Set if the request is not signed. */
  readonly isAnonymous?: true;
  /** Whether the right to read an object includes reading its versions by their ids. */
  readonly readersReadVersions?: boolean;
  readonly parts: PartsMemory;
  /** Whether a user with a name is known. */
  readonly isUser?: (name: ByteString) => boolean;
  /**
   * Logs in if needed.
   *
   * @param refused a token that the store no longer accepts
   */
  session(refused?: ByteString): Promise<Session>;
}

/** Milliseconds for which work in progress may continue without the client. */
const FINISHING = 10 * 60_000;

/**
 * Returns a caller whose requests continue if the client disconnects: for work that must
 * be finished once it was started.
 */
export function outlivingClient(caller: Caller): Caller {
  return { ...caller, request: { ...caller.request, signal: AbortSignal.timeout(FINISHING) } };
}

/**
 * Returns a caller with access to the parts of uploads of an object.
 *
 * @param right the right that this access requires
 */
export function withPartsAccess(
  caller: Caller,
  { bucket, key }: Pick<PartsAccess, 'bucket'> & Partial<Pick<PartsAccess, 'key'>>,
  right: PartsAccess['right'] = 'write',
): Caller {
  const parts = { bucket, key, right };
  return {
    ...caller,
    next: (request) => caller.next({ ...request, dialect: { ...request.dialect, parts } }),
  };
}

/** A request to the store; it names its target within the caller's account. */
export interface StoreRequest {
  readonly method: string;
  readonly container?: ByteString | undefined;
  readonly object?: ByteString | undefined;
  /** Parameters whose value is undefined are left out. */
  readonly query?: Readonly<Record<string, ByteString | undefined>>;
  readonly headers?: Headers;
  readonly body?: Body;
  readonly dialect?: DialectContext;
}

/**
 * Sends a request to the store in the caller's name, in Swift's API, with versions as
 * dialects present them. Logs in again if the token has expired. If part of the body was
 * sent by then, nothing was done, and the client has to retry.
 *
 * @throws BucketError `unavailable` in that case; `invalid-argument` for a value that is
 *   not allowed in a header
 */
export async function ask(caller: Caller, request: StoreRequest): Promise<Response> {
  const session = await caller.session();
  const response = await caller.next(requestOf(caller, session, request));
  if (response.status !== 401 || session.token === undefined) return response;
  destroy(response.body);
  const renewed = await caller.session(session.token);
  if (request.body === undefined || isUnread(request.body))
    return caller.next(requestOf(caller, renewed, request));
  throw new BucketError(
    'unavailable',
    'The login to the store expired during the request. Please try again.',
  );
}

/** Returns a request with the session's token, and no credentials of the other API. */
function requestOf(
  { next, request, readersReadVersions }: Caller,
  session: Session,
  storeRequest: StoreRequest,
): Request {
  const { method, container, object, query = {}, headers = Headers.none, body } = storeRequest;
  for (const [name, value] of headers.entries()) checkHeader(name, value);
  const target = {
    version: 'v1',
    account: session.account,
    ...(container === undefined ? {} : { container }),
    ...(object === undefined ? {} : { object }),
  };
  return {
    ...new SwiftClient(next, withoutCredentials(request)).request(method, target, {
      query,
      headers: session.token === undefined ? headers : headers.with('X-Auth-Token', session.token),
      ...(body === undefined ? {} : { body }),
    }),
    dialect: {
      ...storeRequest.dialect,
      ...(readersReadVersions ? { readersReadVersions: true } : {}),
    },
    receivedBytes: request.receivedBytes,
    ...(request.sendContinue && body !== undefined ? { sendContinue: request.sendContinue } : {}),
  };
}
