import type { Headers } from '../http/headers';

/** Why a request was not carried out. Each dialect maps these to its own codes. */
export type BucketErrorCode =
  // the client and its signature
  | 'access-denied'
  | 'unknown-access-key'
  | 'malformed-authorization'
  | 'bad-signature'
  | 'clock-skew'
  | 'expired'
  | 'cors-forbidden'
  // the request
  | 'invalid-argument'
  | 'invalid-request'
  | 'malformed-body'
  | 'missing-length'
  | 'incomplete-body'
  | 'bad-digest'
  | 'invalid-digest'
  | 'content-mismatch'
  | 'too-large'
  | 'too-small'
  | 'key-too-long'
  | 'metadata-too-large'
  | 'invalid-bucket-name'
  | 'invalid-range'
  | 'invalid-part-number'
  | 'invalid-tag'
  | 'invalid-part'
  | 'invalid-part-order'
  | 'precondition-failed'
  // the state of buckets and objects
  | 'no-such-bucket'
  | 'bucket-exists'
  | 'bucket-owned'
  | 'bucket-not-empty'
  | 'no-such-key'
  | 'no-such-version'
  | 'is-delete-marker'
  | 'no-such-upload'
  | 'in-header-mode'
  | 'quota-exceeded'
  // the operation
  | 'method-not-allowed'
  | 'not-implemented'
  | 'conflict'
  | 'slow-down'
  | 'unavailable'
  | 'internal';

/** Details of an error besides its message. */
export interface ErrorDetails {
  /**
   * Further elements of the body under S3's names (`BucketName`, `Key`, `VersionId`,
   * `ArgumentName`); a dialect picks those that it has.
   */
  readonly fields?: Readonly<Record<string, string>>;
  /** Further response headers under Swift's or HTTP's names. */
  readonly headers?: Headers;
  /**
   * The delete marker in question: its id, which may be `null`, and its time if the
   * request named it by that id.
   */
  readonly marker?: { readonly id: string; readonly lastModified?: string | undefined };
}

/** An error of an operation on buckets; each dialect turns it into its own response. */
export class BucketError extends Error {
  override readonly name = 'BucketError';

  constructor(
    readonly code: BucketErrorCode,
    message: string,
    readonly details: ErrorDetails = {},
  ) {
    super(message);
  }
}
