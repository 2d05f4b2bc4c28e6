import type { BucketError, BucketErrorCode } from '../../src/buckets/errors';
import { Headers } from '../../src/http/headers';
import type { Request, Response } from '../../src/swift_api/message';
import { jsonAnswer } from './json';

/**
 * QingStor's codes and statuses. It has none for what is not implemented, since it
 * implements everything, or for conflicts with operations under way: these use HTTP's
 * names.
 */
const ERRORS: Readonly<Record<BucketErrorCode, readonly [code: string, status: number]>> = {
  'access-denied': ['permission_denied', 403],
  'unknown-access-key': ['invalid_access_key_id', 401],
  'malformed-authorization': ['invalid_argument', 400],
  'bad-signature': ['signature_not_matched', 401],
  'clock-skew': ['request_expired', 403],
  expired: ['request_expired', 403],
  'cors-forbidden': ['permission_denied', 403],
  'invalid-argument': ['invalid_argument', 400],
  'invalid-request': ['invalid_request', 400],
  'malformed-body': ['invalid_json', 400],
  'missing-length': ['invalid_request', 411],
  'incomplete-body': ['incomplete_body', 400],
  'bad-digest': ['bad_digest', 400],
  'invalid-digest': ['invalid_argument', 400],
  'content-mismatch': ['bad_digest', 400],
  'too-large': ['entity_too_large', 400],
  'too-small': ['entity_too_small', 400],
  'key-too-long': ['invalid_object_name', 400],
  'metadata-too-large': ['metadata_too_large', 400],
  'invalid-bucket-name': ['invalid_bucket_name', 400],
  'invalid-range': ['invalid_range', 416],
  'invalid-part-number': ['invalid_range', 416],
  'invalid-tag': ['invalid_argument', 400],
  'invalid-part': ['invalid_argument', 400],
  'invalid-part-order': ['invalid_argument', 400],
  'precondition-failed': ['precondition_failed', 412],
  'no-such-bucket': ['bucket_not_exists', 404],
  'bucket-exists': ['bucket_already_exists', 409],
  'bucket-owned': ['bucket_already_exists', 409],
  'bucket-not-empty': ['bucket_not_empty', 409],
  'no-such-key': ['object_not_exists', 404],
  'no-such-version': ['object_not_exists', 404],
  'is-delete-marker': ['method_not_allowed', 405],
  'no-such-upload': ['upload_not_exists', 404],
  'in-header-mode': ['invalid_request', 409],
  'quota-exceeded': ['permission_denied', 403],
  'method-not-allowed': ['method_not_allowed', 405],
  'not-implemented': ['not_implemented', 501],
  conflict: ['conflict', 409],
  'slow-down': ['service_unavailable', 503],
  unavailable: ['service_unavailable', 503],
  internal: ['internal_error', 500],
};

/** Where its documentation explains the codes. */
const DOCUMENTATION_URL = 'https://docs.qingcloud.com/qingstor/api/common/error_code.html';

/**
 * Returns the code of an error, also for documents that report the error of one object
 * among many.
 */
export function errorCode({ code }: BucketError): string {
  return ERRORS[code][0];
}

/** Builds the response for an error. */
export function errorAnswer(error: BucketError, { transactionId }: Request): Response {
  const { code, message, details } = error;
  const [name, status] = ERRORS[code];
  const { marker, headers = Headers.none } = details;
  const errorHeaders = Headers.of({
    'x-qs-delete-marker': marker && 'true',
    'x-qs-version-id': marker?.id,
    'Last-Modified': marker?.lastModified,
    'Retry-After': status === 503 ? '1' : undefined,
  });
  const document = { code: name, message, request_id: transactionId, url: DOCUMENTATION_URL };
  return jsonAnswer(status, document, errorHeaders.withAll(headers));
}
