import COS from 'cos-nodejs-sdk-v5';
import type { S3Endpoint } from '../../servers/s3_endpoint';
import { bucketName } from '../s3/sdk';

const REGION = 'ap-chengdu';
export const APPID = '1250000000';

/** A bucket, in the form that every SDK request takes. */
export interface At {
  readonly Bucket: string;
  readonly Region: string;
}

/** Creates an SDK client for an endpoint, which it takes for one of Tencent's hosts. */
export function cosAt(
  { url, accessKey, secretKey }: S3Endpoint,
  options: COS.COSOptions = {},
): COS {
  const { host } = new URL(url);
  return new COS({
    SecretId: accessKey,
    SecretKey: secretKey,
    Protocol: 'http:',
    Ip: host,
    ...options,
  });
}

/** Names a new bucket for one test. */
export const newPlace = (): At => ({ Bucket: `${bucketName()}-${APPID}`, Region: REGION });

/** Creates a bucket with the given versioning. */
export async function newCosBucket(cos: COS, versions?: 'Enabled' | 'Suspended'): Promise<At> {
  const at = newPlace();
  await cos.putBucket(at);
  if (versions) await setCosVersions(cos, at, versions);
  return at;
}

export async function setCosVersions(
  cos: COS,
  at: At,
  Status: 'Enabled' | 'Suspended',
): Promise<void> {
  await cos.putBucketVersioning({ ...at, VersioningConfiguration: { Status } });
}

/** An error of the SDK for a failed request. */
export interface Failure {
  readonly statusCode: number;
  readonly code: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The elements of the document. */
  readonly error: Readonly<Record<string, string>>;
}

/** Returns the error that an SDK request rejects with. */
export async function failureOf(work: Promise<unknown>): Promise<Failure> {
  return work.then(
    () => {
      throw new Error('it did not fail');
    },
    (error: unknown) => error as Failure,
  );
}
