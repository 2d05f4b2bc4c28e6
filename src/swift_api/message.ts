import type { Body } from '../http/body';
import type { Headers } from '../http/headers';
import { Headers as HeaderList } from '../http/headers';
import type { HeldBytes } from '../http/body_memory';
import type { ByteString } from '../http/bytes';
import type { Authority } from './authority/authority';
import type { Target } from './target';

/** What a request asks for, as the app knows it once it has looked: whether it may is for the filter that knows who asks. */
export interface Resource {
  readonly method: string;
  readonly target: Target;
  /** The container's X-Container-Read. */
  readonly readAcl: ByteString | undefined;
  /** The container's X-Container-Write. */
  readonly writeAcl: ByteString | undefined;
  /** The account's X-Account-Access-Control. */
  readonly accountAcl: ByteString | undefined;
}

/** Decides by who asks: undefined, it may; or the refusal. Swift's `swift.authorize`. */
export type Authorise = (resource: Resource) => Response | undefined;

/** What a write would replace, as a filter for another API than Swift's judges conditions on it. */
export interface Replaced {
  /** As those who read it are shown it, without quotes. */
  readonly etag: string;
  /** With the proxy's own parameters. */
  readonly contentType: ByteString;
  /** It is a static large object. */
  readonly isLarge?: boolean;
}

/**
 * On requests of filters that speak another API than Swift's (S3, and those after it): versions with ids are then as that API has them. An object
 * has one version at most without an id of its own, `null`, wherever it stands among the others; what is written or deleted while versions
 * are switched off takes its place; where the current version is removed, the one before is current. Listings show content types with the
 * proxy's own parameters.
 */
export interface ForDialect {
  /**
   * Asked once what is there cannot change any more before it is replaced, where the container keeps versions: the refusal of a write
   * whose condition does not hold.
   */
  readonly refusal?: (replaced: Replaced | undefined) => Response | undefined;
  /**
   * Of a copy: who asks has just looked at its source, the version whose id the request has or, where it has none, the object; it may be read, and is
   * no dynamic large object.
   */
  readonly hasSeenSource?: boolean;
  /** A right to read an object is one to read its versions by their ids. */
  readonly readersReadVersions?: boolean;
  /** Of a request that the filter makes by itself for parts of uploads, or with their names. */
  readonly parts?: ForParts;
}

/** On what right a filter for another API asks for the parts of uploads, which only owners reach otherwise. */
export interface ForParts {
  /** The bucket beside which the parts are. */
  readonly bucket: ByteString;
  /** The object that is uploaded; undefined: any of the bucket. */
  readonly key: ByteString | undefined;
  /**
   * `write`: whoever may write the object. `read`: a manifest of parts, for whoever may read the object that
   * names it. `none`: whether there are parts at all, which the client does not learn.
   */
  readonly right: 'write' | 'read' | 'none';
}

/** One request on its way down the pipeline. It is never changed: a filter that wants another one makes it. */
export interface Request {
  readonly method: string;
  /** The path as it came: percent-encoded, byte for byte, without the query. */
  readonly path: string;
  /** The query as it came, without its question mark. */
  readonly query: string;
  readonly headers: Headers;
  readonly body: Body;
  /** Aborts when the client has gone or the work is no longer wanted. */
  readonly signal: AbortSignal;
  /** In Swift's form; every request that is made on behalf of this one carries it. */
  readonly transactionId: string;
  readonly authority: Authority;
  /** The client's Host, for filters that find the bucket in it: the gatekeeper removes the header. */
  readonly host?: ByteString | undefined;
  /** Set by the router if the Host names a site that the store serves: only then the store is to see it. */
  readonly isSite?: boolean;
  /** Where the client's connection comes from; not there on requests of the proxy's own. */
  readonly remoteAddress?: string | undefined;
  /**
   * Set by a filter that knows the client, or that the request is signed, for an app that keeps objects
   * itself. Such an app refuses a client's request without it.
   */
  readonly authorise?: Authorise;
  /** There where a filter for another API asks. */
  readonly dialect?: ForDialect;
  /** The content type that the client sent where it is one that only the proxy gives; who answers refuses it. The headers have it without that. */
  readonly reservedType?: ByteString;
  /** Whether who asks may manage every account (Swift's `reseller_request`); told by the filter that knows who asks. */
  readonly isReseller?: boolean;
  /** What is held of bodies for this exchange with a client; not there on requests of the proxy's own. */
  readonly memory?: HeldBytes;
  /** How many bytes of the body have come from the client by now. */
  readonly received: () => number;
  /**
   * There if the request may be made only as long as something holds, a lock say: whoever sends it calls this at the moment when it leaves, since a
   * connection may be long in coming. Throws where it must not go any more.
   */
  readonly confirm?: () => void;
  /** There if the client waits for `100 Continue` before it sends its body; calling it sends that. */
  readonly sendContinue?: () => void;
}

/** The answer. Whoever receives it reads, drains or destroys its body. */
export interface Response {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Body;
}

/** The client left, or broke its body off, before it could be answered. */
export class ClientGone extends Error {
  override readonly name = 'ClientGone';
}

/**
 * Answers a request. Rejects only with a `StoreError` where the store could not be reached or broke off, with `ClientGone`,
 * or with a bug: every status is a response. The request's body has been read or destroyed by the time the response body
 * ends.
 */
export type Handler = (request: Request) => Promise<Response>;

/** Wraps a handler. What it asks on its own account it asks of `next`, as new requests. */
export type Filter = (next: Handler) => Handler;

/** Whether a method only reads, in every server that speaks the Swift API. */
export function isReading(method: string): boolean {
  return ['GET', 'HEAD', 'OPTIONS'].includes(method);
}

export const NO_BODY: Body = Buffer.alloc(0);

/** An answer made here: plain text, UTF-8. */
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

/** An answer to HEAD as Swift gives it where it has nothing to tell of a GET: without a body, and without its length. */
export function withoutBody(response: Response): Response {
  return { ...response, headers: response.headers.with('Content-Length', '0'), body: NO_BODY };
}

/**
 * A new request on behalf of another: no body and no header of the client's but those given; its authority and who may what are the
 * other's where they are not given. The length of a body that is a stream is for its headers to tell. The store logs it under an id of its own
 * that ends in this request's (Swift's `X-Trans-Id-Extra`).
 */
export function subrequest(
  parent: Request,
  parts: Pick<Request, 'method' | 'path'> &
    Partial<Pick<Request, 'query' | 'headers' | 'body' | 'authority' | 'authorise'>>,
): Request {
  const { body = NO_BODY, authorise = parent.authorise } = parts;
  const writes = parts.method === 'PUT' || parts.method === 'POST';
  return {
    method: parts.method,
    path: parts.path,
    query: parts.query ?? '',
    headers: HeaderList.of({
      'Content-Length': writes && Buffer.isBuffer(body) ? String(body.length) : undefined,
      'X-Trans-Id-Extra': parent.transactionId,
    }).withAll(parts.headers ?? HeaderList.none),
    body,
    signal: parent.signal,
    transactionId: parent.transactionId,
    authority: parts.authority ?? parent.authority,
    received: () => 0,
    ...(authorise ? { authorise } : {}),
    ...(parent.memory ? { memory: parent.memory } : {}),
  };
}
