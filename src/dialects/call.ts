import type { Caller } from '../buckets/caller';
import type { ByteString } from '../http/bytes';
import type { Request, Response } from '../swift_api/message';
import type { Body } from '../http/body';

/** A request of a dialect whose signature is right, before anybody has looked at what it carries. */
export interface CallHead {
  /**
   * As it came, but for its body: that is `payload`'s. `aws-chunked` is taken out of Content-Encoding, and headers that a presigned URL has in
   * its query are in place.
   */
  readonly request: Request;
  readonly caller: Caller;
  /** Undefined: the request is about all of the caller's buckets. */
  readonly bucket: ByteString | undefined;
  /** Undefined: about the bucket itself. */
  readonly key: ByteString | undefined;
  /** The query, decoded, without what signs it. */
  readonly parameters: ReadonlyMap<string, ByteString>;
  /** The region in which the buckets are, as the configuration says. */
  readonly location: string;
}

/** The same with what it carries. */
export type Call<Head extends CallHead = CallHead> = Head & { readonly payload: Payload };

/** What a request carries: the body as the client means it, whatever it was wrapped in. */
export interface Payload {
  /** Breaks off with `BadPayload` where what came is not what was signed, promised or summed. */
  readonly body: Body;
  /** Bytes, as promised; undefined where that was not told. */
  readonly length: number | undefined;
  /** Checksums by the names of their algorithms in lower case (`crc32c`), base64: those that the client told in headers. */
  readonly checksums: ReadonlyMap<string, string>;
  /** Those that came behind the body; known once it was read to its end. */
  readonly trailing: () => ReadonlyMap<string, string>;
}

/** What an operation of the API answers. It throws a `BucketError` for the client, and what handlers throw. */
export type Operation<Head extends CallHead = CallHead> = (call: Call<Head>) => Promise<Response>;

/** Which requests an operation answers. */
export interface Route<Head extends CallHead = CallHead> {
  /** As the API calls it: `ListObjectVersions`. */
  readonly name: string;
  readonly method: string;
  readonly on: 'service' | 'bucket' | 'object';
  /** Parameters that must be in the query; the first route of which all are there is taken. */
  readonly parameters?: readonly string[];
  /** A header that must be there. */
  readonly header?: string;
  readonly run: Operation<Head>;
}
