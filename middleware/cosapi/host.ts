import { spelledBucket } from '../../src/dialects/address';
import type { ByteString } from '../../src/http/bytes';

/** A host as clients of COS understand it. */
export interface CosHost {
  /** Undefined if paths begin with the bucket. */
  readonly bucket: ByteString | undefined;
  readonly region: string | undefined;
  /** Whether it is one of Tencent's own hosts, however it resolves to this server. */
  readonly isOwn: boolean;
}

/**
 * Matches `BUCKET-APPID.cos.REGION.myqcloud.com`, the same without a bucket, the former
 * names of a few regions, and the host that lists buckets.
 */
const OWN_HOST = new RegExp(
  '^(?:([a-z0-9-]+-[0-9]+)\\.)?' +
    '(?:cos(?:v6|-cdc|-internal)?\\.([a-z0-9-]+)|(cn-south|cn-south-2|cn-north|cn-east|cn-southwest|sg)|service\\.cos)' +
    '\\.(?:myqcloud\\.com|tencentcos\\.cn)$',
  'i',
);

/**
 * Interprets a host as clients of COS do. The spelling of a bucket is preserved.
 *
 * @param host with or without a port
 * @param domains whose subdomains are buckets as well, in lower case
 */
export function parseCosHost(host: ByteString | undefined, domains: readonly string[]): CosHost {
  const match = OWN_HOST.exec(host?.replace(/:\d*$/, '') ?? '');
  if (match) {
    const [, bucket, region, old] = match;
    return { bucket, region: (region ?? old)?.toLowerCase(), isOwn: true };
  }
  return { bucket: spelledBucket(host, domains), region: undefined, isOwn: false };
}
