import { BucketError } from '../../../../src/buckets/errors';
import type { Query } from '../../../../src/dialects/query';
import type { ByteString } from '../../../../src/http/bytes';
import type { Headers } from '../../../../src/http/headers';
import type { SignatureKind } from '../kind';

/** The signature of a request or a form (Signature Version 2) as stated, valid or not. */
export interface SignatureV2 {
  readonly accessKey: ByteString;
  /** Base64, as received. */
  readonly signature: ByteString;
}

/** The signature of a request. */
export interface RequestSignatureV2 extends SignatureV2 {
  /**
   * When a URL expires, in seconds since 1970, as received and signed; undefined for a
   * signature in the header, which is valid around the time in the request.
   */
  readonly expires: string | undefined;
}

/** The query parameters of a signature. */
export const SIGNATURE_PARAMETERS: ReadonlySet<string> = new Set([
  'AWSAccessKeyId',
  'Expires',
  'Signature',
]);

/**
 * Reads the signature of a request.
 *
 * @throws BucketError if it is incomplete or malformed
 */
export function readSignatureV2(
  from: SignatureKind['from'],
  headers: Headers,
  query: Query,
): RequestSignatureV2 {
  return from === 'query' ? readQuery(query) : readHeader(headers.get('authorization') ?? '');
}

function readHeader(authorization: ByteString): RequestSignatureV2 {
  // keys may have colons, signatures have none
  const [, accessKey, signature] = /^AWS (\S+):([^\s:]+)$/.exec(authorization) ?? [];
  if (accessKey === undefined || signature === undefined)
    throw new BucketError(
      'malformed-authorization',
      'The authorization header is malformed; expecting "AWS ACCESS_KEY:SIGNATURE".',
    );
  return { accessKey, signature, expires: undefined };
}

function readQuery(query: Query): RequestSignatureV2 {
  const [accessKey = '', signature = '', expires = ''] = [
    query.get('AWSAccessKeyId'),
    query.get('Signature'),
    query.get('Expires'),
  ];
  if (accessKey === '' || signature === '' || expires === '')
    throw new BucketError(
      'access-denied',
      'Query-string authentication requires the Signature, Expires and AWSAccessKeyId parameters',
    );
  if (!/^\d{1,12}$/.test(expires))
    throw new BucketError(
      'access-denied',
      `Invalid date (should be seconds since epoch): ${expires}`,
    );
  return { accessKey, signature, expires };
}
