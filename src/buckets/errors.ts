import type { Headers } from '../http/headers';

/** Why something was not done, whatever API it was asked through: each dialect spells these. */
export type BucketErrorCode =
  // who asks, and how it is signed
  | 'access-denied'
  | 'unknown-access-key'
  | 'malformed-authorization'
  | 'bad-signature'
  | 'clock-skew'
  | 'expired'
  // what was sent
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
  | 'invalid-tag'
  | 'invalid-part'
  | 'invalid-part-order'
  | 'precondition-failed'
  // what is there
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
  // what can be done
  | 'method-not-allowed'
  | 'not-implemented'
  | 'conflict'
  | 'slow-down'
  | 'unavailable'
  | 'internal';

/** What an error tells besides its message. */
export interface ErrorDetails {
  /** Further elements of the body, by the names that S3 gives them (`BucketName`, `Key`, `VersionId`, `ArgumentName`); a dialect takes what it knows. */
  readonly fields?: Readonly<Record<string, string>>;
  /** Further headers of the answer, in Swift's or HTTP's names. */
  readonly headers?: Headers;
  /** The delete marker that was met: its id, `null` included; its time where it was asked for by that. */
  readonly marker?: { readonly id: string; readonly lastModified?: string | undefined };
}

/** The error that what acts on buckets throws: an answer to its client, in the client's dialect. */
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
