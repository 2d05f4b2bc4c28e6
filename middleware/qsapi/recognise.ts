import type { ByteString } from '../../src/http/bytes';
import { credentialHeaders, type Headers } from '../../src/http/headers';
import { isSignedForS3 } from '../../src/swift_api/s3_requests';
import { bucketOfQsHost } from './host';
import { isSignedForQs } from './signature';

/**
 * How a request is recognised as QingStor's: by its signature, by a bucket in its Host,
 * or by a path that nobody else claims, which both allow requests without a signature.
 */
export type Recognised = 'signed' | 'host' | 'path';

/** The properties by which a request is recognised. */
export interface Recognisable {
  readonly query: string;
  readonly headers: Headers;
  readonly host?: ByteString | undefined;
}

/**
 * Returns how a request is recognised as QingStor's; undefined if it belongs to another
 * API.
 *
 * @param domains whose subdomains are buckets
 */
export function recognise(
  request: Recognisable,
  domains: readonly string[],
): Recognised | undefined {
  if (isSignedForQs(request.headers.get('authorization'), request.query)) return 'signed';
  const isForeign =
    isSignedForS3(undefined, request.query) ||
    credentialHeaders(request.headers).toRaw().length > 0;
  return !isForeign && bucketOfQsHost(request, domains) !== undefined ? 'host' : undefined;
}
