import type { ByteString } from '../../src/http/bytes';
import { credentialHeaders, type Headers } from '../../src/http/headers';
import { isSignedForS3 } from '../../src/swift_api/s3_requests';
import { parseCosHost } from './host';
import { isSignedForCos } from './signature';

/**
 * How a request is recognised as COS's: by its signature, by a bucket in its Host, or by
 * a path that nobody else claims, which both allow requests without a signature.
 */
export type Recognised = 'signed' | 'host' | 'path';

/** The properties by which a request is recognised. */
export interface Recognisable {
  readonly query: string;
  readonly headers: Headers;
  readonly host?: ByteString | undefined;
}

/**
 * Returns how a request is recognised as COS's; undefined if it belongs to another API.
 *
 * @param domains whose subdomains are buckets
 */
export function recognise(
  request: Recognisable,
  domains: readonly string[],
): Recognised | undefined {
  const { query, headers, host = headers.get('host') } = request;
  if (isSignedForCos(headers.get('authorization'), query)) return 'signed';
  const isForeign =
    isSignedForS3(undefined, query) || credentialHeaders(headers).toRaw().length > 0;
  return !isForeign && parseCosHost(host, domains).bucket !== undefined ? 'host' : undefined;
}
