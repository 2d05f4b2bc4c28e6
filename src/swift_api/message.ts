import type { Body } from '../http/body';
import type { Headers } from '../http/headers';
import { Headers as HeaderList } from '../http/headers';
import type { HeldBytes } from '../http/body_memory';
import type { ByteString } from '../http/bytes';
import type { Authority } from './authority/authority';
import type { Target } from './target';
import type { CancelSignal } from '../util/cancel_signal';

/**
 * What a request accesses, once the app has looked it up. The filter that knows the
 * client decides whether it may.
 */
export interface Resource {
  readonly method: string;
  readonly target: Target;
  /** The container's X-Container-Read. */
  readonly readAcl: ByteString | undefined;
  /** The container's X-Container-Write. */
  readonly writeAcl: ByteString | undefined;
  /** The account's X-Account-Access-Control. */
  readonly accountAcl: ByteString | undefined;
  /** Whether the target is the bucket of a part, which is in another container itself. */
  readonly isOfPart?: boolean;
}

/**
 * Returns undefined if the client may do this, otherwise the error response. Swift's
 * `swift.authorize`.
 */
export type Authorise = (resource: Resource) => Response | undefined;

/** What a write would replace, for conditions that a filter for another API evaluates. */
export interface ReplacedObject {
  /** As readers see it, without quotes. */
  readonly etag: string;
  /** With the proxy's own parameters. */
  readonly contentType: ByteString;
  /** Whether it is a static large object. */
  readonly isLarge?: boolean;
  /** Bytes, of the whole object. */
  readonly size: number;
  /** Last-Modified, in milliseconds. */
  readonly modified: number;
}

/**
 * Set on requests of filters that speak another API than Swift's (S3, and those after
 * it): object versioning then behaves as in that API. An object has at most one version
 * without an id of its own, `null`, wherever that is among the others. A write or delete
 * while versioning is off takes its place. If the current version is removed, the
 * previous one becomes current. Listings show content types with the proxy's own
 * parameters.
 */
export interface DialectContext {
  /**
   * Called once the object to be replaced can no longer change: in versioned containers;
   * of a DELETE, also by a store that deletes it only if it is still the same. Returns
   * the error response to a write whose condition does not hold.
   */
  readonly refusal?: (replaced: ReplacedObject | undefined) => Response | undefined;
  /**
   * Of a copy: whether the sender has just checked the source, which is the version whose
   * id the request has or else the object. It may be read, and is not a dynamic large
   * object.
   */
  readonly hasSeenSource?: boolean;
  /**
   * Of a PUT: returns metadata that is known only once the body was read. A store that
   * keeps objects itself writes it with the object (Swift's footers, between its own
   * servers).
   */
  readonly footers?: () => Headers;
  /** Whether a right to read an object includes reading its versions by their ids. */
  readonly readersReadVersions?: boolean;
  /**
   * Set on requests that the filter itself makes for parts of uploads, or with their
   * names.
   */
  readonly parts?: PartsAccess;
}

/**
 * By what right a filter for another API accesses parts of uploads, which otherwise only
 * owners can reach.
 */
export interface PartsAccess {
  /** The bucket that the parts belong to. */
  readonly bucket: ByteString;
  /** The object that is uploaded; undefined for any object of the bucket. */
  readonly key: ByteString | undefined;
  /**
   * `write`: that of anyone who may write the object. `read`: for a manifest of parts or
   * an object with tags, that of anyone who may read the object that names it. `none`:
   * for whether there are parts at all, which the client does not learn.
   */
  readonly right: 'write' | 'read' | 'none';
}

/**
 * A request on its way down the pipeline. It is immutable: a filter that needs another
 * one creates it. One that is created anew has all fields, if only as undefined: V8 takes
 * thirty times as long for a copy with further fields.
 */
export interface Request {
  readonly method: string;
  /** The path as received: percent-encoded, byte for byte, without the query. */
  readonly path: string;
  /** The query as received, without its question mark. */
  readonly query: string;
  readonly headers: Headers;
  readonly body: Body;
  /** Aborts when the client has gone or the work is no longer wanted. */
  readonly signal: CancelSignal;
  /** In Swift's form; every request on behalf of this one carries it. */
  readonly transactionId: string;
  readonly authority: Authority;
  /**
   * The client's Host, for filters that find the bucket in it: the gatekeeper removes the
   * header.
   */
  readonly host?: ByteString | undefined;
  /**
   * Set by the router if the Host names a site that the store serves: only then does the
   * store see it.
   */
  readonly isSite?: boolean | undefined;
  /** The address of the client; absent on the proxy's own requests. */
  readonly remoteAddress?: string | undefined;
  /**
   * Set by a filter that knows the client, or that the request is signed, for an app that
   * keeps objects itself. Such an app refuses a client's request without it.
   */
  readonly authorise?: Authorise | undefined;
  /** Set if a filter for another API sends the request. */
  readonly dialect?: DialectContext | undefined;
  /**
   * The content type that the client sent, if only the proxy may set it; whoever responds
   * refuses it. The headers have it without the reserved parameters.
   */
  readonly reservedType?: ByteString | undefined;
  /**
   * Whether the client may manage every account (Swift's `reseller_request`); set by the
   * filter that knows the client.
   */
  readonly isReseller?: boolean | undefined;
  /**
   * The bytes of bodies held for this exchange with a client; absent if there is no
   * client.
   */
  readonly memory?: HeldBytes | undefined;
  /** How many bytes of the body the client has sent so far. */
  readonly receivedBytes: () => number;
  /**
   * Set if the request may be sent only as long as something holds, such as a lock. The
   * sender calls it at the moment when the request leaves, since it can take long to get
   * a connection. Throws if the request must not leave any more.
   */
  readonly confirm?: (() => void) | undefined;
  /**
   * Set if the client waits for `100 Continue` before it sends its body; calling it sends
   * that.
   */
  readonly sendContinue?: (() => void) | undefined;
}

/** A response. Its receiver reads, drains or destroys the body. */
export interface Response {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Body;
}

/** The client disconnected, or broke its body off, before it got a response. */
export class ClientGone extends Error {
  override readonly name = 'ClientGone';
}

/**
 * Handles a request. Rejects only with a `StoreError` if the store was unreachable or
 * broke off, with `ClientGone`, or because of a bug: every status is a response. The
 * request's body has been read or destroyed by the time the response body ends.
 */
export type Handler = (request: Request) => Promise<Response>;

/** Wraps a handler. Sends its own requests to `next`, as new ones. */
export type Filter = (next: Handler) => Handler;

/** Whether a method only reads, in every server that speaks the Swift API. */
export function isReadMethod(method: string): boolean {
  return ['GET', 'HEAD', 'OPTIONS'].includes(method);
}

export const NO_BODY: Body = Buffer.alloc(0);

/** Creates a response of plain text in UTF-8. */
export function textResponse(
  status: number,
  text: string,
  headers: Headers = HeaderList.none,
): Response {
  const body = Buffer.from(text, 'utf8');
  return {
    status,
    headers: HeaderList.of({
      'Content-Type': 'text/plain; charset=utf-8',
      'Content-Length': String(body.length),
    }).withAll(headers),
    body,
  };
}

/**
 * Removes the body and its length, as in Swift's responses to HEAD that say nothing about
 * a GET.
 */
export function withoutBody(response: Response): Response {
  return { ...response, headers: response.headers.with('Content-Length', '0'), body: NO_BODY };
}
