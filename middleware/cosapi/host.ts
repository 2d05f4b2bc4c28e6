import { bucketOfHost } from '../../src/dialects/address';
import type { ByteString } from '../../src/http/bytes';
import { Headers } from '../../src/http/headers';

/** What a host is to clients of COS. */
export interface CosHost {
  /** Undefined: paths begin with the bucket. */
  readonly bucket: ByteString | undefined;
  readonly region: string | undefined;
}

/** `BUCKET-APPID.cos.REGION.myqcloud.com`, the same without a bucket, and what a few regions were called once. */
const OWN_HOST = new RegExp(
  '^(?:([a-z0-9-]+-[0-9]+)\\.)?' +
    '(?:cos(?:v6|-cdc|-internal)?\\.([a-z0-9-]+)|(cn-south|cn-south-2|cn-north|cn-east|cn-southwest|sg))' +
    '\\.(?:myqcloud\\.com|tencentcos\\.cn)$',
  'i',
);

/**
 * What a host is to clients of COS. Tencent's own hosts are known in every region, whatever leads them here; a bucket in them stays as it is spelled.
 *
 * @param host with or without a port
 * @param domains whose subdomains are buckets as well, in lower case
 */
export function cosHost(host: ByteString | undefined, domains: readonly string[]): CosHost {
  const [, bucket, region, old] = OWN_HOST.exec(host?.replace(/:\d*$/, '') ?? '') ?? [];
  const ofCos = (region ?? old)?.toLowerCase();
  if (ofCos !== undefined) return { bucket, region: ofCos };
  return { bucket: bucketOfHost({ headers: Headers.none, host }, domains), region: undefined };
}
