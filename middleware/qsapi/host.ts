import { bucketOfHost } from '../../src/dialects/address';
import type { ByteString } from '../../src/http/bytes';
import type { Request } from '../../src/swift_api/message';

/**
 * QingStor's own names, in any zone: `BUCKET.ZONE.qingstor.com`, and without a bucket. Its S3 API
 * has others, which have `s3` before the zone.
 */
const OWN_HOST = /^(?:(.+)\.)?[a-z0-9-]+\.(?:qingstor|qsstor)\.com$/;
const OF_S3 = /^(?:.+\.)?s3$/;

/**
 * The bucket that the Host of a request names; undefined: paths begin with the bucket. QingStor's
 * own names are understood beside those of the configuration, whatever leads them here.
 *
 * @param domains whose subdomains are buckets as well, in lower case
 */
export function bucketIn(
  request: Pick<Request, 'headers' | 'host'>,
  domains: readonly string[],
): ByteString | undefined {
  const { headers, host = headers.get('host') } = request;
  const name = host?.toLowerCase().replace(/:\d*$/, '') ?? '';
  if (domains.includes(name)) return undefined;
  const [, own] = OWN_HOST.exec(name) ?? [];
  return bucketOfHost(request, domains) ?? (own !== undefined && OF_S3.test(own) ? undefined : own);
}
