import type { ByteString } from '../../src/http/bytes';
import { credentials, type Headers } from '../../src/http/headers';
import { isSignedForS3 } from '../../src/swift_api/s3_requests';
import { bucketIn } from './host';
import { isSignedForQs } from './signature';

/** How a request is known to be QingStor's: it is signed; or its Host names a bucket, which anybody may ask without a signature. */
export type Recognised = 'signed' | 'host';

/** What a request is recognised by. */
export interface Recognisable {
  readonly query: string;
  readonly headers: Headers;
  readonly host?: ByteString | undefined;
}

/**
 * How a request is QingStor's; undefined: it is another API's.
 *
 * @param domains whose subdomains are buckets
 */
export function recognise(
  request: Recognisable,
  domains: readonly string[],
): Recognised | undefined {
  if (isSignedForQs(request.headers.get('authorization'), request.query)) return 'signed';
  const isAnothers =
    isSignedForS3(undefined, request.query) || credentials(request.headers).toRaw().length > 0;
  return !isAnothers && bucketIn(request, domains) !== undefined ? 'host' : undefined;
}
