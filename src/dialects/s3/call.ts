import type { BucketErrorCode } from '../../buckets/errors';
import type { ByteString } from '../../http/bytes';
import type { Request } from '../../swift_api/message';
import type * as dialects from '../call';

/** A request of a dialect of S3's family. */
export interface CallHead extends dialects.CallHead {
  /** The region that the signature is for; of a request without one, that of the configuration. */
  readonly region: string;
  readonly spelling: WireFormat;
}

/** The same with what it carries. */
export type Call = dialects.Call<CallHead>;

/** What an operation of these dialects answers. */
export type Operation = dialects.Operation<CallHead>;

/** Which of their requests an operation answers. */
export type Route = dialects.Route<CallHead>;

/** How a dialect writes what others write otherwise. */
export interface WireFormat {
  /** Of the roots of its documents. */
  readonly namespace?: string | undefined;
  /** What documents tell of the owner of a bucket, or of all buckets, each as an element. */
  readonly owner: (call: Pick<Call, 'caller' | 'bucket'>) => readonly string[];
  /** The elements that say how the names in a listing are encoded. */
  readonly encodingElements: readonly string[];
  /** Bytes that each part of an upload has at least, but for the last. */
  readonly minPartSize: number;
  /** Whether a bucket may be made under a name with capitals. */
  readonly hasCapitals: boolean;
  /** The URI of the group that is everybody. */
  readonly everybody: string;
  /** Where an object is, as the answer that completes an upload has it. */
  readonly location: (call: Pick<Call, 'request' | 'bucket' | 'key'>) => ByteString;
  readonly errors: ErrorWireFormat;
}

/** How a dialect of S3's family writes errors. */
export interface ErrorWireFormat {
  /** Codes and statuses where they are not S3's. */
  readonly codes: Partial<
    Readonly<Record<BucketErrorCode, readonly [code: string, status: number]>>
  >;
  /**
   * The document of an error.
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
