import type COS from 'cos-nodejs-sdk-v5';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cosAt, failureOf, newCosBucket, type At } from '../../support/clients/cos/sdk';
import { STORES_OF_DEPTH, describeOurs } from '../../support/servers/s3_endpoint';

const PART = 5 * 1024 * 1024;

describeOurs(
  'uploads in parts through cos-nodejs-sdk-v5',
  (store) => {
    const body = randomBytes(PART + 1000);
    let cos: COS;
    let at: At;
    let folder: string;
    beforeAll(async () => {
      cos = cosAt(store.endpoint, { SliceSize: PART, ChunkSize: PART });
      at = await newCosBucket(cos, 'Enabled');
      folder = mkdtempSync(join(tmpdir(), 'hindsight-cos-'));
      writeFileSync(join(folder, 'file'), body);
    });
    afterAll(() => rmSync(folder, { recursive: true, force: true }));

    const contentOf = async (Key: string) => (await cos.getObject({ ...at, Key })).Body;

    test('a file is uploaded in slices', async () => {
      const Key = 'dir/slices é';
      const result = await cos.sliceUploadFile({ ...at, Key, FilePath: join(folder, 'file') });
      expect(result.ETag).toMatch(/^"[0-9a-f]{32}-2"$/);
      expect((await contentOf(Key)).equals(body)).toBe(true);
      const { Versions } = await cos.listObjectVersions({ ...at, Prefix: Key });
      expect(Versions).toMatchObject([
        { Key, Size: String(body.length), ETag: result.ETag, IsLatest: 'true' },
      ]);
      expect(Versions[0]?.VersionId).toBe(Reflect.get(result, 'VersionId'));
    });

    test('small files as a whole, large ones in slices', async () => {
      const files = ['uploaded', 'uploaded small'].map((Key, i) => ({
        ...at,
        Key,
        FilePath: join(folder, 'file'),
        ...(i === 1 ? {} : { SliceSize: PART }),
      }));
      const { files: results } = await cos.uploadFiles({ files, SliceSize: 2 * PART });
      expect(results.map(({ error }) => error)).toEqual([null, null]);
      expect((await contentOf('uploaded')).equals(body)).toBe(true);
      expect((await contentOf('uploaded small')).equals(body)).toBe(true);
    });

    test('step by step, with a part that is copied, listed and completed', async () => {
      const Key = 'steps';
      await cos.putObject({ ...at, Key: 'source', Body: body });
      const { UploadId } = await cos.multipartInit({ ...at, Key, ContentType: 'text/x' });
      const first = await cos.multipartUpload({
        ...at,
        Key,
        UploadId,
        PartNumber: 1,
        Body: body.subarray(0, PART),
      });
      const copied = await cos.uploadPartCopy({
        ...at,
        Key,
        UploadId,
        PartNumber: 2,
        CopySource: `${at.Bucket}.cos.${at.Region}.myqcloud.com/source`,
        CopySourceRange: `bytes=${PART}-${body.length - 1}`,
      });
      const uploads = await cos.multipartList({ ...at, Prefix: Key, Delimiter: '' });
      expect(uploads.Upload).toMatchObject([{ Key, UploadId, StorageClass: 'STANDARD' }]);
      const { Part } = await cos.multipartListPart({ ...at, Key, UploadId });
      expect(Part).toMatchObject([
        { PartNumber: '1', ETag: first.ETag, Size: String(PART) },
        { PartNumber: '2', ETag: copied.ETag, Size: '1000' },
      ]);
      const Parts = [first, copied].map(({ ETag }, i) => ({ PartNumber: i + 1, ETag }));
      const done = await cos.multipartComplete({ ...at, Key, UploadId, Parts });
      expect(done.ETag).toMatch(/-2"$/);
      const read = await cos.getObject({ ...at, Key });
      expect([read.Body.equals(body), read.headers?.['content-type']]).toEqual([true, 'text/x']);
      expect((await cos.multipartList({ ...at, Prefix: Key, Delimiter: '' })).Upload).toEqual([]);
    });

    test('and given up', async () => {
      const Key = 'given up';
      const { UploadId } = await cos.multipartInit({ ...at, Key });
      await cos.multipartUpload({ ...at, Key, UploadId, PartNumber: 1, Body: '1' });
      await cos.multipartAbort({ ...at, Key, UploadId });
      expect(await failureOf(cos.multipartListPart({ ...at, Key, UploadId }))).toMatchObject({
        statusCode: 404,
        code: 'NoSuchUpload',
      });
    });

    test('a large object is copied in slices', async () => {
      await cos.putObject({ ...at, Key: 'large', Body: body });
      const CopySource = `${at.Bucket}.cos.${at.Region}.myqcloud.com/large`;
      await cos.sliceCopyFile({
        ...at,
        Key: 'sliced',
        CopySource,
        CopySliceSize: PART,
        CopyChunkSize: PART,
      });
      expect((await contentOf('sliced')).equals(body)).toBe(true);
    });
  },
  STORES_OF_DEPTH,
);
