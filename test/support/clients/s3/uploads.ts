import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CompleteMultipartUploadCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  PutBucketVersioningCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { login as loginEmbedded } from '../../servers/embedded';
import { embeddedS3 } from '../../servers/s3_endpoint';
import { serveConfiguration } from '../../servers/serve_configuration';

export const MIB = 1024 * 1024;
/** A part that may come before others, and one that may only be the last. */
export const FIRST = randomBytes(5 * MIB);
export const LAST = randomBytes(1000);

/** A server for suites of uploads. */
export interface Place {
  readonly url: string;
  close(): Promise<void>;
}

export async function embeddedPlace(): Promise<Place> {
  const folder = mkdtempSync(join(tmpdir(), 'hindsight-uploads-'));
  const server = await serveConfiguration(embeddedS3(join(folder, 'data')));
  return {
    url: server.url,
    close: async () => {
      await server.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/**
 * Sets up a suite of uploads: a client, a new bucket for each test, and the steps of an
 * upload.
 */
export function suiteUploads(start: () => Promise<Place>) {
  let place: Place;
  let s3: S3Client;
  let bucket = '';

  beforeAll(async () => {
    place = await start();
    s3 = new S3Client({
      endpoint: place.url,
      region: 'us-east-1',
      forcePathStyle: true,
      credentials: { accessKeyId: 'test:tester', secretAccessKey: 'testing' },
      maxAttempts: 1,
      requestChecksumCalculation: 'WHEN_REQUIRED',
    });
  });
  afterAll(async () => {
    s3.destroy();
    await place.close();
  });
  beforeEach(async () => {
    bucket = `b${randomBytes(6).toString('hex')}`;
    await s3.send(new CreateBucketCommand({ Bucket: bucket }));
  });

  const version = (status: 'Enabled' | 'Suspended') =>
    s3.send(
      new PutBucketVersioningCommand({
        Bucket: bucket,
        VersioningConfiguration: { Status: status },
      }),
    );
  const begin = async (key: string, beside = {}) => {
    const { UploadId } = await s3.send(
      new CreateMultipartUploadCommand({ Bucket: bucket, Key: key, ...beside }),
    );
    return { Bucket: bucket, Key: key, UploadId: UploadId ?? '' };
  };
  type Begun = Awaited<ReturnType<typeof begin>>;
  const part = async (upload: Begun, number: number, body: Buffer) => {
    const response = await s3.send(
      new UploadPartCommand({ ...upload, PartNumber: number, Body: body }),
    );
    return { PartNumber: number, ETag: response.ETag };
  };
  const complete = (upload: Begun, parts: object[], beside = {}) =>
    s3.send(
      new CompleteMultipartUploadCommand({
        ...upload,
        MultipartUpload: { Parts: parts },
        ...beside,
      }),
    );
  const upload = async (key: string, last = LAST) => {
    const begun = await begin(key, { ContentType: 'text/plain', Metadata: { a: '1' } });
    return complete(begun, [await part(begun, 1, FIRST), await part(begun, 2, last)]);
  };
  const read = async (key: string, id?: string) => {
    const { Body } = await s3.send(
      new GetObjectCommand({ Bucket: bucket, Key: key, VersionId: id }),
    );
    return Buffer.from((await Body?.transformToByteArray()) ?? []);
  };
  const login = () => loginEmbedded(place.url, 'test:tester', 'testing');
  const segments = async () => {
    const client = await login();
    return client.names(`${bucket}%2Bsegments`);
  };
  const code = (work: Promise<unknown>) =>
    work.then(
      () => 'done',
      (error: unknown) => (error as Error).name,
    );
  const md5 = (body: Buffer) => createHash('md5').update(body).digest();
  const etag = (...parts: Buffer[]) =>
    `"${md5(Buffer.concat(parts.map(md5))).toString('hex')}-${parts.length}"`;

  return {
    /**
     * The client, the test's bucket and the server's URL; available only within tests.
     */
    get s3() {
      return s3;
    },
    get bucket() {
      return bucket;
    },
    get url() {
      return place.url;
    },
    login,
    ...{ version, begin, part, complete, upload, read, segments, code, md5, etag },
  };
}
