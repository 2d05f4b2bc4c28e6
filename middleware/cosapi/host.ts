import { spelledBucket } from '../../src/dialects/address';
import type { ByteString } from '../../src/http/bytes';

/** What a host is to clients of COS. */
export interface CosHost {
  /** Undefined: paths begin with the bucket. */
  readonly bucket: ByteString | undefined;
  readonly region: string | undefined;
  /** One of those that Tencent has, whatever leads it here. */
  readonly isOwn: boolean;
}

/** `BUCKET-APPID.cos.REGION.myqcloud.com`, the same without a bucket, what a few regions were called once, and where buckets are listed. */
const OWN_HOST = new RegExp(
  '^(?:([a-z0-9-]+-[0-9]+)\\.)?' +
    '(?:cos(?:v6|-cdc|-internal)?\\.([a-z0-9-]+)|(cn-south|cn-south-2|cn-north|cn-east|cn-southwest|sg)|service\\.cos)' +
    '\\.(?:myqcloud\\.com|tencentcos\\.cn)$',
  'i',
);

/**
 * What a host is to clients of COS. A bucket stays as it is spelled.
 *
 * @param host with or without a port
 * @param domains whose subdomains are buckets as well, in lower case
 */
export function cosHost(host: ByteString | undefined, domains: readonly string[]): CosHost {
  const own = OWN_HOST.exec(host?.replace(/:\d*$/, '') ?? '');
  if (own) {
    const [, bucket, region, old] = own;
    return { bucket, region: (region ?? old)?.toLowerCase(), isOwn: true };
  }
  return { bucket: spelledBucket(host, domains), region: undefined, isOwn: false };
}
