import type { ByteString } from '../../src/http/bytes';
import { credentials, type Headers } from '../../src/http/headers';
import { isSignedForS3 } from '../../src/swift_api/s3_requests';
import { cosHost } from './host';
import { isSignedForCos } from './signature';

/** How a request is known to be COS's: it is signed; its Host names a bucket, which anybody may ask without a signature. */
export type Recognised = 'signed' | 'host';

/** What a request is recognised by. */
export interface Recognisable {
  readonly query: string;
  readonly headers: Headers;
  readonly host?: ByteString | undefined;
}

/**
 * How a request is COS's; undefined: it is somebody else's.
 *
 * @param domains whose subdomains are buckets
 */
export function recognise(
  request: Recognisable,
  domains: readonly string[],
): Recognised | undefined {
  const { query, headers, host = headers.get('host') } = request;
  if (isSignedForCos(headers.get('authorization'), query)) return 'signed';
  const isAnothers = isSignedForS3(undefined, query) || credentials(headers).toRaw().length > 0;
  return !isAnothers && cosHost(host, domains).bucket !== undefined ? 'host' : undefined;
}
