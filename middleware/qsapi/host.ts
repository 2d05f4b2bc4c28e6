import { bucketOfHost } from '../../src/dialects/address';
import type { ByteString } from '../../src/http/bytes';
import type { Request } from '../../src/swift_api/message';

/**
 * QingStor's own hosts, in any zone: `BUCKET.ZONE.qingstor.com`, and without a bucket.
 * Its S3 API has others, with `s3` before the zone.
 */
const OWN_HOST = /^(?:(.+)\.)?[a-z0-9-]+\.(?:qingstor|qsstor)\.com$/;
const OF_S3 = /^(?:.+\.)?s3$/;

/**
 * Returns the bucket that the Host of a request names; undefined if paths begin with the
 * bucket. QingStor's own hosts are recognised besides the configured domains, however
 * they resolve to this server.
 *
 * @param domains whose subdomains are buckets as well, in lower case
 */
export function bucketOfQsHost(
  request: Pick<Request, 'headers' | 'host'>,
  domains: readonly string[],
): ByteString | undefined {
  const { headers, host = headers.get('host') } = request;
  const name = host?.toLowerCase().replace(/:\d*$/, '') ?? '';
  if (domains.includes(name)) return undefined;
  const [, ownBucket] = OWN_HOST.exec(name) ?? [];
  return (
    bucketOfHost(request, domains) ??
    (ownBucket !== undefined && OF_S3.test(ownBucket) ? undefined : ownBucket)
  );
}
