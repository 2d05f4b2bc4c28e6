import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  PutObjectCommand,
  S3ServiceException,
  UploadPartCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { describeS3 } from '../../support/servers/s3_endpoint';
import { newBucket, sdkAt } from '../../support/clients/s3/sdk';
import { SignedClient } from '../../support/clients/s3/signed';
import { pageOf, parametersOf } from '../../support/clients/s3/versions_document';
import type { ListedEntry, VersionsPage } from '../../support/judges/buckets/model_listing';
import { depth } from '../../support/running/depth';

const WRITERS = 9;
const TIMES = depth({ gate: 2, deep: 8 });
const KEY = 'dir/contended';

/** Acknowledged bodies by the ids of their versions; undefined for a delete marker. */
type Acknowledged = Map<string, string | undefined>;

/** No acknowledged version is ever lost, whichever clients write at the time. */
describeS3('races', (store) => {
  let client: S3Client;
  beforeAll(() => {
    client = sdkAt(store.endpoint);
  });
  afterAll(() => client.destroy());

  const put = async (Bucket: string, Body: string) =>
    (await client.send(new PutObjectCommand({ Bucket, Key: KEY, Body }))).VersionId;
  const remove = async (Bucket: string) =>
    (await client.send(new DeleteObjectCommand({ Bucket, Key: KEY }))).VersionId;
  const upload = async (Bucket: string, Body: string) => {
    const { UploadId } = await client.send(new CreateMultipartUploadCommand({ Bucket, Key: KEY }));
    const part = { Bucket, Key: KEY, UploadId, PartNumber: 1 };
    const { ETag } = await client.send(new UploadPartCommand({ ...part, Body }));
    const MultipartUpload = { Parts: [{ PartNumber: 1, ETag }] };
    const complete = { Bucket, Key: KEY, UploadId, MultipartUpload };
    return (await client.send(new CompleteMultipartUploadCommand(complete))).VersionId;
  };

  /**
   * Runs concurrent writers, a third of each kind; returns what was acknowledged, and how
   * many were told to retry.
   */
  async function race(bucket: string): Promise<{ acknowledged: Acknowledged; refused: number }> {
    const acknowledged: Acknowledged = new Map();
    let refused = 0;
    const write = async (writer: number, time: number) => {
      const body = `${writer} ${time}`;
      const kinds = [() => put(bucket, body), () => remove(bucket), () => upload(bucket, body)];
      const id = await kinds[writer % kinds.length]?.();
      expect(id).toBeDefined();
      expect([...acknowledged.keys()]).not.toContain(id);
      acknowledged.set(id ?? '', writer % kinds.length === 1 ? undefined : body);
    };
    await Promise.all(
      Array.from({ length: WRITERS }, async (_, writer) => {
        for (let time = 0; time < TIMES; time++)
          await write(writer, time).catch((error: unknown) => {
            if (!(error instanceof S3ServiceException) || error.$metadata.httpStatusCode !== 503)
              throw error;
            refused++;
          });
      }),
    );
    return { acknowledged, refused };
  }

  async function listed(bucket: string): Promise<readonly ListedEntry[]> {
    const signed = new SignedClient(store.endpoint);
    const entries: ListedEntry[] = [];
    for (let next: VersionsPage['next'], first = true; first || next; first = false) {
      const query = parametersOf({ maxKeys: 10, keyMarker: next?.key, versionIdMarker: next?.id });
      const page = pageOf(
        await signed.document(200, 'ListVersionsResult', { method: 'GET', bucket, query }),
      );
      entries.push(...page.entries);
      next = page.next;
    }
    return entries;
  }

  store.deviating('NextVersionIdMarker is null')(
    'each version and marker that was acknowledged lists, and has its own content',
    async () => {
      const bucket = await newBucket(client, 'Enabled');
      const { acknowledged, refused } = await race(bucket);
      const entries = await listed(bucket);
      const ids = entries.map(({ id }) => id);
      expect(new Set(ids).size).toBe(ids.length);
      for (const id of acknowledged.keys()) expect(ids).toContain(id);
      // refused requests may have taken effect all the same
      expect(ids.length).toBeLessThanOrEqual(acknowledged.size + refused);
      expect(acknowledged.size + refused).toBe(WRITERS * TIMES);
      expect(entries.filter(({ latest }) => latest)).toHaveLength(1);
      expect(entries[0]?.latest).toBe(true);
      for (const [id, body] of acknowledged) {
        expect({ id, marker: entries.find((entry) => entry.id === id)?.marker }).toEqual({
          id,
          marker: body === undefined,
        });
        if (body === undefined) continue;
        const { Body } = await client.send(
          new GetObjectCommand({ Bucket: bucket, Key: KEY, VersionId: id }),
        );
        expect(await Body?.transformToString()).toBe(body);
      }
      await expectLatest(bucket, entries[0]);
    },
  );

  /** Expects that a read without an id returns what is listed as the latest. */
  async function expectLatest(bucket: string, latest: ListedEntry | undefined): Promise<void> {
    const read = client.send(new GetObjectCommand({ Bucket: bucket, Key: KEY }));
    if (latest?.marker) {
      await expect(read).rejects.toMatchObject({ name: 'NoSuchKey' });
      return;
    }
    const { VersionId, Body } = await read;
    await Body?.transformToString();
    expect(VersionId).toBe(latest?.id);
  }

  test('of writers that all want to be the first one is', async () => {
    if (store.name === 'reference') return;
    const bucket = await newBucket(client, 'Enabled');
    const first = (writer: number) =>
      client.send(
        new PutObjectCommand({ Bucket: bucket, Key: KEY, Body: String(writer), IfNoneMatch: '*' }),
      );
    const ends = await Promise.allSettled(Array.from({ length: 10 }, (_, writer) => first(writer)));
    expect(ends.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await listed(bucket)).toHaveLength(1);
  });
});
