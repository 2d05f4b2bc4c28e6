import { destroy, isUnread, type Body } from '../http/body';
import type { ByteString } from '../http/bytes';
import { Headers } from '../http/headers';
import {
  subrequest,
  type ForDialect,
  type ForParts,
  type Handler,
  type Request,
  type Response,
} from '../swift_api/message';
import { formatQuery, formatTarget } from '../swift_api/target';
import { BucketError } from './errors';
import { checkHeader } from './headers';
import type { PartsMemory } from './uploads/parts_memory';

/** Somebody logged in to the store. */
export interface Session {
  /** The account whose containers are the buckets. */
  readonly account: ByteString;
  /** Undefined: nobody in particular, who may what everybody may. */
  readonly token: ByteString | undefined;
}

/** Who asks through a dialect, and how the store is asked in that name. */
export interface Caller {
  /** What follows the dialect's filter in the pipeline. */
  readonly next: Handler;
  /** The client's request, on whose behalf others are made. */
  readonly request: Request;
  /** The user, as owners are shown. */
  readonly user: ByteString;
  /** There if nobody has signed the request. */
  readonly isAnonymous?: true;
  /** Whether a right to read an object is one to read its versions by their ids. */
  readonly readersReadVersions?: boolean;
  readonly parts: PartsMemory;
  /**
   * Logs in where that is needed.
   *
   * @param refused a token that the store no longer takes
   */
  session(refused?: ByteString): Promise<Session>;
}

/** Milliseconds for which what was begun goes on without the client. */
const FINISHING = 10 * 60_000;

/** The same, also when the client has gone: for what must come to its end once it was begun. */
export function staying(caller: Caller): Caller {
  return { ...caller, request: { ...caller.request, signal: AbortSignal.timeout(FINISHING) } };
}

/**
 * The same caller, asking for the parts of uploads of an object.
 *
 * @param right on what right
 */
export function askingForParts(
  caller: Caller,
  { bucket, key }: Pick<ForParts, 'bucket'> & Partial<Pick<ForParts, 'key'>>,
  right: ForParts['right'] = 'write',
): Caller {
  const parts = { bucket, key, right };
  return {
    ...caller,
    next: (request) => caller.next({ ...request, dialect: { ...request.dialect, parts } }),
  };
}

/** One request to the store, by what it names in the caller's account. */
export interface Asked {
  readonly method: string;
  readonly container?: ByteString | undefined;
  readonly object?: ByteString | undefined;
  /** Parameters without a value are left out. */
  readonly query?: Readonly<Record<string, ByteString | undefined>>;
  readonly headers?: Headers;
  readonly body?: Body;
  readonly dialect?: ForDialect;
}

/**
 * Asks the store in the caller's name, in Swift's API, with versions as dialects have them. Logs in again where the token has expired; where
 * something of the body was sent by then, nothing was done, and the client has to ask again.
 *
 * @throws BucketError `unavailable` for that; `invalid-argument` for what no header can be
 */
export async function ask(caller: Caller, asked: Asked): Promise<Response> {
  const session = await caller.session();
  const response = await caller.next(requestOf(caller, session, asked));
  if (response.status !== 401 || session.token === undefined) return response;
  destroy(response.body);
  const renewed = await caller.session(session.token);
  if (asked.body === undefined || isUnread(asked.body))
    return caller.next(requestOf(caller, renewed, asked));
  throw new BucketError('unavailable', 'The login to the store had expired. Please try again.');
}

function requestOf(
  { request, readersReadVersions }: Caller,
  session: Session,
  asked: Asked,
): Request {
  const { method, container, object, query = {}, headers = Headers.none, body } = asked;
  for (const [name, value] of headers.entries()) checkHeader(name, value);
  const target = {
    version: 'v1',
    account: session.account,
    ...(container === undefined ? {} : { container }),
    ...(object === undefined ? {} : { object }),
  };
  return {
    ...subrequest(request, {
      method,
      path: formatTarget(target),
      query: formatQuery(query),
      headers: session.token === undefined ? headers : headers.with('X-Auth-Token', session.token),
      ...(body === undefined ? {} : { body }),
    }),
    dialect: { ...asked.dialect, ...(readersReadVersions ? { readersReadVersions: true } : {}) },
    received: request.received,
    ...(request.sendContinue && body !== undefined ? { sendContinue: request.sendContinue } : {}),
  };
}
