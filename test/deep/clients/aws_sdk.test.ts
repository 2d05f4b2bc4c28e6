import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetBucketLocationCommand,
  GetBucketVersioningCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  ListMultipartUploadsCommand,
  ListObjectVersionsCommand,
  ListObjectsCommand,
  ListPartsCommand,
  PutObjectCommand,
  UploadPartCommand,
  UploadPartCopyCommand,
  paginateListObjectsV2,
  type GetObjectCommandInput,
  type ListObjectVersionsCommandOutput,
  type S3Client,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { describeS3, storesWith } from '../../support/servers/s3_endpoint';
import { etagOf, multipartEtagOf, NULL } from '../../support/judges/buckets/model';
import { newBucket, sdkAt, setVersions } from '../../support/clients/s3/sdk';

const PART = 5 * 1024 * 1024;
/** The SDK restores by a PUT that waits for the body of a DELETE without a length. */
const RESTORES = 'hangs where a DELETE has no Content-Length';
/** A key with characters that are special in URLs and XML. */
const ODD = 'dir/k é+1 &<>%2F?#.txt';

describeS3(
  '@aws-sdk/client-s3',
  (store) => {
    let client: S3Client;
    beforeAll(() => {
      client = sdkAt(store.endpoint);
    });
    afterAll(() => client.destroy());

    const put = async (Bucket: string, Key: string, Body: string | Buffer) =>
      (await client.send(new PutObjectCommand({ Bucket, Key, Body }))).VersionId;
    const remove = (Bucket: string, Key: string, VersionId?: string) =>
      client.send(new DeleteObjectCommand({ Bucket, Key, VersionId }));
    const get = async (input: GetObjectCommandInput) => {
      const { Body, ...rest } = await client.send(new GetObjectCommand(input));
      return { ...rest, text: await Body?.transformToString() };
    };
    const versions = async (Bucket: string) =>
      client.send(new ListObjectVersionsCommand({ Bucket }));

    describe('buckets', () => {
      test('are made, found, listed, located and deleted', async () => {
        const Bucket = await newBucket(client);
        await client.send(new HeadBucketCommand({ Bucket }));
        const { Buckets, Owner } = await client.send(new ListBucketsCommand({}));
        expect(Buckets?.find(({ Name }) => Name === Bucket)?.CreationDate).toBeInstanceOf(Date);
        expect(Owner?.ID).toBe(store.endpoint.accessKey);
        const { LocationConstraint } = await client.send(new GetBucketLocationCommand({ Bucket }));
        expect(LocationConstraint ?? store.endpoint.region).toBe(store.endpoint.region);
        await client.send(new DeleteBucketCommand({ Bucket }));
        await expect(client.send(new HeadBucketCommand({ Bucket }))).rejects.toMatchObject({
          name: 'NotFound',
        });
      });

      test('with something in them stay', async () => {
        const Bucket = await newBucket(client);
        await put(Bucket, 'k', '1');
        await expect(client.send(new DeleteBucketCommand({ Bucket }))).rejects.toMatchObject({
          name: 'BucketNotEmpty',
        });
      });

      test('with nothing but a delete marker stay', async () => {
        const Bucket = await newBucket(client, 'Enabled');
        await remove(Bucket, 'k');
        await expect(client.send(new DeleteBucketCommand({ Bucket }))).rejects.toMatchObject({
          name: 'BucketNotEmpty',
        });
      });

      test('go with versions enabled when nothing is in them', async () => {
        const Bucket = await newBucket(client, 'Enabled');
        const VersionId = await put(Bucket, 'k', '1');
        await remove(Bucket, 'k', VersionId);
        await client.send(new DeleteBucketCommand({ Bucket }));
      });

      test('tell whether they have versions', async () => {
        const Bucket = await newBucket(client);
        const status = async () =>
          (await client.send(new GetBucketVersioningCommand({ Bucket }))).Status;
        expect(await status()).toBeUndefined();
        await setVersions(client, Bucket, 'Enabled');
        expect(await status()).toBe('Enabled');
        await setVersions(client, Bucket, 'Suspended');
        expect(await status()).toBe('Suspended');
      });
    });

    describe('objects', () => {
      test('come back as they were sent, with what was said of them', async () => {
        const Bucket = await newBucket(client);
        const Body = randomBytes(100_000);
        const Metadata = { colour: 'blue', number: '7', snake_case: 'a', 'snake-case': 'b' };
        const told = {
          ContentType: 'text/x-test',
          ContentEncoding: 'identity',
          ContentDisposition: 'inline',
          Metadata,
        };
        const { ETag } = await client.send(
          new PutObjectCommand({ Bucket, Key: ODD, Body, ...told }),
        );
        expect(ETag).toBe(etagOf(Body));
        const { Body: stream, ...rest } = await client.send(
          new GetObjectCommand({ Bucket, Key: ODD }),
        );
        expect(Buffer.from((await stream?.transformToByteArray()) ?? []).equals(Body)).toBe(true);
        expect(rest).toMatchObject({ ...told, ETag, ContentLength: Body.length });
        expect(await client.send(new HeadObjectCommand({ Bucket, Key: ODD }))).toMatchObject({
          ...told,
          ETag,
        });
        const { Contents } = await client.send(new ListObjectsCommand({ Bucket }));
        expect(Contents).toMatchObject([{ Key: ODD, Size: Body.length, ETag }]);
      });

      test('are sent as streams whose length is not known, and in ranges', async () => {
        const Bucket = await newBucket(client, 'Enabled');
        const parts = Array.from({ length: 20 }, () => randomBytes(10_000));
        await new Upload({
          client,
          params: { Bucket, Key: 'k', Body: Readable.from(parts) },
        }).done();
        const { text, ContentRange } = await get({ Bucket, Key: 'k', Range: 'bytes=0-9' });
        expect(text).toBe(parts[0]?.subarray(0, 10).toString());
        expect(ContentRange).toBe('bytes 0-9/200000');
      });

      test('answer conditions', async () => {
        const Bucket = await newBucket(client, 'Enabled');
        await put(Bucket, 'k', '1');
        const refused = (input: Partial<GetObjectCommandInput>) =>
          get({ Bucket, Key: 'k', ...input });
        expect((await refused({ IfMatch: etagOf('1') })).text).toBe('1');
        await expect(refused({ IfMatch: etagOf('2') })).rejects.toMatchObject({
          name: 'PreconditionFailed',
        });
        await expect(refused({ IfNoneMatch: etagOf('1') })).rejects.toMatchObject({
          $metadata: { httpStatusCode: 304 },
        });
        const past = new Date(Date.now() - 3_600_000);
        await expect(refused({ IfUnmodifiedSince: past })).rejects.toMatchObject({
          name: 'PreconditionFailed',
        });
      });

      store.deviating('not implemented')('are not written where they are to be new', async () => {
        const Bucket = await newBucket(client, 'Enabled');
        const write = () =>
          client.send(new PutObjectCommand({ Bucket, Key: 'k', Body: '2', IfNoneMatch: '*' }));
        await write();
        await expect(write()).rejects.toMatchObject({ name: 'PreconditionFailed' });
        expect((await versions(Bucket)).Versions).toHaveLength(1);
      });

      store.deviating('not implemented')('are not written if another one is expected', async () => {
        const Bucket = await newBucket(client, 'Enabled');
        const write = (IfMatch: string) =>
          client.send(new PutObjectCommand({ Bucket, Key: 'k', Body: '2', IfMatch }));
        await expect(write(etagOf('1'))).rejects.toMatchObject({ name: 'NoSuchKey' });
        await put(Bucket, 'k', '1');
        await write(etagOf('1'));
        await expect(write(etagOf('1'))).rejects.toMatchObject({ name: 'PreconditionFailed' });
        expect((await versions(Bucket)).Versions).toHaveLength(2);
      });

      test('are listed page by page', async () => {
        const Bucket = await newBucket(client);
        const keys = Array.from({ length: 23 }, (_, i) => `k${String(i).padStart(2, '0')}`);
        for (const key of keys) await put(Bucket, key, key);
        const told: (string | undefined)[] = [];
        let pages = 0;
        for await (const { Contents = [] } of paginateListObjectsV2(
          { client, pageSize: 5 },
          { Bucket },
        )) {
          told.push(...Contents.map(({ Key }) => Key));
          pages++;
        }
        expect(told).toEqual(keys);
        expect(pages).toBe(5);
      });

      test('that are not there have the errors of AWS', async () => {
        const Bucket = await newBucket(client);
        await expect(get({ Bucket, Key: 'k' })).rejects.toMatchObject({
          name: 'NoSuchKey',
          Key: 'k',
        });
        await expect(get({ Bucket: 'no-such-bucket', Key: 'k' })).rejects.toMatchObject({
          name: 'NoSuchBucket',
        });
        const head = client.send(new HeadObjectCommand({ Bucket, Key: 'k' }));
        await expect(head).rejects.toMatchObject({ name: 'NotFound' });
      });
    });

    describe('versions', () => {
      store.deviating(RESTORES)(
        'are kept, listed newest first, read and removed by their ids',
        async () => {
          const Bucket = await newBucket(client, 'Enabled');
          const ids = [
            await put(Bucket, ODD, '1'),
            await put(Bucket, ODD, '2'),
            await put(Bucket, ODD, '3'),
          ];
          const listed = (await versions(Bucket)).Versions ?? [];
          expect(
            listed.map(({ VersionId, IsLatest, ETag }) => [VersionId, IsLatest, ETag]),
          ).toEqual([
            [ids[2], true, etagOf('3')],
            [ids[1], false, etagOf('2')],
            [ids[0], false, etagOf('1')],
          ]);
          for (const [i, VersionId] of ids.entries()) {
            expect(await get({ Bucket, Key: ODD, VersionId })).toMatchObject({
              text: String(i + 1),
              VersionId,
            });
            const head = await client.send(new HeadObjectCommand({ Bucket, Key: ODD, VersionId }));
            expect(head).toMatchObject({ VersionId, ETag: etagOf(String(i + 1)) });
          }
          expect(await remove(Bucket, ODD, ids[2])).toMatchObject({ VersionId: ids[2] });
          expect(await get({ Bucket, Key: ODD })).toMatchObject({ text: '2', VersionId: ids[1] });
        },
      );

      store.deviating(RESTORES)(
        'a DELETE makes a marker, and removing the marker undoes it',
        async () => {
          // the connection of a DELETE that hung cannot be reused
          const client = sdkAt(store.endpoint);
          const Bucket = await newBucket(client, 'Enabled');
          const id = await put(Bucket, 'k', '1');
          const { DeleteMarker, VersionId } = await remove(Bucket, 'k');
          expect(DeleteMarker).toBe(true);
          await expect(get({ Bucket, Key: 'k' })).rejects.toMatchObject({ name: 'NoSuchKey' });
          const listed = await versions(Bucket);
          expect(listed.DeleteMarkers).toMatchObject([{ Key: 'k', VersionId, IsLatest: true }]);
          expect(listed.Versions).toMatchObject([{ Key: 'k', VersionId: id, IsLatest: false }]);
          const undone = client.send(new DeleteObjectCommand({ Bucket, Key: 'k', VersionId }));
          expect(await undone.finally(() => client.destroy())).toMatchObject({
            DeleteMarker: true,
            VersionId,
          });
          expect((await get({ Bucket, Key: 'k' })).text).toBe('1');
        },
      );

      store.deviating('the answer does not tell it')(
        'a DELETE of what never was makes a marker',
        async () => {
          const Bucket = await newBucket(client, 'Enabled');
          const { DeleteMarker, VersionId } = await remove(Bucket, 'k');
          expect(DeleteMarker).toBe(true);
          expect((await versions(Bucket)).DeleteMarkers).toMatchObject([{ VersionId }]);
        },
      );

      store.deviating('NoSuchKey')('one by an id that is none is NoSuchVersion', async () => {
        const Bucket = await newBucket(client, 'Enabled');
        await put(Bucket, 'k', '1');
        await expect(
          get({ Bucket, Key: 'k', VersionId: '1000000000.00000' }),
        ).rejects.toMatchObject({
          name: 'NoSuchVersion',
        });
      });

      store.deviating('an internal error')(
        'one by an invalid id is an invalid argument',
        async () => {
          const Bucket = await newBucket(client, 'Enabled');
          await put(Bucket, 'k', '1');
          await expect(get({ Bucket, Key: 'k', VersionId: 'bogus' })).rejects.toMatchObject({
            name: 'InvalidArgument',
          });
        },
      );

      test('are copied by their ids, which restores them', async () => {
        const Bucket = await newBucket(client, 'Enabled');
        const id = await put(Bucket, 'dir/k', '1');
        await put(Bucket, 'dir/k', '2');
        const copy = { Bucket, Key: 'dir/k', CopySource: `${Bucket}/dir/k?versionId=${id ?? ''}` };
        const { CopySourceVersionId, VersionId, CopyObjectResult } = await client.send(
          new CopyObjectCommand(copy),
        );
        expect(CopySourceVersionId).toBe(id);
        expect(CopyObjectResult).toMatchObject({ ETag: etagOf('1') });
        expect(await get({ Bucket, Key: 'dir/k' })).toMatchObject({ text: '1', VersionId });
        expect((await versions(Bucket)).Versions).toHaveLength(3);
      });

      store.deviating('Content-MD5 is required')(
        'are deleted many at once, with ids and without',
        async () => {
          const Bucket = await newBucket(client, 'Enabled');
          const [one, two] = [await put(Bucket, 'a', '1'), await put(Bucket, 'b', '2')];
          const Objects = [{ Key: 'a', VersionId: one }, { Key: 'b' }];
          const { Deleted, Errors } = await client.send(
            new DeleteObjectsCommand({ Bucket, Delete: { Objects } }),
          );
          expect(Errors ?? []).toEqual([]);
          expect(Deleted?.find(({ Key }) => Key === 'a')).toMatchObject({ VersionId: one });
          expect((await versions(Bucket)).Versions).toMatchObject([
            { Key: 'b', VersionId: two, IsLatest: false },
          ]);
          const [marker] = (await versions(Bucket)).DeleteMarkers ?? [];
          expect(marker).toMatchObject({ Key: 'b', IsLatest: true });
        },
      );

      store.deviating('Content-MD5 is required')(
        'deletes of many tell the markers that they made',
        async () => {
          const Bucket = await newBucket(client, 'Enabled');
          await put(Bucket, 'b', '2');
          const { Deleted } = await client.send(
            new DeleteObjectsCommand({ Bucket, Delete: { Objects: [{ Key: 'b' }] } }),
          );
          const [marker] = (await versions(Bucket)).DeleteMarkers ?? [];
          expect(Deleted).toMatchObject([
            { Key: 'b', DeleteMarker: true, DeleteMarkerVersionId: marker?.VersionId },
          ]);
        },
      );

      store.deviating('NextVersionIdMarker is null')('are listed over several pages', async () => {
        const Bucket = await newBucket(client, 'Enabled');
        const ids: (string | undefined)[] = [];
        for (let i = 0; i < 12; i++) ids.push(await put(Bucket, i < 7 ? 'a' : 'b', String(i)));
        const told: (string | undefined)[] = [];
        let page: Partial<ListObjectVersionsCommandOutput> = {};
        do {
          const [KeyMarker, VersionIdMarker] = [page.NextKeyMarker, page.NextVersionIdMarker];
          page = await client.send(
            new ListObjectVersionsCommand({ Bucket, MaxKeys: 5, KeyMarker, VersionIdMarker }),
          );
          told.push(...(page.Versions ?? []).map(({ VersionId }) => VersionId));
        } while (page.IsTruncated);
        expect(told).toEqual([...ids.slice(0, 7).reverse(), ...ids.slice(7).reverse()]);
      });
    });

    describe('delete markers', () => {
      let Bucket: string;
      let marker: string | undefined;
      beforeAll(async () => {
        Bucket = await newBucket(client, 'Enabled');
        await put(Bucket, 'k', '1');
        marker = (await remove(Bucket, 'k')).VersionId;
      });
      /** Returns the error of a request, with the response headers. */
      async function refusal(
        VersionId?: string,
      ): Promise<{ name: string; status: number; headers: Record<string, string> }> {
        const headers: Record<string, string> = {};
        const command = new GetObjectCommand({ Bucket, Key: 'k', VersionId });
        command.middlewareStack.add(
          (next) => async (args) => {
            const result = await next(args);
            Object.assign(headers, (result.response as { headers: object }).headers);
            return result;
          },
          { step: 'deserialize', priority: 'low' },
        );
        const error = await client.send(command).catch((error: unknown) => error);
        const { name, $metadata } = error as {
          name: string;
          $metadata: { httpStatusCode: number };
        };
        return { name, status: $metadata.httpStatusCode, headers };
      }

      store.deviating('the answer does not tell it')(
        'as the latest: 404, and the response names the marker',
        async () => {
          const { name, status, headers } = await refusal();
          expect([name, status]).toEqual(['NoSuchKey', 404]);
          expect(headers).toMatchObject({
            'x-amz-delete-marker': 'true',
            'x-amz-version-id': marker,
          });
        },
      );

      store.deviating('404')('by its id: 405, and the answer tells it', async () => {
        const { name, status, headers } = await refusal(marker);
        expect([name, status]).toEqual(['MethodNotAllowed', 405]);
        expect(headers).toMatchObject({
          'x-amz-delete-marker': 'true',
          'x-amz-version-id': marker,
        });
        expect(headers['allow']).toBe('DELETE');
        expect(headers['last-modified']).toMatch(/GMT$/);
      });

      test('a copy of one as the latest is NoSuchKey', async () => {
        const copy = client.send(
          new CopyObjectCommand({ Bucket, Key: 'to', CopySource: `${Bucket}/k` }),
        );
        await expect(copy).rejects.toMatchObject({ name: 'NoSuchKey' });
      });

      store.deviating('NoSuchVersion')(
        'a copy of one by its id is an invalid request',
        async () => {
          const CopySource = `${Bucket}/k?versionId=${marker ?? ''}`;
          const copy = client.send(new CopyObjectCommand({ Bucket, Key: 'to', CopySource }));
          await expect(copy).rejects.toMatchObject({ name: 'InvalidRequest' });
        },
      );
    });

    describe('null versions', () => {
      store.deviating('it gets an id when it is overwritten')(
        'what was there is the null version',
        async () => {
          const Bucket = await newBucket(client);
          expect(await put(Bucket, 'k', '1')).toBeUndefined();
          await setVersions(client, Bucket, 'Enabled');
          const id = await put(Bucket, 'k', '2');
          expect(await get({ Bucket, Key: 'k', VersionId: NULL })).toMatchObject({
            text: '1',
            VersionId: NULL,
          });
          expect((await versions(Bucket)).Versions).toMatchObject([
            { VersionId: id },
            { VersionId: NULL },
          ]);
          expect(await remove(Bucket, 'k', NULL)).toMatchObject({ VersionId: NULL });
          expect((await versions(Bucket)).Versions).toMatchObject([{ VersionId: id }]);
        },
      );

      test('a write while suspended replaces the null version', async () => {
        const Bucket = await newBucket(client, 'Enabled');
        const id = await put(Bucket, 'k', '1');
        await setVersions(client, Bucket, 'Suspended');
        await put(Bucket, 'k', '2');
        expect(await put(Bucket, 'k', '3')).toBeUndefined();
        expect(await get({ Bucket, Key: 'k' })).toMatchObject({ text: '3', VersionId: NULL });
        expect((await versions(Bucket)).Versions).toMatchObject([
          { VersionId: NULL, IsLatest: true },
          { VersionId: id, IsLatest: false },
        ]);
      });

      store.deviating('it makes no null marker')(
        'a DELETE while suspended makes a null marker',
        async () => {
          const Bucket = await newBucket(client, 'Enabled');
          const id = await put(Bucket, 'k', '1');
          await setVersions(client, Bucket, 'Suspended');
          await put(Bucket, 'k', '2');
          expect(await remove(Bucket, 'k')).toMatchObject({ DeleteMarker: true, VersionId: NULL });
          const { Versions, DeleteMarkers } = await versions(Bucket);
          expect(Versions).toMatchObject([{ VersionId: id, IsLatest: false }]);
          expect(DeleteMarkers).toMatchObject([{ VersionId: NULL, IsLatest: true }]);
          await remove(Bucket, 'k', NULL);
          expect(await get({ Bucket, Key: 'k' })).toMatchObject({ text: '1', VersionId: id });
        },
      );
    });

    describe('multipart uploads', () => {
      test('are a version when they are complete, and not before', async () => {
        const Bucket = await newBucket(client, 'Enabled');
        const before = await put(Bucket, 'dir/k', 'before');
        const parts = [randomBytes(PART), randomBytes(PART), Buffer.from('the end')];
        const { UploadId } = await client.send(
          new CreateMultipartUploadCommand({
            Bucket,
            Key: 'dir/k',
            ContentType: 'text/x-test',
            Metadata: { a: 'b' },
          }),
        );
        const Parts = [];
        for (const [i, Body] of parts.entries()) {
          const part = { Bucket, Key: 'dir/k', UploadId, PartNumber: i + 1, Body };
          const { ETag } = await client.send(new UploadPartCommand(part));
          expect(ETag).toBe(etagOf(Body));
          Parts.push({ PartNumber: i + 1, ETag });
        }
        const { Uploads } = await client.send(new ListMultipartUploadsCommand({ Bucket }));
        expect(Uploads).toMatchObject([{ Key: 'dir/k', UploadId }]);
        const listed = await client.send(new ListPartsCommand({ Bucket, Key: 'dir/k', UploadId }));
        expect(listed.Parts?.map(({ PartNumber, Size }) => [PartNumber, Size])).toEqual([
          [1, PART],
          [2, PART],
          [3, 7],
        ]);
        expect((await get({ Bucket, Key: 'dir/k' })).text).toBe('before');
        const complete = { Bucket, Key: 'dir/k', UploadId, MultipartUpload: { Parts } };
        const { ETag } = await client.send(new CompleteMultipartUploadCommand(complete));
        expect(ETag).toBe(multipartEtagOf(parts));
        const { Body, ...rest } = await client.send(new GetObjectCommand({ Bucket, Key: 'dir/k' }));
        expect(
          Buffer.from((await Body?.transformToByteArray()) ?? []).equals(Buffer.concat(parts)),
        ).toBe(true);
        expect(rest).toMatchObject({ ETag, ContentType: 'text/x-test', Metadata: { a: 'b' } });
        const Versions = (await versions(Bucket)).Versions ?? [];
        expect(Versions.map(({ VersionId, Size, ETag }) => [VersionId, Size, ETag])).toEqual([
          [rest.VersionId, 2 * PART + 7, multipartEtagOf(parts)],
          [before, 6, etagOf('before')],
        ]);
        expect(
          (await client.send(new ListMultipartUploadsCommand({ Bucket }))).Uploads,
        ).toBeUndefined();
      });

      test('take copies of ranges of versions as parts', async () => {
        const Bucket = await newBucket(client, 'Enabled');
        const first = randomBytes(PART + 5);
        const id = await put(Bucket, 'from', first);
        await put(Bucket, 'from', 'other');
        const { UploadId } = await client.send(
          new CreateMultipartUploadCommand({ Bucket, Key: 'k' }),
        );
        const CopySource = `${Bucket}/from?versionId=${id ?? ''}`;
        const part = {
          Bucket,
          Key: 'k',
          UploadId,
          PartNumber: 1,
          CopySource,
          CopySourceRange: `bytes=5-${PART + 4}`,
        };
        const copied = await client.send(new UploadPartCopyCommand(part));
        expect(copied.CopySourceVersionId).toBe(id);
        const ETag = copied.CopyPartResult?.ETag;
        expect(ETag).toBe(etagOf(first.subarray(5)));
        await client.send(
          new CompleteMultipartUploadCommand({
            Bucket,
            Key: 'k',
            UploadId,
            MultipartUpload: { Parts: [{ PartNumber: 1, ETag }] },
          }),
        );
        const head = await client.send(new HeadObjectCommand({ Bucket, Key: 'k' }));
        expect(head).toMatchObject({
          ETag: multipartEtagOf([first.subarray(5)]),
          ContentLength: PART,
        });
      });

      test('that are aborted leave nothing', async () => {
        const Bucket = await newBucket(client, 'Enabled');
        const { UploadId } = await client.send(
          new CreateMultipartUploadCommand({ Bucket, Key: 'k' }),
        );
        await client.send(
          new UploadPartCommand({ Bucket, Key: 'k', UploadId, PartNumber: 1, Body: '1' }),
        );
        await client.send(new AbortMultipartUploadCommand({ Bucket, Key: 'k', UploadId }));
        await expect(
          client.send(new ListPartsCommand({ Bucket, Key: 'k', UploadId })),
        ).rejects.toMatchObject({
          name: 'NoSuchUpload',
        });
        expect((await versions(Bucket)).Versions).toBeUndefined();
        await setVersions(client, Bucket, 'Suspended');
        await client.send(new DeleteBucketCommand({ Bucket }));
      });

      store.deviating(RESTORES)('are made by lib-storage, and are one version each', async () => {
        const Bucket = await newBucket(client, 'Enabled');
        const Body = randomBytes(2 * PART + 1);
        const upload = () =>
          new Upload({ client, partSize: PART, params: { Bucket, Key: 'k', Body } }).done();
        await upload();
        await upload();
        const listed = (await versions(Bucket)).Versions ?? [];
        expect(listed.map(({ Size, IsLatest }) => [Size, IsLatest])).toEqual([
          [Body.length, true],
          [Body.length, false],
        ]);
        await remove(Bucket, 'k', listed[0]?.VersionId);
        const { Body: stream } = await client.send(new GetObjectCommand({ Bucket, Key: 'k' }));
        expect(Buffer.from((await stream?.transformToByteArray()) ?? []).equals(Body)).toBe(true);
      });
    });

    describe('presigned URLs', () => {
      test('write, read a version, and remove it', async () => {
        const Bucket = await newBucket(client, 'Enabled');
        // by default the SDK signs the checksum of an empty body
        const signer = sdkAt(store.endpoint, { requestChecksumCalculation: 'WHEN_REQUIRED' });
        const url = await getSignedUrl(signer, new PutObjectCommand({ Bucket, Key: ODD }));
        signer.destroy();
        const put = await fetch(url, {
          method: 'PUT',
          body: 'signed',
        });
        await put.text();
        expect(put.status).toBe(200);
        const VersionId = put.headers.get('x-amz-version-id') ?? '';
        const read = await getSignedUrl(
          client,
          new GetObjectCommand({
            Bucket,
            Key: ODD,
            VersionId,
            ResponseContentType: 'text/x-other',
          }),
        );
        const answer = await fetch(read);
        expect([answer.status, await answer.text()]).toEqual([200, 'signed']);
        expect(answer.headers.get('content-type')).toBe('text/x-other');
        const other = await fetch(read.replace(VersionId, '1000000000.00000'));
        expect([
          other.status,
          (await other.text()).includes('<Code>SignatureDoesNotMatch</Code>'),
        ]).toEqual([403, true]);
        const gone = await fetch(
          await getSignedUrl(client, new DeleteObjectCommand({ Bucket, Key: ODD, VersionId })),
          {
            method: 'DELETE',
          },
        );
        expect(gone.status).toBe(204);
        expect((await versions(Bucket)).Versions).toBeUndefined();
      });
    });

    test('a wrong key is SignatureDoesNotMatch', async () => {
      const wrong = sdkAt({ ...store.endpoint, secretKey: 'wrong' });
      await expect(wrong.send(new ListBucketsCommand({}))).rejects.toMatchObject({
        name: 'SignatureDoesNotMatch',
      });
      wrong.destroy();
    });

    store.deviating('SignatureDoesNotMatch')(
      'a key that nobody has is InvalidAccessKeyId',
      async () => {
        const unknown = sdkAt({ ...store.endpoint, accessKey: 'nobody' });
        await expect(unknown.send(new ListBucketsCommand({}))).rejects.toMatchObject({
          name: 'InvalidAccessKeyId',
        });
        unknown.destroy();
      },
    );
  },
  storesWith('embedded'),
);
