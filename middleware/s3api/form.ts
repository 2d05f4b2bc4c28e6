import type { Caller } from '../../src/buckets/caller';
import type { ByteString } from '../../src/http/bytes';
import type { Request, Response } from '../../src/swift_api/message';

/**
 * A form that a browser sends to a bucket (POST policy). The fields before the file
 * identify its signer.
 */
export interface S3Form {
  /** As received, with the form in its body. */
  readonly request: Request;
  readonly bucket: ByteString;
  /**
   * Verifies the signature and all conditions of the policy.
   *
   * @param fields by name in lower case, `${filename}` replaced; all but the file
   * @throws BucketError
   */
  admit(fields: ReadonlyMap<string, ByteString>): Promise<AdmittedForm>;
}

/** The sender of a form, and the bounds of its file in bytes. */
export interface AdmittedForm {
  readonly caller: Caller;
  readonly min: number;
  readonly max: number;
}

/** Answers a form; throws as an `Operation` does. */
export type FormOperation = (form: S3Form) => Promise<Response>;
