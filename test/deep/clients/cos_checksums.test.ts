import type COS from 'cos-nodejs-sdk-v5';
import { randomBytes } from 'node:crypto';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { computeCrc } from '../../../src/formats/crc';
import { cosAt, newCosBucket, type At } from '../../support/clients/cos/sdk';
import { sdkAt } from '../../support/clients/s3/sdk';
import { Crc64Ecma } from '../../../src/formats/crc64';
import { describeOurs, STORES_OF_DEPTH } from '../../support/servers/s3_endpoint';

const PART = 1024 * 1024;
const NAME = 'x-cos-hash-crc64ecma';
const SMALL = Buffer.from('123456789');

const crc64 = (bytes: Buffer) => {
  const sum = new Crc64Ecma();
  sum.update(bytes);
  return String(sum.digest().readBigUInt64BE());
};

/** The checksum in a response of the SDK. */
const shown = (data: { readonly headers?: Record<string, string> }) => data.headers?.[NAME];

test('the checksum is the one of the document', () => {
  expect(crc64(SMALL)).toBe('11051210869376104954');
  expect(computeCrc('crc64ecma', SMALL)?.readBigUInt64BE()).toBe(11051210869376104954n);
});

describeOurs(
  'checksums that cos-nodejs-sdk-v5 sees',
  (store) => {
    const large = randomBytes(3 * PART + 17);
    let cos: COS;
    beforeAll(() => {
      cos = cosAt(store.endpoint);
    });

    /** The checksums of HEAD, GET and GET of a range. */
    const readBack = async (at: At, Key: string, VersionId?: string) => {
      const params = { ...at, Key, ...(VersionId === undefined ? {} : { VersionId }) };
      const range = { ...params, Range: 'bytes=0-0' };
      return [
        shown(await cos.headObject(params)),
        shown(await cos.getObject(params)),
        shown(await cos.getObject(range)),
      ];
    };
    const three = (sum: string | undefined) => [sum, sum, sum];

    describe.each([undefined, 'Enabled', 'Suspended'] as const)('versions: %s', (versions) => {
      let at: At;
      beforeAll(async () => {
        at = await newCosBucket(cos, versions);
      });

      test.each([
        ['a small one', SMALL],
        ['one of some size', large.subarray(0, 50_000)],
      ])('%s', async (Key, Body) => {
        const written = await cos.putObject({ ...at, Key, Body });
        expect(shown(written)).toBe(crc64(Body));
        expect(await readBack(at, Key)).toEqual(three(crc64(Body)));
      });

      test('an empty object', async () => {
        const empty = { ...at, Key: 'empty' };
        expect(shown(await cos.putObject({ ...empty, Body: '' }))).toBe('0');
        expect(shown(await cos.headObject(empty))).toBe('0');
        expect(shown(await cos.getObject(empty))).toBe('0');
      });

      test('a large object, which is not held', async () => {
        const written = await cos.putObject({ ...at, Key: 'large', Body: large });
        expect(shown(written)).toBe(crc64(large));
        // elsewhere the store cannot keep what comes after the body
        const isKept = store.name === 'embedded' || versions === 'Enabled';
        expect(await readBack(at, 'large')).toEqual(three(isKept ? crc64(large) : undefined));
        const { headers } = await cos.headObject({ ...at, Key: 'large' });
        expect(headers?.['content-length']).toBe(String(large.length));
      });

      test('metadata stay with a large object', async () => {
        await cos.putObject({
          ...at,
          Key: 'described',
          Body: large,
          ContentType: 'text/x',
          CacheControl: 'no-cache',
          'x-cos-meta-a': 'b',
        });
        const { headers } = await cos.headObject({ ...at, Key: 'described' });
        expect(headers).toMatchObject({
          'content-type': 'text/x',
          'cache-control': 'no-cache',
          'x-cos-meta-a': 'b',
        });
      });

      test('an upload in parts, one of them copied', async () => {
        await cos.putObject({ ...at, Key: 'source', Body: large });
        const { UploadId } = await cos.multipartInit({ ...at, Key: 'parts' });
        const upload = { ...at, Key: 'parts', UploadId };
        const first = await cos.multipartUpload({
          ...upload,
          PartNumber: 1,
          Body: large.subarray(0, PART),
        });
        expect(shown(first)).toBe(crc64(large.subarray(0, PART)));
        const copied = await cos.uploadPartCopy({
          ...upload,
          PartNumber: 2,
          CopySource: `${at.Bucket}.cos.${at.Region}.myqcloud.com/source`,
          CopySourceRange: `bytes=${PART}-${large.length - 1}`,
        });
        expect(shown(copied)).toBe(crc64(large.subarray(PART)));
        const Parts = [first, copied].map(({ ETag }, i) => ({ PartNumber: i + 1, ETag }));
        for (let time = 0; time < 2; time++)
          expect(shown(await cos.multipartComplete({ ...upload, Parts }))).toBe(crc64(large));
        expect(await readBack(at, 'parts')).toEqual(three(crc64(large)));
      });

      test('a copy has that of its source', async () => {
        await cos.putObject({ ...at, Key: 'a', Body: SMALL });
        const copied = await cos.putObjectCopy({
          ...at,
          Key: 'copy',
          CopySource: `${at.Bucket}.cos.${at.Region}.myqcloud.com/a`,
        });
        expect([shown(copied), Reflect.get(copied, 'CRC64')]).toEqual([crc64(SMALL), crc64(SMALL)]);
        expect(await readBack(at, 'copy')).toEqual(three(crc64(SMALL)));
      });

      test('what another API writes has none, and shows none of COS', async () => {
        const s3 = sdkAt(store.endpoint);
        await s3.send(new PutObjectCommand({ Bucket: at.Bucket, Key: 'other', Body: SMALL }));
        expect(await readBack(at, 'other')).toEqual(three(undefined));
        await cos.putObject({ ...at, Key: 'other', Body: SMALL });
        expect(await readBack(at, 'other')).toEqual(three(crc64(SMALL)));
        s3.destroy();
      });
    });

    test('versions have their own', async () => {
      const at = await newCosBucket(cos, 'Enabled');
      const ids: string[] = [];
      for (const body of [SMALL, large, Buffer.from('x')]) {
        const written = await cos.putObject({ ...at, Key: 'k', Body: body });
        ids.push(String(Reflect.get(written, 'VersionId')));
      }
      for (const [i, body] of [SMALL, large, Buffer.from('x')].entries())
        expect(await readBack(at, 'k', ids[i])).toEqual(three(crc64(body)));
    });
  },
  STORES_OF_DEPTH,
);
