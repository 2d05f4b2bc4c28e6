import type COS from 'cos-nodejs-sdk-v5';
import { createHash } from 'node:crypto';
import { cosAt, failureOf, newCosBucket, newPlace, type At } from '../../support/clients/cos/sdk';
import { describeOurs, storesWith } from '../../support/servers/s3_endpoint';

const ODD = "dir/k é+1 &<>%2F?#'(*).txt";

describeOurs(
  'cos-nodejs-sdk-v5',
  (store) => {
    let cos: COS;
    beforeAll(() => {
      cos = cosAt(store.endpoint);
    });

    const put = (at: At, Key: string, Body: string, more: Partial<COS.PutObjectParams> = {}) =>
      cos.putObject({ ...at, Key, Body, ...more });
    const get = (at: At, Key: string, more: Partial<COS.GetObjectParams> = {}) =>
      cos.getObject({ ...at, Key, ...more });

    describe('buckets', () => {
      test('are made, found, listed and removed', async () => {
        const at = newPlace();
        expect((await failureOf(cos.headBucket(at))).statusCode).toBe(404);
        expect((await cos.putBucket(at)).statusCode).toBe(200);
        expect((await failureOf(cos.putBucket(at))).code).toBe('BucketAlreadyOwnedByYou');
        expect((await cos.headBucket(at)).statusCode).toBe(200);
        const { Buckets, Owner } = await cos.getService();
        expect(Buckets.find(({ Name }) => Name === at.Bucket)).toMatchObject({
          Location: 'ap-guangzhou',
        });
        expect(Owner).toMatchObject({ ID: 'test:tester', DisplayName: 'test:tester' });
        const inRegion = await cos.getService({ Region: at.Region });
        expect(inRegion.Buckets.map(({ Name }) => Name)).toContain(at.Bucket);
        await cos.deleteBucket(at);
        expect((await failureOf(cos.headBucket(at))).statusCode).toBe(404);
      });

      test('are listed in pages', async () => {
        const all = [await newCosBucket(cos), await newCosBucket(cos), await newCosBucket(cos)];
        const keys: string[] = [];
        let Marker: string | undefined;
        do {
          const page = await cos.getService({
            MaxKeys: 2,
            ...(Marker === undefined ? {} : { Marker }),
          });
          expect(page.Buckets.length).toBeLessThanOrEqual(2);
          keys.push(...page.Buckets.map(({ Name }) => Name));
          Marker = page.Buckets.length < 2 ? undefined : keys.at(-1);
        } while (Marker !== undefined);
        expect(keys).toEqual([...new Set(keys)].sort());
        expect(keys).toEqual(expect.arrayContaining(all.map(({ Bucket }) => Bucket)));
      });

      test('have a location, and what nobody has set', async () => {
        const at = await newCosBucket(cos);
        const { body } = await locationOf(cos, at);
        expect(body).toMatch(/<LocationConstraint>ap-guangzhou<\/LocationConstraint>$/);
        expect((await cos.getBucketCors(at)).CORSRules).toEqual([]);
        expect((await cos.getBucketTagging(at)).Tags).toEqual([]);
        expect((await cos.getBucketLifecycle(at)).Rules).toEqual([]);
        expect((await cos.getBucketAcl(at)).ACL).toBe('private');
        await cos.putBucketAcl({ ...at, ACL: 'public-read' });
        expect((await cos.getBucketAcl(at)).ACL).toBe('public-read');
      });

      test('that are not there, or are not empty', async () => {
        const at = newPlace();
        expect(await failureOf(cos.getBucket(at))).toMatchObject({
          statusCode: 404,
          code: 'NoSuchBucket',
        });
        await cos.putBucket(at);
        await put(at, 'o', '1');
        expect(await failureOf(cos.deleteBucket(at))).toMatchObject({
          statusCode: 409,
          code: 'BucketNotEmpty',
        });
      });
    });

    describe('objects', () => {
      let at: At;
      beforeAll(async () => {
        at = await newCosBucket(cos);
      });

      test('have bytes, a type, headers and metadata', async () => {
        const { ETag, statusCode } = await put(at, ODD, 'hello', {
          ContentType: 'text/plain',
          CacheControl: 'no-cache',
          ContentDisposition: 'attachment',
          'x-cos-meta-a': '1',
          'x-cos-meta-b_c': '%C3%A9',
        });
        expect(statusCode).toBe(200);
        expect(ETag).toBe(`"${createHash('md5').update('hello').digest('hex')}"`);
        const read = await get(at, ODD);
        expect(read.Body.toString()).toBe('hello');
        expect(read.headers).toMatchObject({
          etag: ETag,
          'content-type': 'text/plain',
          'cache-control': 'no-cache',
          'content-disposition': 'attachment',
          'x-cos-meta-a': '1',
          'x-cos-meta-b_c': '%C3%A9',
        });
        const head = await cos.headObject({ ...at, Key: ODD });
        expect(head.headers?.['content-length']).toBe('5');
        const names = Object.keys(head.headers ?? {});
        expect(names).toEqual(expect.arrayContaining(['x-cos-request-id', 'server', 'date']));
        expect(names).not.toContain('x-cos-trace-id');
        expect(names.filter((name) => name.startsWith('x-amz-'))).toEqual([]);
      });

      test('without a type are a stream of bytes, and an empty header is none', async () => {
        await put(at, 'plain', '1');
        const { headers } = await cos.headObject({ ...at, Key: 'plain' });
        expect(headers?.['content-type']).toBe('application/octet-stream');
        expect(headers).not.toHaveProperty('cache-control');
      });

      test('are read in ranges, under conditions, and as another type', async () => {
        const { ETag } = await put(at, 'ranged', '0123456789');
        expect((await get(at, 'ranged', { Range: 'bytes=2-4' })).Body.toString()).toBe('234');
        expect((await get(at, 'ranged', { IfMatch: ETag })).statusCode).toBe(200);
        expect((await failureOf(get(at, 'ranged', { IfMatch: '"no"' }))).statusCode).toBe(412);
        expect((await failureOf(get(at, 'ranged', { IfNoneMatch: ETag }))).statusCode).toBe(304);
        const other = await get(at, 'ranged', {
          ResponseContentType: 'text/x',
          ResponseCacheControl: 'x',
        });
        expect(other.headers).toMatchObject({ 'content-type': 'text/x', 'cache-control': 'x' });
        expect((await failureOf(get(at, 'ranged', { Range: 'bytes=20-30' }))).code).toBe(
          'InvalidRange',
        );
      });

      test('are copied, with their metadata or with other', async () => {
        await put(at, ODD, 'copied', { 'x-cos-meta-a': '1' });
        const host = `${at.Bucket}.cos.${at.Region}.myqcloud.com`;
        const CopySource = `${host}/${encodeURIComponent(ODD).replaceAll('%2F', '/')}`;
        const copied = await cos.putObjectCopy({ ...at, Key: 'copy', CopySource });
        expect(copied.ETag).toBe(`"${createHash('md5').update('copied').digest('hex')}"`);
        const read = await get(at, 'copy');
        expect([read.Body.toString(), read.headers?.['x-cos-meta-a']]).toEqual(['copied', '1']);
        await cos.putObjectCopy({
          ...at,
          Key: 'copy',
          CopySource,
          MetadataDirective: 'Replaced',
          'x-cos-meta-b': '2',
        });
        const { headers } = await cos.headObject({ ...at, Key: 'copy' });
        expect([headers?.['x-cos-meta-a'], headers?.['x-cos-meta-b']]).toEqual([undefined, '2']);
      });

      test('are copied from where a parser of the client says', async () => {
        await put(at, 'source', 'parsed');
        const parsing = cosAt(store.endpoint, {
          CopySourceParser: (source: string) => ({
            ...at,
            Key: source.split('/').slice(2).join('/'),
          }),
        });
        await parsing.putObjectCopy({ ...at, Key: 'parsed', CopySource: `/${at.Bucket}/source` });
        expect((await get(at, 'parsed')).Body.toString()).toBe('parsed');
      });

      test('have tags, and the ACL of their bucket', async () => {
        await put(at, 'tagged', '1');
        await cos.putObjectTagging({ ...at, Key: 'tagged', Tags: [{ Key: 'a', Value: '1' }] });
        expect((await cos.getObjectTagging({ ...at, Key: 'tagged' })).Tags).toEqual([
          { Key: 'a', Value: '1' },
        ]);
        await cos.deleteObjectTagging({ ...at, Key: 'tagged' });
        expect((await cos.getObjectTagging({ ...at, Key: 'tagged' })).Tags).toEqual([]);
        expect((await cos.getObjectAcl({ ...at, Key: 'tagged' })).ACL).toBe('private');
      });

      test('are listed in pages, folded, and with encoded names', async () => {
        const listed = await newCosBucket(cos);
        for (const Key of ['a', 'dir/1', 'dir/2', 'ö &', 'z']) await put(listed, Key, Key);
        const keys: string[] = [];
        let Marker: string | undefined;
        do {
          const page = await cos.getBucket({
            ...listed,
            MaxKeys: 2,
            ...(Marker ? { Marker } : {}),
          });
          keys.push(...page.Contents.map(({ Key }) => Key));
          Marker = page.IsTruncated === 'true' ? page.NextMarker : undefined;
        } while (Marker);
        expect(keys).toEqual(['a', 'dir/1', 'dir/2', 'z', 'ö &']);
        const folded = await cos.getBucket({ ...listed, Delimiter: '/', EncodingType: 'url' });
        expect(folded.CommonPrefixes).toEqual([{ Prefix: 'dir/' }]);
        expect(folded.Contents.map(({ Key }) => Key)).toEqual(['a', 'z', '%C3%B6%20%26']);
        expect(folded.Contents[0]).toMatchObject({ Size: '1', StorageClass: 'STANDARD' });
      });

      test('are deleted, one and many', async () => {
        for (const Key of ['d1', 'd2', 'd3']) await put(at, Key, '1');
        expect((await cos.deleteObject({ ...at, Key: 'd1' })).statusCode).toBe(204);
        const { Deleted, Error } = await cos.deleteMultipleObject({
          ...at,
          Objects: [{ Key: 'd2' }, { Key: 'd3' }, { Key: 'none' }],
        });
        expect([Deleted.map(({ Key }) => Key), Error]).toEqual([['d2', 'd3', 'none'], []]);
        const gone = await failureOf(get(at, 'd2'));
        expect(gone).toMatchObject({ statusCode: 404, code: 'NoSuchKey' });
        expect(Object.keys(gone.error)).toEqual(
          expect.arrayContaining(['Code', 'Message', 'Resource', 'RequestId', 'TraceId']),
        );
        expect(gone.error['Resource']).toBe(`${at.Bucket}.cos.${at.Region}.myqcloud.com/d2`);
      });

      test('a missing operation is refused by its name in COS', async () => {
        const encrypted = await failureOf(put(at, 'e', '1', { ServerSideEncryption: 'AES256' }));
        expect(encrypted).toMatchObject({ statusCode: 501, code: 'NotImplemented' });
        expect(encrypted.error['Message']).toContain('x-cos-server-side-encryption');
        expect(await failureOf(put(at, 'e', '1', { StorageClass: 'ARCHIVE' }))).toMatchObject({
          statusCode: 400,
          code: 'InvalidStorageClass',
        });
        const md5 = 'AAAAAAAAAAAAAAAAAAAAAA==';
        expect(
          await failureOf(put(at, 'e', '1', { Headers: { 'Content-MD5': md5 } })),
        ).toMatchObject({
          code: 'BadDigest',
        });
        const strict = { 'x-cos-forbid-overwrite': 'true' } as Partial<COS.PutObjectParams>;
        expect(await failureOf(put(at, 'e', '1', strict))).toMatchObject({
          code: 'NotImplemented',
        });
        expect((await failureOf(get(at, 'e'))).statusCode).toBe(404);
      });
    });
  },
  storesWith('embedded'),
);

/** Returns the raw body, since the SDK does not parse it. */
async function locationOf(cos: COS, at: At): Promise<{ readonly body: string }> {
  const answer = await cos.request({ ...at, Method: 'GET', Action: 'location', RawBody: true });
  return { body: String(answer.Body) };
}
