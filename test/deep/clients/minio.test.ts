import { Client, CopyDestinationOptions, CopySourceOptions, type ItemBucketMetadata } from 'minio';
import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { STORES_OF_DEPTH, describeS3 } from '../../support/servers/s3_endpoint';
import { etagOf } from '../../support/judges/buckets/model';
import { bucketName } from '../../support/clients/s3/sdk';

const PART = 5 * 1024 * 1024;
const ODD = 'dir/k é+1 &<>%2F?#.txt';

/** An entry of minio's listing; its types lack the fields of versions. */
interface Listed {
  readonly name?: string;
  readonly prefix?: string;
  readonly versionId?: string;
  readonly isLatest?: boolean;
  readonly isDeleteMarker?: boolean;
  readonly size?: number;
}

describeS3(
  'minio',
  (store) => {
    let client: Client;
    beforeAll(() => {
      const { hostname, port } = new URL(store.endpoint.url);
      const { accessKey, secretKey, region } = store.endpoint;
      client = new Client({
        endPoint: hostname,
        port: Number(port),
        useSSL: false,
        accessKey,
        secretKey,
        region,
      });
    });

    async function newBucket(versions?: 'Enabled'): Promise<string> {
      const bucket = bucketName();
      await client.makeBucket(bucket);
      if (versions) await client.setBucketVersioning(bucket, { Status: versions });
      return bucket;
    }
    const put = async (
      bucket: string,
      key: string,
      body: string | Buffer,
      metadata?: ItemBucketMetadata,
    ) =>
      (await client.putObject(bucket, key, body, Buffer.byteLength(body), metadata)).versionId ??
      undefined;
    const get = async (bucket: string, key: string, versionId?: string) =>
      bytesOf(await client.getObject(bucket, key, versionId === undefined ? {} : { versionId }));
    const listed = (bucket: string, prefix = '', recursive = true) =>
      all(client.listObjects(bucket, prefix, recursive, { IncludeVersion: true }));

    test('buckets are made, found, listed and removed', async () => {
      const bucket = await newBucket();
      expect(await client.bucketExists(bucket)).toBe(true);
      expect((await client.listBuckets()).map(({ name }) => name)).toContain(bucket);
      await client.removeBucket(bucket);
      expect(await client.bucketExists(bucket)).toBe(false);
    });

    test('a client without a region asks for it', async () => {
      const { hostname, port } = new URL(store.endpoint.url);
      const { accessKey, secretKey } = store.endpoint;
      const other = new Client({
        endPoint: hostname,
        port: Number(port),
        useSSL: false,
        accessKey,
        secretKey,
      });
      const bucket = await newBucket();
      await other.putObject(bucket, 'k', 'body');
      expect((await get(bucket, 'k')).toString()).toBe('body');
    });

    test('a bucket reports whether it has versions', async () => {
      const bucket = await newBucket();
      // minio parses an element without children as an empty text
      expect(await client.getBucketVersioning(bucket)).not.toHaveProperty('Status');
      await client.setBucketVersioning(bucket, { Status: 'Enabled' });
      expect(await client.getBucketVersioning(bucket)).toMatchObject({ Status: 'Enabled' });
      await client.setBucketVersioning(bucket, { Status: 'Suspended' });
      expect(await client.getBucketVersioning(bucket)).toMatchObject({ Status: 'Suspended' });
    });

    test('objects come back as they were sent, whole and in parts', async () => {
      const bucket = await newBucket();
      const body = randomBytes(100_000);
      const { etag } = await client.putObject(bucket, ODD, body, body.length, {
        'Content-Type': 'text/x-test',
        a: 'b',
      });
      expect(`"${etag}"`).toBe(etagOf(body));
      expect((await get(bucket, ODD)).equals(body)).toBe(true);
      const part = await bytesOf(await client.getPartialObject(bucket, ODD, 10, 20));
      expect(part.equals(body.subarray(10, 30))).toBe(true);
      const { metaData, size } = await client.statObject(bucket, ODD);
      expect([metaData, size]).toMatchObject([{ 'content-type': 'text/x-test', a: 'b' }, 100_000]);
      await expect(client.statObject(bucket, 'none')).rejects.toMatchObject({ code: 'NotFound' });
      await expect(get(bucket, 'none')).rejects.toMatchObject({ code: 'NoSuchKey' });
    });

    test('objects are listed over several pages, by either listing', async () => {
      const bucket = await newBucket();
      const keys = Array.from({ length: 13 }, (_, i) => `d/k${String(i).padStart(2, '0')}`);
      for (const key of keys) await put(bucket, key, key);
      const told: (string | undefined)[] = [];
      for (let marker = '', more = true; more;) {
        const page = await client.listObjectsQuery(bucket, 'd/', marker, {
          Delimiter: '',
          MaxKeys: 5,
        });
        told.push(...page.objects.map(({ name }) => name));
        more = page.isTruncated ?? false;
        marker = page.nextMarker ?? '';
      }
      expect(told).toEqual(keys);
      const second = await all(client.listObjectsV2(bucket, 'd/', true, 'd/k09'));
      expect(second.map(({ name }) => name)).toEqual(keys.slice(10));
      expect(
        (await all(client.listObjectsV2(bucket, '', false))).map(({ prefix }) => prefix),
      ).toEqual(['d/']);
    });

    test('versions are kept, listed, read, described and removed by their ids', async () => {
      const bucket = await newBucket('Enabled');
      const [one, two] = [await put(bucket, ODD, '1'), await put(bucket, ODD, '2')];
      expect(
        (await listed(bucket)).map(({ name, versionId, isLatest }) => [name, versionId, isLatest]),
      ).toEqual([
        [ODD, two, true],
        [ODD, one, false],
      ]);
      expect((await get(bucket, ODD, one)).toString()).toBe('1');
      expect(await client.statObject(bucket, ODD, { versionId: one ?? '' })).toMatchObject({
        versionId: one,
      });
      await client.removeObject(bucket, ODD, { versionId: one ?? '' });
      expect((await listed(bucket)).map(({ versionId }) => versionId)).toEqual([two]);
    });

    test('a removal makes a marker; removing that restores', async () => {
      const bucket = await newBucket('Enabled');
      const id = await put(bucket, 'k', '1');
      await client.removeObject(bucket, 'k');
      await expect(get(bucket, 'k')).rejects.toMatchObject({ code: 'NoSuchKey' });
      const [version, marker] = await listed(bucket);
      expect(version).toMatchObject({ versionId: id, isLatest: false });
      expect(marker).toMatchObject({ isDeleteMarker: true, isLatest: true });
      await client.removeObject(bucket, 'k', { versionId: marker?.versionId ?? '' });
      expect((await get(bucket, 'k')).toString()).toBe('1');
    });

    test('many are removed at once, with ids and without', async () => {
      const bucket = await newBucket('Enabled');
      const [one, two] = [await put(bucket, 'a', '1'), await put(bucket, 'a', '2')];
      const three = await put(bucket, 'b &', '3');
      await client.removeObjects(bucket, [{ name: 'a', versionId: one ?? '' }, { name: 'b &' }]);
      // minio returns delete markers last
      const told = (await listed(bucket)).map(({ name, versionId, isDeleteMarker }) => [
        name,
        isDeleteMarker || versionId,
      ]);
      expect(told).toEqual([
        ['a', two],
        ['b &', three],
        ['b &', true],
      ]);
    });

    store.deviating('NextVersionIdMarker is null')(
      'versions are listed over several pages',
      async () => {
        const bucket = await newBucket('Enabled');
        const ids: (string | undefined)[] = [];
        for (let i = 0; i < 9; i++) ids.unshift(await put(bucket, 'k', String(i)));
        const told: (string | undefined)[] = [];
        let markers: { keyMarker?: string; versionIdMarker?: string } | undefined = {};
        while (markers) {
          const options = { IncludeVersion: true, MaxKeys: 4, Delimiter: '', ...markers };
          // minio's types lack the markers that it accepts and returns
          const page = (await client.listObjectsQuery(
            bucket,
            '',
            markers.keyMarker,
            options,
          )) as unknown as {
            objects: Listed[];
            isTruncated: boolean;
            keyMarker?: string;
            versionIdMarker?: string;
          };
          told.push(...page.objects.map(({ versionId }) => versionId));
          markers = page.isTruncated
            ? { keyMarker: page.keyMarker ?? '', versionIdMarker: page.versionIdMarker ?? '' }
            : undefined;
        }
        expect(told).toEqual(ids);
      },
    );

    test('a version is copied over the latest', async () => {
      const bucket = await newBucket('Enabled');
      const one = await put(bucket, 'd/k 1', 'old');
      await put(bucket, 'd/k 1', 'new');
      await client.copyObject(
        new CopySourceOptions({ Bucket: bucket, Object: 'd/k 1', VersionID: one ?? '' }),
        new CopyDestinationOptions({ Bucket: bucket, Object: 'd/k 1' }),
      );
      expect((await get(bucket, 'd/k 1')).toString()).toBe('old');
      expect(await listed(bucket)).toHaveLength(3);
    });

    store.deviating('CompleteMultipartUpload tells no id')(
      'uploads in parts are one version, and unfinished ones are listed and removed',
      async () => {
        const bucket = await newBucket('Enabled');
        const parts = [randomBytes(PART), randomBytes(PART), Buffer.from('end')];
        const { hostname, port } = new URL(store.endpoint.url);
        const { accessKey, secretKey, region } = store.endpoint;
        const keys = { accessKey, secretKey, region, partSize: PART };
        const small = new Client({
          endPoint: hostname,
          port: Number(port),
          useSSL: false,
          ...keys,
        });
        const { etag, versionId } = await small.putObject(
          bucket,
          'k',
          Readable.from(parts),
          2 * PART + 3,
        );
        expect(etag).toMatch(/^[0-9a-f]{32}-\d$/);
        expect(await listed(bucket)).toMatchObject([{ versionId, size: 2 * PART + 3 }]);
        expect((await get(bucket, 'k')).equals(Buffer.concat(parts))).toBe(true);
        await client.initiateNewMultipartUpload(bucket, 'unfinished', {});
        const unfinished = await all(client.listIncompleteUploads(bucket, '', true));
        expect(unfinished).toMatchObject([{ key: 'unfinished' }]);
        await client.removeIncompleteUpload(bucket, 'unfinished');
        expect(
          await all(client.listIncompleteUploads(bucket, '', true) as unknown as Readable),
        ).toEqual([]);
      },
    );

    test('an object is composed of others', async () => {
      const bucket = await newBucket('Enabled');
      const [first, second] = [randomBytes(PART), Buffer.from('second')];
      await put(bucket, 'a', first);
      await put(bucket, 'b', second);
      const sources = ['a', 'b'].map(
        (key) => new CopySourceOptions({ Bucket: bucket, Object: key }),
      );
      await client.composeObject(
        new CopyDestinationOptions({ Bucket: bucket, Object: 'c' }),
        sources,
      );
      expect((await get(bucket, 'c')).equals(Buffer.concat([first, second]))).toBe(true);
    });

    store.deviating('not implemented')('tags are kept with versions', async () => {
      const bucket = await newBucket('Enabled');
      const id = await put(bucket, 'k', '1');
      await client.setObjectTagging(bucket, 'k', { colour: 'blue é=+-._:/@', number: '7' });
      await put(bucket, 'k', '2');
      expect(await client.getObjectTagging(bucket, 'k')).toEqual([]);
      const tags = await client.getObjectTagging(bucket, 'k', { versionId: id ?? '' });
      expect(tags).toHaveLength(2);
      expect(tags).toContainEqual({ Key: 'colour', Value: 'blue é=+-._:/@' });
      await client.removeObjectTagging(bucket, 'k', { versionId: id ?? '' });
      expect(await client.getObjectTagging(bucket, 'k', { versionId: id ?? '' })).toEqual([]);
    });

    test('presigned URLs write and read', async () => {
      const bucket = await newBucket('Enabled');
      const response = await fetch(await client.presignedPutObject(bucket, ODD), {
        method: 'PUT',
        body: 'signed',
      });
      await response.text();
      expect(response.status).toBe(200);
      const read = await fetch(await client.presignedGetObject(bucket, ODD));
      expect([read.status, await read.text()]).toEqual([200, 'signed']);
    });

    store.deviating('not implemented')('a form with a policy writes a version', async () => {
      const bucket = await newBucket('Enabled');
      const policy = client.newPostPolicy();
      policy.setBucket(bucket);
      policy.setKey('form/k');
      policy.setExpires(new Date(Date.now() + 60_000));
      policy.setContentLengthRange(1, 100);
      const { postURL, formData } = await client.presignedPostPolicy(policy);
      const form = new FormData();
      for (const [name, value] of Object.entries(formData)) form.append(name, String(value));
      form.append('file', new Blob(['of a form']), 'file');
      const answer = await fetch(postURL, { method: 'POST', body: form });
      await answer.text();
      expect(answer.status).toBe(204);
      expect((await get(bucket, 'form/k')).toString()).toBe('of a form');
      expect(await listed(bucket)).toHaveLength(1);
    });
  },
  STORES_OF_DEPTH,
);

async function bytesOf(stream: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

async function all(stream: AsyncIterable<unknown>): Promise<Listed[]> {
  const entries: Listed[] = [];
  for await (const each of stream) entries.push(each as Listed);
  return entries;
}
