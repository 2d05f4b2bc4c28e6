import { bucketOfHost } from '../../src/dialects/address';
import type { ByteString } from '../../src/http/bytes';
import type { Request } from '../../src/http/message';

/** QingStor's own names: `BUCKET.ZONE.qingstor.com`, and without a bucket. */
const OWN_HOST = /^(?:(.+)\.)?[a-z0-9-]+\.qingstor\.com$/;

/**
 * The bucket that the Host of a request names; undefined: paths begin with the bucket. QingStor's
 * own names are understood in any zone, whatever leads them here.
 *
 * @param domains whose subdomains are buckets as well, in lower case
 */
export function bucketIn(
  request: Pick<Request, 'headers' | 'host'>,
  domains: readonly string[],
): ByteString | undefined {
  const { headers, host = headers.get('host') } = request;
  const own = OWN_HOST.exec(host?.toLowerCase().replace(/:\d*$/, '') ?? '');
  return own ? own[1] : bucketOfHost(request, domains);
}
