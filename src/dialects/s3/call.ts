import type { BucketErrorCode } from '../../buckets/errors';
import type { ByteString } from '../../http/bytes';
import type { Request } from '../../swift_api/message';
import type * as dialects from '../call';

/** A request of a dialect of S3's family. */
export interface CallHead extends dialects.CallHead {
  /** The region that the signature is for; that of the configuration if there is none. */
  readonly region: string;
  readonly wireFormat: WireFormat;
}

/** A request with its payload. */
export type Call = dialects.Call<CallHead>;

/** Handles a request of these dialects. */
export type Operation = dialects.Operation<CallHead>;

/** The requests that an operation handles. */
export type Route = dialects.Route<CallHead>;

/** The parts of the wire format in which dialects differ. */
export interface WireFormat {
  /** The namespace of the root of each document. */
  readonly namespace?: string | undefined;
  /** The elements that describe the owner of a bucket, or of all buckets. */
  readonly owner: (call: Pick<Call, 'caller' | 'bucket'>) => readonly string[];
  /** The names of elements with the encoding of names in a listing. */
  readonly encodingElements: readonly string[];
  /** Minimum size of all parts of an upload but the last, in bytes. */
  readonly minPartSize: number;
  /** Whether names of new buckets may have upper-case letters. */
  readonly hasCapitals: boolean;
  /** The region in which creating one's own bucket again is no error. */
  readonly recreatesIn?: string;
  /** The checksum that the dialect computes of each object that is written through it. */
  readonly contentSum?: 'crc64ecma';
  /** Whether rules for CORS say that all responses vary by Origin. */
  readonly hasResponseVary?: boolean;
  /** The names of the group of all users; the first is the one in responses. */
  readonly everybody: readonly string[];
  /** The URIs of other groups. */
  readonly groups: readonly string[];
  /** The canned ACL of objects that have that of their bucket. */
  readonly inheritedAcl?: string;
  /** The location of an object in the response that completes an upload. */
  readonly location: (call: Pick<Call, 'request' | 'bucket' | 'key'>) => ByteString;
  readonly errors: ErrorWireFormat;
}

/** The wire format of errors. */
export interface ErrorWireFormat {
  /** Codes and statuses that differ from S3's. */
  readonly codes: Partial<
    Readonly<Record<BucketErrorCode, readonly [code: string, status: number]>>
  >;
  /**
   * Returns the document of an error.
   *
   * @param fields further elements
   */
  readonly element: (
    request: Request,
    code: string,
    message: string,
    fields: Readonly<Record<string, string>>,
  ) => string;
}
