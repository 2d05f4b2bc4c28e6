import type { Caller } from '../../src/buckets/caller';
import type { ByteString } from '../../src/http/bytes';
import type { Request, Response } from '../../src/swift_api/message';

/** A form that a browser sends to a bucket (POST policy): its fields, which come before the file, tell who signed it. */
export interface S3Form {
  /** As it came, the form in its body. */
  readonly request: Request;
  readonly bucket: ByteString;
  /**
   * Judges the signature and all conditions of the policy.
   *
   * @param fields by their names in lower case, `${filename}` replaced; all but the file
   * @throws BucketError
   */
  admit(fields: ReadonlyMap<string, ByteString>): Promise<AdmittedForm>;
}

/** Who sent a form, and how many bytes its file may have. */
export interface AdmittedForm {
  readonly caller: Caller;
  readonly min: number;
  readonly max: number;
}

/** Answers a form; throws as an `Operation` does. */
export type FormOperation = (form: S3Form) => Promise<Response>;
