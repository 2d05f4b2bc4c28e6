import {
  CreateBucketCommand,
  PutBucketVersioningCommand,
  S3Client,
  type BucketVersioningStatus,
  type S3ClientConfig,
} from '@aws-sdk/client-s3';
import type { S3Endpoint } from '../../servers/s3_endpoint';

let buckets = 0;

/** A name for a bucket of one test. */
export const bucketName = (): string => `s3-${process.pid}-${Date.now().toString(36)}-${buckets++}`;

/**
 * An AWS SDK client for an endpoint. It tries each request once, so that no retry hides
 * an error.
 */
export function sdkAt(endpoint: S3Endpoint, config: S3ClientConfig = {}): S3Client {
  return new S3Client({
    endpoint: endpoint.url,
    region: endpoint.region,
    credentials: { accessKeyId: endpoint.accessKey, secretAccessKey: endpoint.secretKey },
    forcePathStyle: true,
    maxAttempts: 1,
    ...config,
  });
}

/** Creates a bucket with the given versioning. */
export async function newBucket(
  client: S3Client,
  versions?: BucketVersioningStatus,
): Promise<string> {
  const Bucket = bucketName();
  await client.send(new CreateBucketCommand({ Bucket }));
  if (versions) await setVersions(client, Bucket, versions);
  return Bucket;
}

/** Enables or suspends the versioning of a bucket. */
export async function setVersions(
  client: S3Client,
  bucket: string,
  status: BucketVersioningStatus,
): Promise<void> {
  const VersioningConfiguration = { Status: status };
  await client.send(new PutBucketVersioningCommand({ Bucket: bucket, VersioningConfiguration }));
}
