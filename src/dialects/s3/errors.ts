import type { BucketError, BucketErrorCode } from '../../buckets/errors';
import { Headers } from '../../http/headers';
import type { Request, Response } from '../../swift_api/message';
import type { ErrorWireFormat } from './call';
import { document, xml } from '../xml';

/** S3's codes and statuses. */
const ERRORS: Readonly<Record<BucketErrorCode, readonly [code: string, status: number]>> = {
  'access-denied': ['AccessDenied', 403],
  'unknown-access-key': ['InvalidAccessKeyId', 403],
  'malformed-authorization': ['AuthorizationHeaderMalformed', 400],
  'bad-signature': ['SignatureDoesNotMatch', 403],
  'clock-skew': ['RequestTimeTooSkewed', 403],
  expired: ['AccessDenied', 403],
  'cors-forbidden': ['AccessForbidden', 403],
  'invalid-argument': ['InvalidArgument', 400],
  'invalid-request': ['InvalidRequest', 400],
  'malformed-body': ['MalformedXML', 400],
  'missing-length': ['MissingContentLength', 411],
  'incomplete-body': ['IncompleteBody', 400],
  'bad-digest': ['BadDigest', 400],
  'invalid-digest': ['InvalidDigest', 400],
  'content-mismatch': ['XAmzContentSHA256Mismatch', 400],
  'too-large': ['EntityTooLarge', 400],
  'too-small': ['EntityTooSmall', 400],
  'key-too-long': ['KeyTooLongError', 400],
  'metadata-too-large': ['MetadataTooLarge', 400],
  'invalid-bucket-name': ['InvalidBucketName', 400],
  'invalid-range': ['InvalidRange', 416],
  'invalid-part-number': ['InvalidPartNumber', 416],
  'invalid-tag': ['InvalidTag', 400],
  'invalid-part': ['InvalidPart', 400],
  'invalid-part-order': ['InvalidPartOrder', 400],
  'precondition-failed': ['PreconditionFailed', 412],
  'no-such-bucket': ['NoSuchBucket', 404],
  'bucket-exists': ['BucketAlreadyExists', 409],
  'bucket-owned': ['BucketAlreadyOwnedByYou', 409],
  'bucket-not-empty': ['BucketNotEmpty', 409],
  'no-such-key': ['NoSuchKey', 404],
  'no-such-version': ['NoSuchVersion', 404],
  'is-delete-marker': ['MethodNotAllowed', 405],
  'no-such-upload': ['NoSuchUpload', 404],
  'in-header-mode': ['InvalidBucketState', 409],
  'quota-exceeded': ['QuotaExceeded', 403],
  'method-not-allowed': ['MethodNotAllowed', 405],
  'not-implemented': ['NotImplemented', 501],
  conflict: ['OperationAborted', 409],
  'slow-down': ['SlowDown', 503],
  unavailable: ['ServiceUnavailable', 503],
  internal: ['InternalError', 500],
};

/** Returns the code of an error in a document, also for one object among many. */
export function errorCode({ code }: BucketError, { codes }: ErrorWireFormat): string {
  return (codes[code] ?? ERRORS[code])[0];
}

/** Returns the response for an error. */
export function errorAnswer(
  error: BucketError,
  request: Request,
  format: ErrorWireFormat,
): Response {
  const { code, message, details } = error;
  const [name, status] = format.codes[code] ?? codeAndStatus(code, request);
  const { marker, fields = {}, headers = Headers.none } = details;
  const elements = { ...fields, ...(code === 'is-delete-marker' ? markerElements(request) : {}) };
  const root = format.element(request, name, message, elements);
  const errorHeaders = Headers.of({
    'x-amz-delete-marker': marker && 'true',
    'x-amz-version-id': marker?.id,
    'Last-Modified': marker?.lastModified,
    Allow: code === 'is-delete-marker' ? 'DELETE' : undefined,
    'Retry-After': status === 503 ? '1' : undefined,
  });
  return document(status, root, errorHeaders.withAll(headers));
}

/**
 * Returns S3's document of an error, which names its subject in elements of its own
 * rather than in `Resource`.
 */
export function errorElement(
  { transactionId }: Request,
  code: string,
  message: string,
  fields: Readonly<Record<string, string>>,
): string {
  return xml('Error', [
    xml('Code', code),
    xml('Message', message),
    ...Object.entries(fields).map(([element, value]) => xml(element, value)),
    xml('RequestId', transactionId),
    xml('HostId', transactionId),
  ]);
}

function codeAndStatus(code: BucketErrorCode, { headers }: Request): readonly [string, number] {
  if (code === 'malformed-authorization' && !headers.has('authorization'))
    return ['AuthorizationQueryParametersError', 400];
  return ERRORS[code];
}

function markerElements({ method }: Request): Readonly<Record<string, string>> {
  return { Method: method, ResourceType: 'DeleteMarker' };
}
