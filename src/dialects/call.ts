import type { Caller } from '../buckets/caller';
import type { ByteString } from '../http/bytes';
import type { Request, Response } from '../swift_api/message';
import type { Body } from '../http/body';

/** A request of a dialect with a valid signature, before its payload is read. */
export interface CallHead {
  /**
   * The request as received, except that its body is in `payload`, Content-Encoding lacks
   * `aws-chunked`, and headers that a presigned URL has in its query are set.
   */
  readonly request: Request;
  readonly caller: Caller;
  /** Undefined if the request is about all of the caller's buckets. */
  readonly bucket: ByteString | undefined;
  /** Undefined if the request is about the bucket itself. */
  readonly key: ByteString | undefined;
  /** The decoded query without the signing parameters. */
  readonly parameters: ReadonlyMap<string, ByteString>;
  /** The region of the buckets, from the configuration. */
  readonly location: string;
}

/** A request with its payload. */
export type Call<Head extends CallHead = CallHead> = Head & { readonly payload: Payload };

/** The payload of a request: the body as the client means it, without any wrapping. */
export interface Payload {
  /** Fails with `PayloadError` if it is not what was signed, declared or summed. */
  readonly body: Body;
  /** Bytes, as declared; undefined if not declared. */
  readonly length: number | undefined;
  /** Checksums from the headers, base64 by lower-case algorithm name (`crc32c`). */
  readonly checksums: ReadonlyMap<string, string>;
  /** Checksums from the trailer; known once the body was read to its end. */
  readonly trailing: () => ReadonlyMap<string, string>;
}

/** Handles a request. Throws a `BucketError` for the client, or what handlers throw. */
export type Operation<Head extends CallHead = CallHead> = (call: Call<Head>) => Promise<Response>;

/**
 * What an operation honours of a request, if only by refusing some of its values.
 * Everything else that an API knows is refused, so nothing is ever taken silently.
 */
export interface Vocabulary {
  /** Names in lower case; one with `*` at its end stands for all that begin so. */
  readonly headers?: readonly string[];
  /** Names of query parameters, besides those that the operation is chosen by. */
  readonly parameters?: readonly string[];
}

/** The requests that an operation handles. */
export interface Route<Head extends CallHead = CallHead> {
  /** The API's name for it: `ListObjectVersions`. */
  readonly name: string;
  readonly method: string;
  readonly on: 'service' | 'bucket' | 'object';
  /** Required query parameters; the first route with all of them present wins. */
  readonly parameters?: readonly string[];
  /** A header that must be present. */
  readonly header?: string;
  /** Undefined if it honours nothing but what it is chosen by. */
  readonly vocabulary?: Vocabulary;
  readonly run: Operation<Head>;
}
