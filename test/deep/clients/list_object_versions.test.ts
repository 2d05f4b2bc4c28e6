import { DeleteObjectCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { createHash } from 'node:crypto';
import { ModelBucket, NULL } from '../../support/judges/buckets/model';
import {
  allEntries,
  versionsPage,
  type VersionsPage,
  type VersionsQuery,
} from '../../support/judges/buckets/model_listing';
import { STORES_OF_DEPTH, describeS3 } from '../../support/servers/s3_endpoint';
import { newBucket, sdkAt, setVersions } from '../../support/clients/s3/sdk';
import { SignedClient, type Query } from '../../support/clients/s3/signed';
import { pageOf, parametersOf } from '../../support/clients/s3/versions_document';
import { all, parseXml, plain, textOf, type Element } from '../../support/clients/s3/xml';

const NAMESPACE = 'http://s3.amazonaws.com/doc/2006-03-01/';
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
/** A key with characters that are special in XML, queries and URLs. */
const ODD = 'ö <&>"\' +%2F?#=.txt';
const KEYS = ['a', 'a', 'a', 'dir/x', 'dir/x', 'dir/deep/y', 'dir/deep/z', 'dir#1', ODD];

/** `listObjectVersions` as Yandex documents it, by parameter and by element. */
describeS3(
  'ListObjectVersions',
  (store) => {
    let sdk: S3Client;
    let client: SignedClient;
    let bucket: string;
    let model = new ModelBucket();

    beforeAll(async () => {
      sdk = sdkAt(store.endpoint);
      client = new SignedClient(store.endpoint);
      bucket = await newBucket(sdk);
      await put('before', 'before there were versions');
      await setVersions(sdk, bucket, 'Enabled');
      model = model.after({ kind: 'versioning', status: 'Enabled' });
      for (const [i, key] of KEYS.entries()) await put(key, 'x'.repeat(i));
      for (const key of ['a', 'dir/deep/z']) {
        const { VersionId } = await sdk.send(new DeleteObjectCommand({ Bucket: bucket, Key: key }));
        model = model.after({ kind: 'delete', key }, VersionId);
      }
    });
    afterAll(() => sdk.destroy());

    async function put(key: string, body: string): Promise<void> {
      const { VersionId } = await sdk.send(
        new PutObjectCommand({ Bucket: bucket, Key: key, Body: body }),
      );
      model = model.after({ kind: 'put', key, body }, VersionId);
    }

    const list = (query: Query): Promise<Element> =>
      client.document(200, 'ListVersionsResult', {
        method: 'GET',
        bucket,
        query: { versions: '', ...query },
      });

    /** Requests a page and checks it against the model. */
    async function expectPage(query: VersionsQuery): Promise<VersionsPage> {
      const page = pageOf(await list(parametersOf(query)));
      expect(page).toEqual(versionsPage(model, query));
      return page;
    }

    /** Returns the status, code and message of a refusal. */
    async function refused(
      query: Query,
    ): Promise<readonly [number, string | undefined, string | undefined]> {
      const { status, body } = await client.send({
        method: 'GET',
        bucket,
        query: { versions: '', ...query },
      });
      const error = parseXml(body);
      return [status, textOf(error, 'Code'), textOf(error, 'Message')];
    }

    describe('the schema', () => {
      test('the root is in the namespace of S3 and has each element', async () => {
        const { body, headers, status } = await client.send({
          method: 'GET',
          bucket,
          query: { versions: '' },
        });
        expect(status).toBe(200);
        expect(headers.get('content-type')).toBe('application/xml');
        expect(body.toString()).toMatch(/^<\?xml version=['"]1\.0['"] encoding=['"]UTF-8['"]\?>/);
        const document = parseXml(body);
        expect([document.name, document.namespace]).toEqual(['ListVersionsResult', NAMESPACE]);
        const names = new Set(document.children.map(({ name }) => name));
        for (const name of [
          'Name',
          'Prefix',
          'KeyMarker',
          'VersionIdMarker',
          'MaxKeys',
          'IsTruncated',
        ])
          expect([...names]).toContain(name);
        expect(textOf(document, 'Name')).toBe(bucket);
        expect(textOf(document, 'Prefix')).toBe('');
        expect(textOf(document, 'KeyMarker')).toBe('');
        expect(textOf(document, 'VersionIdMarker')).toBe('');
        expect(textOf(document, 'MaxKeys')).toBe('1000');
        expect(textOf(document, 'IsTruncated')).toBe('false');
        for (const name of [
          'NextKeyMarker',
          'NextVersionIdMarker',
          'Delimiter',
          'EncodingType',
          'CommonPrefixes',
        ])
          expect([...names]).not.toContain(name);
      });

      test('a Version has ETag, IsLatest, Key, LastModified, Owner, Size, StorageClass and VersionId', async () => {
        const version = all(await list({ prefix: 'dir/x' }), 'Version')[0];
        const [expected] = versionsPage(model, { prefix: 'dir/x' }).entries;
        expect(plain(version!)).toEqual({
          ETag: expected?.etag,
          IsLatest: 'true',
          Key: 'dir/x',
          LastModified: expect.stringMatching(TIME) as string,
          Owner: { DisplayName: store.endpoint.accessKey, ID: store.endpoint.accessKey },
          Size: String(expected?.size),
          StorageClass: 'STANDARD',
          VersionId: expected?.id,
        });
      });

      test('a DeleteMarker has IsLatest, Key, LastModified, Owner and VersionId', async () => {
        const [marker] = all(await list({ prefix: 'a' }), 'DeleteMarker');
        expect(plain(marker!)).toEqual({
          IsLatest: 'true',
          Key: 'a',
          LastModified: expect.stringMatching(TIME) as string,
          Owner: { DisplayName: store.endpoint.accessKey, ID: store.endpoint.accessKey },
          VersionId: model.find('a')?.id,
        });
      });

      test('all there is, in the order of keys, newest first, the null version last', async () => {
        const { entries } = await expectPage({});
        expect(entries).toEqual(allEntries(model));
        expect(entries.find(({ key }) => key === 'before')?.id).toBe(NULL);
      });

      store.deviating('the null version gets an id when it is overwritten')(
        'what was there before versions stays the null version below those that follow',
        async () => {
          const other = await newBucket(sdk);
          await sdk.send(new PutObjectCommand({ Bucket: other, Key: 'k', Body: '1' }));
          await setVersions(sdk, other, 'Enabled');
          const { VersionId } = await sdk.send(
            new PutObjectCommand({ Bucket: other, Key: 'k', Body: '2' }),
          );
          const query = { versions: '' };
          const document = await client.document(200, 'ListVersionsResult', {
            method: 'GET',
            bucket: other,
            query,
          });
          expect(pageOf(document).entries.map(({ id, latest }) => [id, latest])).toEqual([
            [VersionId, true],
            [NULL, false],
          ]);
        },
      );

      test('a bucket without anything has a list without anything', async () => {
        const empty = await newBucket(sdk, 'Enabled');
        const query = { versions: '' };
        const document = await client.document(200, 'ListVersionsResult', {
          method: 'GET',
          bucket: empty,
          query,
        });
        expect(pageOf(document)).toEqual({ entries: [], prefixes: [] });
      });

      test('what never had versions is listed as null versions', async () => {
        const never = await newBucket(sdk);
        await sdk.send(new PutObjectCommand({ Bucket: never, Key: 'k', Body: '1' }));
        const query = { versions: '' };
        const document = await client.document(200, 'ListVersionsResult', {
          method: 'GET',
          bucket: never,
          query,
        });
        expect(pageOf(document).entries).toMatchObject([{ key: 'k', id: NULL, latest: true }]);
      });

      test('a bucket that is not there is NoSuchBucket', async () => {
        const answer = await client.send({
          method: 'GET',
          bucket: 'no-such-bucket',
          query: { versions: '' },
        });
        const error = parseXml(answer.body);
        expect([answer.status, error.name, textOf(error, 'Code')]).toEqual([
          404,
          'Error',
          'NoSuchBucket',
        ]);
        expect(textOf(error, 'BucketName')).toBe('no-such-bucket');
        expect(textOf(error, 'RequestId')).not.toBe('');
      });
    });

    describe('prefix and delimiter', () => {
      test.each(['dir/', 'dir', 'a', 'nothing', ODD.slice(0, 4), ODD])(
        'the prefix %s',
        async (prefix) => {
          await expectPage({ prefix });
          expect(textOf(await list({ prefix }), 'Prefix')).toBe(prefix);
        },
      );

      test.each(['/', 'd', 'eep', '#'])('the delimiter %s', async (delimiter) => {
        await expectPage({ delimiter });
        const document = await list({ delimiter });
        expect(textOf(document, 'Delimiter')).toBe(delimiter);
        const prefixes = all(document, 'CommonPrefixes').map((each) =>
          each.children.map(({ name }) => name),
        );
        for (const names of prefixes) expect(names).toEqual(['Prefix']);
      });

      test('both', async () => {
        await expectPage({ prefix: 'dir/', delimiter: '/' });
        await expectPage({ prefix: 'dir/deep/', delimiter: '/' });
        await expectPage({ prefix: 'dir', delimiter: '/' });
      });

      test('what has only versions and markers that are not current counts into a common prefix', async () => {
        const { prefixes } = await expectPage({ prefix: 'dir/', delimiter: '/' });
        expect(prefixes).toEqual(['dir/deep/']);
      });
    });

    describe('markers', () => {
      test('key-marker alone goes on behind all versions of the key', async () => {
        for (const { key } of allEntries(model)) await expectPage({ keyMarker: key });
        await expectPage({ keyMarker: 'aa' });
        await expectPage({ keyMarker: 'zzz' });
      });

      test('both go on behind the version', async () => {
        const entries = allEntries(model).filter(({ id }) => id !== NULL);
        for (const { key, id } of entries)
          await expectPage({ keyMarker: key, versionIdMarker: id });
        const document = await list({
          'key-marker': 'dir/x',
          'version-id-marker': model.find('dir/x')?.id,
        });
        expect(textOf(document, 'KeyMarker')).toBe('dir/x');
        expect(textOf(document, 'VersionIdMarker')).toBe(model.find('dir/x')?.id);
      });

      store.deviating('nothing follows null')(
        'the null version is a marker as others',
        async () => {
          await expectPage({ keyMarker: 'before', versionIdMarker: NULL });
        },
      );

      test('an id that is older than all versions of the key, of another one, skips the key', async () => {
        await expectPage({
          keyMarker: 'dir/x',
          versionIdMarker: model.objects.get('a')?.at(-1)?.id,
        });
      });

      test('version-id-marker alone is refused', async () => {
        const message = 'A version-id marker cannot be specified without a key marker.';
        const id = model.find('a')?.id;
        expect(await refused({ 'version-id-marker': id })).toEqual([
          400,
          'InvalidArgument',
          message,
        ]);
      });

      test('a version-id-marker that is no id is refused', async () => {
        const answer = await refused({ 'key-marker': 'a', 'version-id-marker': 'bogus' });
        expect(answer).toEqual([400, 'InvalidArgument', 'Invalid version id specified']);
      });
    });

    describe('max-keys', () => {
      test.each([1, 2, 3, 7, 1000])('%d', async (maxKeys) => {
        const document = await list({ 'max-keys': maxKeys });
        const { entries } = pageOf(document);
        expect(entries).toEqual(versionsPage(model, { maxKeys }).entries);
        expect(textOf(document, 'MaxKeys')).toBe(String(maxKeys));
        expect(textOf(document, 'IsTruncated')).toBe(String(maxKeys < allEntries(model).length));
      });

      test('unset, 1000 entries at most', async () => {
        const many = await newBucket(sdk, 'Enabled');
        const names = Array.from({ length: 1001 }, (_, i) => `k${String(i).padStart(4, '0')}`);
        const objects = names.slice(1).map((name) => `<Object><Key>${name}</Key></Object>`);
        const body = `<Delete><Quiet>true</Quiet>${objects.join('')}</Delete>`;
        const headers = { 'content-md5': createHash('md5').update(body).digest('base64') };
        const removal = { method: 'POST', bucket: many, query: { delete: '' }, headers, body };
        await client.document(200, 'DeleteResult', removal);
        await sdk.send(new DeleteObjectCommand({ Bucket: many, Key: names[0] }));
        const query = { versions: '' };
        const first = await client.document(200, 'ListVersionsResult', {
          method: 'GET',
          bucket: many,
          query,
        });
        expect(pageOf(first)).toMatchObject({
          entries: { length: 1000 },
          next: { key: names[999] },
        });
        const more = { ...query, 'key-marker': names[999] };
        const rest = await client.document(200, 'ListVersionsResult', {
          method: 'GET',
          bucket: many,
          query: more,
        });
        expect(pageOf(rest).entries.map(({ key, marker }) => [key, marker])).toEqual([
          [names[1000], true],
        ]);
      }, 600_000);

      test('the page is the last if exactly as many are left', async () => {
        expect((await expectPage({ maxKeys: allEntries(model).length })).next).toBeUndefined();
      });

      test('0 is an empty page, and the last', async () => {
        await expectPage({ maxKeys: 0 });
        expect(textOf(await list({ 'max-keys': 0 }), 'MaxKeys')).toBe('0');
      });

      store.deviating('it tells what was asked for')('more than 1000 is 1000', async () => {
        expect(textOf(await list({ 'max-keys': 5000 }), 'MaxKeys')).toBe('1000');
      });

      test.each(['-1', 'x', '2147483648'])('%s is refused', async (value) => {
        const [status, code] = await refused({ 'max-keys': value });
        expect([status, code]).toEqual([400, 'InvalidArgument']);
      });
    });

    describe('paging by NextKeyMarker and NextVersionIdMarker', () => {
      const pagings: readonly [number, VersionsQuery][] = [
        [1, {}],
        [2, {}],
        [5, {}],
        [1, { delimiter: '/' }],
        [2, { delimiter: '/' }],
        [1, { prefix: 'dir/', delimiter: '/' }],
        [2, { prefix: 'dir' }],
      ];
      for (const [maxKeys, query] of pagings)
        store.deviating('NextVersionIdMarker is null')(
          `pages of ${maxKeys} with ${JSON.stringify(query)} tell everything once`,
          () => expectPaging(maxKeys, query),
        );

      async function expectPaging(maxKeys: number, query: VersionsQuery): Promise<void> {
        const pages: VersionsPage[] = [];
        for (let next: VersionsPage['next'], first = true; first || next; first = false) {
          const page = await expectPage({
            ...query,
            maxKeys,
            keyMarker: next?.key,
            versionIdMarker: next?.id,
          });
          pages.push(page);
          next = page.next;
        }
        const whole = versionsPage(model, query);
        expect(pages.flatMap(({ entries }) => entries)).toEqual(whole.entries);
        expect(pages.flatMap(({ prefixes }) => prefixes)).toEqual(whole.prefixes);
      }
    });

    describe('encoding-type', () => {
      test('url encodes keys, prefixes and markers, but no slash', async () => {
        const document = await list({ 'encoding-type': 'url', 'key-marker': 'dir/x', prefix: '' });
        expect(textOf(document, 'EncodingType')).toBe('url');
        const keys = all(document, 'Version').map((each) => textOf(each, 'Key'));
        expect(keys).toEqual([urlEncoded(ODD)]);
        expect(textOf(document, 'KeyMarker')).toBe('dir/x');
      });

      test('url encodes a prefix and a marker beyond ASCII', async () => {
        const document = await list({
          'encoding-type': 'url',
          prefix: ODD,
          'key-marker': ODD.slice(0, -1),
        });
        expect(textOf(document, 'Prefix')).toBe(urlEncoded(ODD));
        expect(textOf(document, 'KeyMarker')).toBe(urlEncoded(ODD.slice(0, -1)));
        expect(all(document, 'Version').map((each) => textOf(each, 'Key'))).toEqual([
          urlEncoded(ODD),
        ]);
      });

      test('url encodes NextKeyMarker and common prefixes as well', async () => {
        const query = { 'encoding-type': 'url', prefix: ODD.slice(0, 1), delimiter: '+' };
        const document = await list(query);
        const common = all(document, 'CommonPrefixes').map((each) => textOf(each, 'Prefix'));
        expect(common).toEqual([urlEncoded(ODD.slice(0, ODD.indexOf('+') + 1))]);
        expect(textOf(document, 'Delimiter')).toBe('%2B');
        const page = await list({ 'encoding-type': 'url', 'max-keys': 3, 'key-marker': 'dir' });
        expect(textOf(page, 'NextKeyMarker')).toBe(
          urlEncoded(versionsPage(model, { maxKeys: 3, keyMarker: 'dir' }).next?.key ?? ''),
        );
      });

      test('another is refused', async () => {
        const answer = await refused({ 'encoding-type': 'xml' });
        expect(answer).toEqual([
          400,
          'InvalidArgument',
          'Invalid Encoding Method specified in Request',
        ]);
      });
    });
  },
  STORES_OF_DEPTH,
);

/** Encodes a name as S3 does in responses. */
const urlEncoded = (text: string) =>
  encodeURIComponent(text)
    .replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%2F', '/');
