import { createHmac, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import {
  AbortMultipartUploadCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  DeleteObjectTaggingCommand,
  GetObjectAttributesCommand,
  GetBucketAclCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  ListPartsCommand,
  PutBucketAclCommand,
  PutObjectCommand,
  PutObjectTaggingCommand,
  UploadPartCommand,
  UploadPartCopyCommand,
  type BucketCannedACL,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { swiftS3 } from '../../support/servers/s3_endpoint';
import {
  embeddedPlace,
  FIRST,
  LAST,
  MIB,
  suiteUploads,
  type Place,
} from '../../support/clients/s3/uploads';
import { describeWithSwift } from '../../support/servers/swift';
import { IS_DEEP } from '../../support/running/depth';
import { serveConfiguration } from '../../support/servers/serve_configuration';

describe('what is uploaded in parts, on the embedded store', () => suite(embeddedPlace));
if (IS_DEEP)
  describeWithSwift('what is uploaded in parts, in front of a Swift', ({ plain }) =>
    suite(() => serveConfiguration(swiftS3(plain))),
  );

function suite(start: () => Promise<Place>): void {
  const uploads = suiteUploads(start);
  const { version, begin, part, complete, upload, read, segments, code, md5, etag } = uploads;

  it('is an object with the type and metadata of the upload, and the etag of its parts, which Swift does not show', async () => {
    const done = await upload('dir/k é+1.txt');
    expect(done.ETag).toBe(etag(FIRST, LAST));
    const head = await uploads.s3.send(
      new HeadObjectCommand({ Bucket: uploads.bucket, Key: 'dir/k é+1.txt' }),
    );
    expect(head).toMatchObject({
      ETag: done.ETag,
      ContentType: 'text/plain',
      Metadata: { a: '1' },
    });
    expect((await read('dir/k é+1.txt')).equals(Buffer.concat([FIRST, LAST]))).toBe(true);
    const listed = await uploads.s3.send(new ListObjectsV2Command({ Bucket: uploads.bucket }));
    expect(listed.Contents?.map(({ ETag, Size }) => [ETag, Size])).toEqual([
      [done.ETag, 5 * MIB + 1000],
    ]);
    const client = await uploads.login();
    const response = await client.ask('HEAD', `/${uploads.bucket}/dir/k%20%C3%A9%2B1.txt`);
    expect(response.headers.get('content-type')).toBe('text/plain');
    for (const format of ['json', 'xml']) {
      const { body } = await client.ask('GET', `/${uploads.bucket}?format=${format}`);
      expect(body.toString()).toContain('text/plain');
      expect(body.toString()).not.toContain('hindsight_');
    }
  });

  it('can be repeated and is answered the same; its parts go with it', async () => {
    const upload = await begin('k');
    const parts = [await part(upload, 1, FIRST)];
    const done = await complete(upload, parts);
    expect((await complete(upload, parts)).ETag).toBe(done.ETag);
    expect(await code(uploads.s3.send(new AbortMultipartUploadCommand(upload)))).toBe(
      'NoSuchUpload',
    );
    expect((await read('k')).equals(FIRST)).toBe(true);
    await uploads.s3.send(
      new PutObjectCommand({ Bucket: uploads.bucket, Key: 'k', Body: 'small' }),
    );
    expect(await segments()).toEqual([]);
    expect(await code(complete(upload, parts))).toBe('NoSuchUpload');
  });

  it('is a version among others; its parts stay as long as it does', async () => {
    await version('Enabled');
    const first = await upload('k');
    const second = await upload('k', randomBytes(10));
    expect(second.VersionId).not.toBe(first.VersionId);
    expect((await read('k', first.VersionId)).equals(Buffer.concat([FIRST, LAST]))).toBe(true);
    await uploads.s3.send(new DeleteObjectCommand({ Bucket: uploads.bucket, Key: 'k' }));
    expect((await segments()).length).toBe(4);
    const { Versions, DeleteMarkers } = await uploads.s3.send(
      new ListObjectVersionsCommand({ Bucket: uploads.bucket }),
    );
    expect(Versions?.map(({ ETag }) => ETag)).toEqual([second.ETag, first.ETag]);
    expect(DeleteMarkers?.length).toBe(1);
    await uploads.s3.send(
      new DeleteObjectCommand({ Bucket: uploads.bucket, Key: 'k', VersionId: second.VersionId }),
    );
    expect((await segments()).length).toBe(2);
    expect((await read('k', first.VersionId)).equals(Buffer.concat([FIRST, LAST]))).toBe(true);
    await uploads.s3.send(
      new DeleteObjectCommand({ Bucket: uploads.bucket, Key: 'k', VersionId: first.VersionId }),
    );
    expect(await segments()).toEqual([]);
  });

  it('lists its parts and uploads page after page', async () => {
    const upload = await begin('b/k');
    for (const number of [10, 2, 1]) await part(upload, number, Buffer.from(`part ${number}`));
    const one = await uploads.s3.send(new ListPartsCommand({ ...upload, MaxParts: 2 }));
    expect(one.Parts?.map(({ PartNumber, Size }) => [PartNumber, Size])).toEqual([
      [1, 6],
      [2, 6],
    ]);
    expect(one).toMatchObject({ IsTruncated: true, NextPartNumberMarker: '2' });
    const two = await uploads.s3.send(new ListPartsCommand({ ...upload, PartNumberMarker: '2' }));
    expect(two.Parts?.map(({ PartNumber }) => PartNumber)).toEqual([10]);
    const others = [await begin('a'), await begin('b/l'), await begin('c'), await begin('c')];
    const ids: (string | undefined)[] = [];
    const marker: { KeyMarker?: string | undefined; UploadIdMarker?: string | undefined } = {};
    for (let more = true; more;) {
      const page = await uploads.s3.send(
        new ListMultipartUploadsCommand({ Bucket: uploads.bucket, MaxUploads: 2, ...marker }),
      );
      ids.push(...(page.Uploads ?? []).map(({ UploadId }) => UploadId));
      Object.assign(marker, {
        KeyMarker: page.NextKeyMarker,
        UploadIdMarker: page.NextUploadIdMarker,
      });
      more = page.IsTruncated ?? false;
    }
    const [a, l, ...c] = others.map(({ UploadId }) => UploadId);
    expect(ids).toEqual([a, upload.UploadId, l, ...c]);
    const folded = await uploads.s3.send(
      new ListMultipartUploadsCommand({ Bucket: uploads.bucket, Delimiter: '/', MaxUploads: 2 }),
    );
    expect(folded.CommonPrefixes).toEqual([{ Prefix: 'b/' }]);
    expect(folded).toMatchObject({ IsTruncated: true, NextKeyMarker: 'b/' });
    const rest = await uploads.s3.send(
      new ListMultipartUploadsCommand({
        Bucket: uploads.bucket,
        Delimiter: '/',
        KeyMarker: 'b/',
        UploadIdMarker: '',
      }),
    );
    expect(rest.Uploads?.map(({ UploadId }) => UploadId)).toEqual(c);
    await uploads.s3.send(new AbortMultipartUploadCommand(upload));
    expect((await segments()).filter((name) => name.startsWith('b/k'))).toEqual([]);
    expect(await code(uploads.s3.send(new ListPartsCommand(upload)))).toBe('NoSuchUpload');
  });

  it('refuses wrong parts', async () => {
    const upload = await begin('k');
    const [one, two] = [await part(upload, 1, LAST), await part(upload, 2, LAST)];
    expect(await code(complete(upload, [one, two]))).toBe('EntityTooSmall');
    expect(await code(complete(upload, [two, one]))).toBe('InvalidPartOrder');
    expect(await code(complete(upload, [{ ...one, ETag: '"0"' }]))).toBe('InvalidPart');
    expect(await code(complete(upload, [{ ...one, PartNumber: 3 }]))).toBe('InvalidPart');
    expect(await code(complete(upload, []))).toBe('MalformedXML');
    expect(await code(complete({ ...upload, UploadId: 'none' }, [one]))).toBe('NoSuchUpload');
    expect(await code(complete({ ...upload, Bucket: 'no-bucket' }, [one]))).toBe('NoSuchBucket');
    for (const number of [0, 10_001])
      expect(await code(part(upload, number, LAST))).toBe('InvalidArgument');
    await uploads.s3.send(
      new PutObjectCommand({ Bucket: uploads.bucket, Key: 'k', Body: 'there' }),
    );
    expect(await code(complete(upload, [one], { IfNoneMatch: '*' }))).toBe('PreconditionFailed');
    await version('Enabled');
    expect(await code(complete(upload, [one], { IfNoneMatch: '*' }))).toBe('PreconditionFailed');
    expect((await read('k')).toString()).toBe('there');
    expect(
      await code(
        complete(upload, [one], { IfMatch: `"${md5(Buffer.from('there')).toString('hex')}"` }),
      ),
    ).toBe('done');
    expect((await read('k')).equals(LAST)).toBe(true);
  });

  it('takes parts of other objects and their versions', async () => {
    await version('Enabled');
    const source = await uploads.s3.send(
      new PutObjectCommand({ Bucket: uploads.bucket, Key: 's', Body: 'first version' }),
    );
    await uploads.s3.send(
      new PutObjectCommand({ Bucket: uploads.bucket, Key: 's', Body: 'second' }),
    );
    const upload = await begin('k');
    const from = `${uploads.bucket}/s?versionId=${source.VersionId}`;
    const copy = (CopySource: string, CopySourceRange?: string, beside = {}) =>
      uploads.s3.send(
        new UploadPartCopyCommand({
          ...upload,
          PartNumber: 1,
          CopySource,
          CopySourceRange,
          ...beside,
        }),
      );
    const copied = await copy(from, 'bytes=6-12');
    expect(copied.CopySourceVersionId).toBe(source.VersionId);
    expect(await code(copy(from, 'bytes=6-13'))).toBe('InvalidArgument');
    expect(await code(copy(from, 'bytes=6-'))).toBe('InvalidArgument');
    expect(await code(copy(from, undefined, { CopySourceIfMatch: '"0"' }))).toBe(
      'PreconditionFailed',
    );
    await complete(upload, [{ PartNumber: 1, ETag: copied.CopyPartResult?.ETag }]);
    expect((await read('k')).toString()).toBe('version');
  });

  it.each([
    ['CRC32', 'COMPOSITE'],
    ['CRC32C', 'FULL_OBJECT'],
    ['CRC64NVME', 'FULL_OBJECT'],
    ['SHA256', 'COMPOSITE'],
  ] as const)(
    'keeps the checksum of all parts: %s, %s',
    async (ChecksumAlgorithm, ChecksumType) => {
      const upload = await begin('k', { ChecksumAlgorithm, ChecksumType });
      const parts: object[] = [];
      for (const [at, Body] of [FIRST, LAST].entries()) {
        const part = await uploads.s3.send(
          new UploadPartCommand({ ...upload, PartNumber: at + 1, Body, ChecksumAlgorithm }),
        );
        parts.push({ ...part, PartNumber: at + 1 });
      }
      const field = `Checksum${ChecksumAlgorithm}`;
      const done: Record<string, unknown> = {
        ...(await complete(upload, parts, { ChecksumType })),
      };
      await uploads.s3.send(
        new PutObjectCommand({
          Bucket: uploads.bucket,
          Key: 'w',
          Body: Buffer.concat([FIRST, LAST]),
          ChecksumAlgorithm,
        }),
      );
      const params = { Bucket: uploads.bucket, ChecksumMode: 'ENABLED' } as const;
      const whole: Record<string, unknown> = {
        ...(await uploads.s3.send(new HeadObjectCommand({ ...params, Key: 'w' }))),
      };
      const head: Record<string, unknown> = {
        ...(await uploads.s3.send(new HeadObjectCommand({ ...params, Key: 'k' }))),
      };
      expect(head[field]).toBe(done[field]);
      expect(done['ChecksumType']).toBe(ChecksumType);
      const again = { ...(await complete(upload, parts, { ChecksumType })) };
      for (const name of [field, 'ChecksumType', 'ETag', 'VersionId'])
        expect(Reflect.get(again, name)).toBe(done[name]);
      const attributes = await uploads.s3.send(
        new GetObjectAttributesCommand({
          Bucket: uploads.bucket,
          Key: 'k',
          ObjectAttributes: ['ETag', 'Checksum', 'ObjectParts', 'ObjectSize', 'StorageClass'],
        }),
      );
      expect(attributes).toMatchObject({
        ETag: done['ETag']?.toString().replaceAll('"', ''),
        Checksum: { [field]: done[field], ChecksumType },
        ObjectSize: FIRST.length + LAST.length,
        StorageClass: 'STANDARD',
        ObjectParts: {
          TotalPartsCount: 2,
          IsTruncated: false,
          MaxParts: 1000,
          PartNumberMarker: '0',
          NextPartNumberMarker: '2',
          Parts: parts.map((part, at) => ({
            PartNumber: at + 1,
            Size: [FIRST, LAST][at]?.length,
            [field]: Reflect.get(part, field) as unknown,
          })),
        },
      });
      const attributesOfWhole = await uploads.s3.send(
        new GetObjectAttributesCommand({
          Bucket: uploads.bucket,
          Key: 'w',
          ObjectAttributes: ['Checksum', 'ObjectParts'],
        }),
      );
      expect(attributesOfWhole.ObjectParts).toBeUndefined();
      expect(attributesOfWhole.Checksum).toEqual({
        [field]: whole[field],
        ChecksumType: 'FULL_OBJECT',
      });
      if (ChecksumType === 'FULL_OBJECT') expect(done[field]).toBe(whole[field]);
      else expect(String(done[field])).toMatch(/-2$/);
    },
  );

  it('has attributes that are listed page after page', async () => {
    await version('Enabled');
    const { VersionId } = await upload('k');
    await uploads.s3.send(new PutObjectCommand({ Bucket: uploads.bucket, Key: 'k', Body: '1' }));
    const page = async (beside: object) => {
      const { ObjectParts, VersionId: id } = await uploads.s3.send(
        new GetObjectAttributesCommand({
          Bucket: uploads.bucket,
          Key: 'k',
          VersionId,
          ObjectAttributes: ['ObjectParts'],
          ...beside,
        }),
      );
      expect(id).toBe(VersionId);
      return ObjectParts;
    };
    expect(await page({ MaxParts: 1 })).toEqual({
      IsTruncated: true,
      MaxParts: 1,
      PartNumberMarker: '0',
      NextPartNumberMarker: '1',
      TotalPartsCount: 2,
      Parts: [{ PartNumber: 1, Size: FIRST.length }],
    });
    expect(await page({ PartNumberMarker: '1' })).toMatchObject({
      IsTruncated: false,
      MaxParts: 1000,
      PartNumberMarker: '1',
      NextPartNumberMarker: '2',
      Parts: [{ PartNumber: 2, Size: LAST.length }],
    });
    expect(await page({ PartNumberMarker: '7', MaxParts: 5000 })).toMatchObject({
      IsTruncated: false,
      MaxParts: 1000,
      TotalPartsCount: 2,
    });
    expect((await page({ MaxParts: 0 }))?.Parts).toBeUndefined();
    for (const beside of [
      { MaxParts: -1 },
      { PartNumberMarker: 'x' },
      { ObjectAttributes: ['Nothing'] },
    ])
      expect(await code(page(beside))).toBe('InvalidArgument');
  });

  it('is uploaded by lib-storage', async () => {
    const body = Buffer.concat([FIRST, FIRST, LAST]);
    await new Upload({
      client: uploads.s3,
      params: { Bucket: uploads.bucket, Key: 'k', Body: body },
      partSize: 5 * MIB,
    }).done();
    expect((await read('k')).equals(body)).toBe(true);
  });

  it('has tags, each version its own', async () => {
    await version('Enabled');
    const tagged = (key: string, id?: string) =>
      uploads.s3
        .send(new GetObjectTaggingCommand({ Bucket: uploads.bucket, Key: key, VersionId: id }))
        .then(({ TagSet }) => TagSet?.map(({ Key, Value }) => [Key, Value]));
    const tag = (TagSet: { Key: string; Value: string }[], id?: string) =>
      uploads.s3.send(
        new PutObjectTaggingCommand({
          Bucket: uploads.bucket,
          Key: 'k',
          VersionId: id,
          Tagging: { TagSet },
        }),
      );
    const one = await uploads.s3.send(
      new PutObjectCommand({
        Bucket: uploads.bucket,
        Key: 'k',
        Body: '1',
        Tagging: 'a=1&b=%C3%A9',
        Metadata: { m: 'x' },
        CacheControl: 'no-cache',
      }),
    );
    const two = await uploads.s3.send(
      new PutObjectCommand({ Bucket: uploads.bucket, Key: 'k', Body: '2' }),
    );
    expect(await tagged('k', one.VersionId)).toEqual([
      ['a', '1'],
      ['b', 'é'],
    ]);
    expect(await tagged('k')).toEqual([]);
    const max = Array.from({ length: 10 }, (_, at) => ({
      Key: `key ${at}`,
      Value: `${at}`.repeat(60),
    }));
    await tag(max, one.VersionId);
    expect(await tagged('k', one.VersionId)).toEqual(max.map(({ Key, Value }) => [Key, Value]));
    expect(await tagged('k', two.VersionId)).toEqual([]);
    const head = await uploads.s3.send(
      new HeadObjectCommand({ Bucket: uploads.bucket, Key: 'k', VersionId: one.VersionId }),
    );
    expect(head).toMatchObject({ Metadata: { m: 'x' }, ContentLength: 1 });
    await tag([{ Key: 'now', Value: '' }]);
    expect(await tagged('k', two.VersionId)).toEqual([['now', '']]);
    await uploads.s3.send(
      new DeleteObjectTaggingCommand({
        Bucket: uploads.bucket,
        Key: 'k',
        VersionId: one.VersionId,
      }),
    );
    expect(await tagged('k', one.VersionId)).toEqual([]);
    expect(
      await code(
        tag([
          { Key: 'a', Value: '' },
          { Key: 'a', Value: '' },
        ]),
      ),
    ).toBe('InvalidTag');
    expect(await code(tag([{ Key: '', Value: '' }]))).toBe('InvalidTag');
    expect(await code(tag([{ Key: 'k'.repeat(129), Value: '' }]))).toBe('InvalidTag');
    expect(await code(tag([...max, { Key: 'eleventh', Value: '' }]))).toBe('InvalidTag');
  });

  it('is left alone by a part that comes when all is done', async () => {
    const upload = await begin('k');
    const [late, copied] = [Buffer.alloc(1000, 'a'), Buffer.alloc(1000, 'b')];
    const url = await getSignedUrl(uploads.s3, new UploadPartCommand({ ...upload, PartNumber: 1 }));
    const sending = request(url, {
      method: 'PUT',
      headers: { 'Content-Length': late.length, Expect: '100-continue' },
    });
    sending.flushHeaders();
    await once(sending, 'continue');
    sending.write(late.subarray(0, 500));
    const parts = [await part(upload, 1, copied)];
    expect((await uploads.s3.send(new ListPartsCommand(upload))).Parts).toHaveLength(1);
    await complete(upload, parts);
    sending.end(late.subarray(500));
    const [answer] = (await once(sending, 'response')) as [IncomingMessage];
    expect([answer.statusCode, await text(answer)]).toEqual([
      404,
      expect.stringContaining('NoSuchUpload'),
    ]);
    expect((await read('k')).equals(copied)).toBe(true);
    const { PartsCount } = await uploads.s3.send(
      new HeadObjectCommand({ Bucket: uploads.bucket, Key: 'k', PartNumber: 1 }),
    );
    expect(PartsCount).toBe(1);
    await uploads.s3.send(new DeleteObjectCommand({ Bucket: uploads.bucket, Key: 'k' }));
    expect(await segments()).toEqual([]);
  });

  it('is made of the attempt at a part that is listed, and lists the newest', async () => {
    const upload = await begin('k');
    const first = await part(upload, 1, Buffer.from('first'));
    const second = await part(upload, 1, Buffer.from('second'));
    const { Parts } = await uploads.s3.send(new ListPartsCommand(upload));
    expect(Parts?.map(({ ETag }) => ETag)).toEqual([second.ETag]);
    await complete(upload, [first]);
    expect((await read('k')).toString()).toBe('first');
    await uploads.s3.send(new DeleteObjectCommand({ Bucket: uploads.bucket, Key: 'k' }));
    expect(await segments()).toEqual([]);
  });

  it('takes the place of a large object of Swift that has the etag that is wanted', async () => {
    await version('Enabled');
    const client = await uploads.login();
    await client.ask('PUT', `/${uploads.bucket}/segment`, {}, 'segment');
    const manifest = JSON.stringify([{ path: `/${uploads.bucket}/segment` }]);
    await client.ask('PUT', `/${uploads.bucket}/k?multipart-manifest=put`, {}, manifest);
    const { ETag } = await uploads.s3.send(
      new HeadObjectCommand({ Bucket: uploads.bucket, Key: 'k' }),
    );
    expect(ETag).toMatch(/-N"$/);
    const upload = await begin('k');
    await complete(upload, [await part(upload, 1, LAST)], { IfMatch: ETag });
    expect((await read('k')).equals(LAST)).toBe(true);
  });

  it('is ended if it was completed by a client that could not end it', async () => {
    await version('Enabled');
    const upload = await begin('k');
    const parts = [await part(upload, 1, LAST)];
    const done = await complete(upload, parts);
    const client = await uploads.login();
    await client.ask('PUT', `/${uploads.bucket}%2Bsegments/k/${upload.UploadId}`, {}, '');
    expect(await complete(upload, parts)).toMatchObject({
      ETag: done.ETag,
      VersionId: done.VersionId,
    });
    expect(
      (await uploads.s3.send(new ListMultipartUploadsCommand({ Bucket: uploads.bucket }))).Uploads,
    ).toBeUndefined();
  });

  it('is read from the archive of a container whose bucket was deleted', async () => {
    const client = await uploads.login();
    const archive = `${uploads.bucket}-archive`;
    const post = async (value: string) => {
      const { status } = await client.ask('POST', `/${uploads.bucket}`, {
        'X-History-Location': value,
      });
      expect(status).toBe(204);
    };
    await client.ask('PUT', `/${archive}`);
    await post(archive);
    await upload('k');
    await uploads.s3.send(new DeleteObjectCommand({ Bucket: uploads.bucket, Key: 'k' }));
    await post('');
    await uploads.s3.send(new DeleteBucketCommand({ Bucket: uploads.bucket }));
    const [entry = ''] = await client.names(archive);
    const { status, body } = await client.ask('GET', `/${archive}/${encodeURIComponent(entry)}`);
    expect(status).toBe(200);
    expect(body.equals(Buffer.concat([FIRST, LAST]))).toBe(true);
  });

  it('is sent by a browser in a form', async () => {
    const submit = async (beside: Record<string, string>, file: string) => {
      const form = formFor(uploads.bucket, {
        key: 'forms/${filename}',
        'Content-Type': 'text/plain',
        'x-amz-meta-a': '1',
        ...beside,
      });
      form.append('file', new Blob([file]), 'C:\\dir\\name.txt');
      return fetch(`${uploads.url}/${uploads.bucket}`, {
        method: 'POST',
        body: form,
        redirect: 'manual',
      });
    };
    const tagging = '<Tagging><TagSet><Tag><Key>t</Key><Value>v</Value></Tag></TagSet></Tagging>';
    const response = await submit(
      { success_action_status: '201', tagging, acl: 'private' },
      'content',
    );
    expect([response.status, await response.text()]).toEqual([
      201,
      expect.stringContaining('<Key>forms/name.txt</Key>'),
    ]);
    expect((await read('forms/name.txt')).toString()).toBe('content');
    const head = await uploads.s3.send(
      new HeadObjectCommand({ Bucket: uploads.bucket, Key: 'forms/name.txt' }),
    );
    expect(head).toMatchObject({ ContentType: 'text/plain', Metadata: { a: '1' } });
    const { TagSet } = await uploads.s3.send(
      new GetObjectTaggingCommand({ Bucket: uploads.bucket, Key: 'forms/name.txt' }),
    );
    expect(TagSet).toEqual([{ Key: 't', Value: 'v' }]);
    const moved = await submit({ success_action_redirect: 'http://127.0.0.1/next?a=1' }, 'again');
    expect(moved.status).toBe(303);
    expect(moved.headers.get('location')).toMatch(
      `http://127.0.0.1/next?a=1&bucket=${uploads.bucket}&key=forms%2Fname.txt&etag=`,
    );
    const long = await submit({}, 'x'.repeat(101));
    expect([long.status, await long.text()]).toEqual([
      400,
      expect.stringContaining('<Code>EntityTooLarge</Code>'),
    ]);
    const sum = await submit({ 'x-amz-checksum-crc32': 'AAAAAA==' }, 'other');
    expect([sum.status, await sum.text()]).toEqual([
      400,
      expect.stringContaining('<Code>BadDigest</Code>'),
    ]);
    expect((await read('forms/name.txt')).toString()).toBe('again');
  });

  it('is called in a form what the file is called, but for what signs the form', async () => {
    const submit = async (
      name: string,
      fields: Record<string, string> = {},
      credential?: string,
    ) => {
      const form = formFor(uploads.bucket, { key: '${filename}', ...fields });
      if (credential !== undefined) form.set('x-amz-credential', credential);
      form.append('file', new Blob(['content']), name);
      const { status, text } = await fetch(`${uploads.url}/${uploads.bucket}`, {
        method: 'POST',
        body: form,
      }).then(async (answer) => ({ status: answer.status, text: await answer.text() }));
      return [status, /<Code>(.*?)</.exec(text)?.[1]];
    };
    for (const name of ['cost$$.txt', '$`$&$1', 'x'.repeat(1024)]) {
      expect(await submit(name)).toEqual([204, undefined]);
      expect((await read(name)).toString()).toBe('content');
    }
    expect(await submit('x'.repeat(1025))).toEqual([400, 'KeyTooLongError']);
    expect(
      await submit('$`'.repeat(32_000), { 'x-amz-meta-a': '${filename}'.repeat(1000) }),
    ).toEqual([400, 'KeyTooLongError']);
    expect(await submit('x'.repeat(1025), { key: 'short' })).toEqual([204, undefined]);
    const day = new Date().toISOString().slice(0, 10).replaceAll('-', '');
    expect(
      await submit('test:tester', {}, `\${filename}/${day}/us-east-1/s3/aws4_request`),
    ).toEqual([403, 'InvalidAccessKeyId']);
  });

  it('is in a bucket with an ACL', async () => {
    await upload('k');
    const grants = async () => {
      const { Grants } = await uploads.s3.send(new GetBucketAclCommand({ Bucket: uploads.bucket }));
      return Grants?.map(({ Permission }) => Permission);
    };
    expect(await grants()).toEqual(['FULL_CONTROL']);
    await uploads.s3.send(new PutBucketAclCommand({ Bucket: uploads.bucket, ACL: 'public-read' }));
    expect(await grants()).toEqual(['FULL_CONTROL', 'READ']);
    const client = await uploads.login();
    const got = await fetch(`${uploads.url}${client.account}/${uploads.bucket}/k`);
    expect(Buffer.from(await got.arrayBuffer()).equals(Buffer.concat([FIRST, LAST]))).toBe(true);
    await uploads.s3.send(new PutBucketAclCommand({ Bucket: uploads.bucket, ACL: 'private' }));
    expect(await grants()).toEqual(['FULL_CONTROL']);
    expect(
      await code(
        uploads.s3.send(
          new PutBucketAclCommand({ Bucket: uploads.bucket, ACL: 'public-read-write' }),
        ),
      ),
    ).toBe('NotImplemented');
    const unknown = 'constructor' as BucketCannedACL;
    expect(
      await code(
        uploads.s3.send(new PutBucketAclCommand({ Bucket: uploads.bucket, ACL: unknown })),
      ),
    ).toBe('InvalidArgument');
  });
}

/** A form with these fields, signed by the tester; its policy allows 100 bytes. */
function formFor(bucket: string, fields: Record<string, string>): FormData {
  const date = new Date().toISOString().replaceAll(/[-:]|\.\d+/g, '');
  const day = date.slice(0, 8);
  const all: Record<string, string> = {
    ...fields,
    'x-amz-algorithm': 'AWS4-HMAC-SHA256',
    'x-amz-credential': `test:tester/${day}/us-east-1/s3/aws4_request`,
    'x-amz-date': date,
  };
  const conditions = [
    { bucket },
    ['content-length-range', 0, 100],
    ...Object.keys(all).map((name) => ['starts-with', `$${name}`, '']),
  ];
  const policy = Buffer.from(
    JSON.stringify({ expiration: new Date(Date.now() + 60_000).toISOString(), conditions }),
  ).toString('base64');
  const hmac = (key: string | Buffer, text: string) =>
    createHmac('sha256', key).update(text).digest();
  const key = [day, 'us-east-1', 's3', 'aws4_request'].reduce<Buffer>(
    hmac,
    Buffer.from('AWS4testing'),
  );
  const form = new FormData();
  for (const [name, value] of Object.entries(all)) form.append(name, value);
  form.append('policy', policy);
  form.append('x-amz-signature', hmac(key, policy).toString('hex'));
  return form;
}
