import {
  CompleteMultipartUploadCommand,
  GetObjectCommand,
  ListPartsCommand,
} from '@aws-sdk/client-s3';
import { createHash, randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { QingStor } from 'qingstor-sdk';
import {
  configFor,
  QsBucket,
  settled,
  textOf,
  type Document,
  type Target,
} from '../../support/clients/qs/sdk';
import { describeOurs, STORES_OF_DEPTH } from '../../support/servers/s3_endpoint';
import { etagOf, multipartEtagOf } from '../../support/judges/buckets/model';
import { sdkAt } from '../../support/clients/s3/sdk';

/** A key with characters that are special in URLs and JSON. */
const ODD = 'dir/k é+1 &<>%2F?#"\\.txt';
const PART = 4 * 1024 * 1024;

const md5 = (text: string) => createHash('md5').update(text).digest('base64');
const listOf = (data: Document, name: string) => data[name] as Document[];

describeOurs(
  'qingstor-sdk',
  (store) => {
    const newBucket = (status?: 'ENABLED' | 'SUSPENDED') => QsBucket.make(store.endpoint, status);
    const text = async (bucket: QsBucket, target: Target) => {
      const answer = await bucket.must(200, 'GET', target);
      return textOf(answer);
    };
    const versions = async (bucket: QsBucket, params: Record<string, string | number> = {}) =>
      (await bucket.must(200, 'GET', '?versions', { params })).data;
    const codes = async (bucket: QsBucket, method: string, target: Target, params = {}) => {
      const { status, data } = await bucket.ask(method, target, params);
      return [status, data['code']];
    };

    describe('buckets', () => {
      test('are made, found, listed and deleted', async () => {
        const bucket = await newBucket();
        expect((await settled(bucket.sdk.put())).data).toMatchObject({
          code: 'bucket_already_exists',
        });
        expect((await bucket.sdk.head()).status).toBe(200);
        const service = new QingStor(configFor(store.endpoint));
        const { data } = await settled(service.listBuckets({ limit: 10_000 }));
        const buckets = listOf(data, 'buckets');
        expect(data['count']).toBe(buckets.length);
        expect(buckets.find(({ name }) => name === bucket.name)).toEqual({
          name: bucket.name,
          location: 'pek3a',
          url: expect.stringMatching(
            new RegExp(`^http://127.0.0.1(:\\d+)?/${bucket.name}$`),
          ) as string,
          created: expect.stringMatching(/^\d{4}-.*Z$/) as string,
        });
        const paged = await settled(service.listBuckets({ limit: 1, offset: 0 }));
        expect(listOf(paged.data, 'buckets')).toHaveLength(1);
        const elsewhere = await settled(service.listBuckets({ location: 'sh1a' }));
        expect(elsewhere.data).toEqual({ count: 0, buckets: [] });
        await bucket.put('k', '1');
        expect((await settled(bucket.sdk.delete())).data).toMatchObject({
          code: 'bucket_not_empty',
        });
        await bucket.sdk.deleteObject('k');
        expect((await bucket.sdk.delete()).status).toBe(204);
        expect((await settled(bucket.sdk.head())).status).toBe(404);
        expect((await settled(bucket.sdk.listObjects())).data).toMatchObject({
          code: 'bucket_not_exists',
        });
      });

      test('let everybody read, or nobody', async () => {
        const bucket = await newBucket();
        const { accessKey } = store.endpoint;
        const mine = {
          grantee: { type: 'user', id: accessKey, name: accessKey },
          permission: 'FULL_CONTROL',
        };
        const all = { grantee: { type: 'group', name: 'QS_ALL_USERS' }, permission: 'READ' };
        const acl = async () => (await bucket.sdk.getACL()).data;
        expect(await acl()).toEqual({ owner: { id: accessKey, name: accessKey }, acl: [mine] });
        expect((await bucket.sdk.putACL({ acl: [mine, all] })).status).toBe(200);
        expect(await acl()).toMatchObject({ acl: [mine, all] });
        const refused = await settled(
          bucket.sdk.putACL({ acl: [{ ...all, permission: 'WRITE' }] }),
        );
        expect([refused.status, refused.data['code']]).toEqual([501, 'not_implemented']);
        await bucket.sdk.putACL({ acl: [mine] });
        expect(await acl()).toMatchObject({ acl: [mine] });
      });

      test('have CORS rules', async () => {
        const bucket = await newBucket();
        expect((await bucket.sdk.getCORS()).data).toEqual({ cors_rules: [] });
        const rule = {
          allowed_origin: 'http://*.qingcloud.com',
          allowed_methods: ['PUT', 'GET'],
          allowed_headers: ['x-qs-date'],
          expose_headers: ['ETag'],
          max_age_seconds: 200,
        };
        expect((await bucket.sdk.putCORS({ cors_rules: [rule] })).status).toBe(200);
        expect((await bucket.sdk.getCORS()).data).toEqual({ cors_rules: [rule] });
        expect((await bucket.sdk.deleteCORS()).status).toBe(204);
        expect((await bucket.sdk.getCORS()).data).toEqual({ cors_rules: [] });
      });
    });

    describe('objects', () => {
      let bucket: QsBucket;
      beforeAll(async () => {
        bucket = await newBucket();
      });

      test.each(['k', ODD, 'a//b', '/a', './../c', "it's (1)*!", '$&$1'])(
        '%j is written, read and deleted',
        async (key) => {
          const put = await bucket.sdk.putObject(key, {
            body: 'hello',
            'content-type': 'text/plain',
          });
          expect([put.status, put.headers['etag']]).toEqual([201, etagOf('hello')]);
          const got = await bucket.sdk.getObject(key);
          expect([
            got.data,
            got.headers['content-type'],
            got.headers['x-qs-storage-class'],
          ]).toEqual(['hello', 'text/plain', 'STANDARD']);
          const listed = listOf(
            (await settled(bucket.sdk.listObjects({ prefix: key }))).data,
            'keys',
          );
          expect(listed.map((each) => each['key'])).toEqual([key]);
          expect((await bucket.sdk.headObject(key)).headers['content-length']).toBe('5');
          expect((await bucket.sdk.deleteObject(key)).status).toBe(204);
          expect((await settled(bucket.sdk.getObject(key))).data).toMatchObject({
            code: 'object_not_exists',
          });
          expect((await bucket.sdk.deleteObject(key)).status).toBe(204);
        },
      );

      test('keep metadata with underscores in their names, and standard headers', async () => {
        const headers = { 'x-qs-meta-a_b': '1', 'x-qs-meta-c-d': '2', 'cache-control': 'no-cache' };
        await bucket.must(201, 'PUT', '/m', { headers, body: '1' });
        const head = await bucket.sdk.headObject('m');
        expect(head.headers).toMatchObject({
          'x-qs-meta-a_b': '1',
          'x-qs-meta-c-d': '2',
          'cache-control': 'no-cache',
        });
        const s3 = sdkAt(store.endpoint);
        const { Metadata } = await s3.send(new GetObjectCommand({ Bucket: bucket.name, Key: 'm' }));
        expect(Metadata).toEqual({ a_b: '1', 'c-d': '2' });
        s3.destroy();
      });

      test('are read in ranges, under conditions, and with other headers', async () => {
        await bucket.put('r', '0123456789');
        const part = await bucket.sdk.getObject('r', { range: 'bytes=2-4' });
        expect([part.status, String(part.data), part.headers['content-range']]).toEqual([
          206,
          '234',
          'bytes 2-4/10',
        ]);
        const beyond = await settled(bucket.sdk.getObject('r', { range: 'bytes=20-' }));
        expect([beyond.status, beyond.data['code']]).toEqual([416, 'invalid_range']);
        const etag = etagOf('0123456789');
        const same = await settled(bucket.sdk.getObject('r', { 'if-none-match': etag }));
        expect(same.status).toBe(304);
        const since = { 'if-modified-since': new Date(Date.now() + 60_000).toUTCString() };
        expect((await settled(bucket.sdk.getObject('r', since))).status).toBe(304);
        const other = await settled(bucket.sdk.getObject('r', { 'if-match': '"0"' }));
        expect([other.status, other.data['code']]).toEqual([412, 'precondition_failed']);
        const overrides = {
          'response-content-type': 'text/x',
          'response-content-disposition': 'attachment; filename="a&b.txt"',
        };
        expect((await bucket.sdk.getObject('r', overrides)).headers).toMatchObject({
          'content-type': 'text/x',
          'content-disposition': 'attachment; filename="a&b.txt"',
        });
      });

      test('are kept only if they match their sums', async () => {
        const options = { body: 'hello', 'content-md5': md5('other') };
        const bad = await settled(bucket.sdk.putObject('sum', options));
        expect([bad.status, bad.data['code']]).toEqual([400, 'bad_digest']);
        expect((await settled(bucket.sdk.headObject('sum'))).status).toBe(404);
      });

      test('come as streams', async () => {
        const body = Readable.from([Buffer.from('hello '), Buffer.from('world')]);
        expect((await bucket.sdk.putObject('stream', { body })).status).toBe(201);
        expect((await bucket.sdk.getObject('stream')).data).toBe('hello world');
      });

      test('are neither encrypted nor stored otherwise', async () => {
        const other = { headers: { 'x-qs-storage-class': 'STANDARD_IA' }, body: '' };
        expect(await codes(bucket, 'PUT', '/x', other)).toEqual([501, 'not_implemented']);
        const encrypted = { headers: { 'x-qs-encryption-customer-algorithm': 'AES256' }, body: '' };
        expect(await codes(bucket, 'PUT', '/x', encrypted)).toEqual([501, 'not_implemented']);
        expect(await codes(bucket, 'POST', '/x?append&position=0', { body: '1' })).toEqual([
          501,
          'not_implemented',
        ]);
      });

      test('many at once are deleted', async () => {
        for (const key of ['d1', ODD]) await bucket.put(key, '1');
        const objects = [{ key: 'd1' }, { key: ODD }, { key: 'never' }];
        const { data } = await bucket.sdk.deleteMultipleObjects({ objects });
        expect(data).toEqual({ deleted: objects, errors: [] });
        const quiet = await bucket.sdk.deleteMultipleObjects({ objects, quiet: true });
        expect(quiet.data).toEqual({ errors: [] });
        const document = { objects: [{ key: 'd1' }] };
        expect(await codes(bucket, 'POST', '?delete', { document })).toEqual([
          400,
          'invalid_request',
        ]);
        const headers = { 'content-md5': md5('{}') };
        expect(await codes(bucket, 'POST', '?delete', { headers, document })).toEqual([
          400,
          'bad_digest',
        ]);
        for (const [body, code] of [
          ['{', 'invalid_json'],
          ['{"objects":[]}', 'invalid_request'],
          ['{"objects":[{"key":"\\ud800"}]}', 'invalid_request'],
        ] as const)
          expect(
            await codes(bucket, 'POST', '?delete', { headers: { 'content-md5': md5(body) }, body }),
          ).toEqual([400, code]);
      });

      test('are listed over several pages', async () => {
        const many = await newBucket();
        const keys = ['a', 'b/1', 'b/2', 'c', ODD, 'z'].sort();
        for (const key of keys) await many.put(key, key);
        const pages: Document[] = [];
        for (let marker = ''; pages.length === 0 || marker !== '';) {
          const { data } = await settled(
            many.sdk.listObjects({ delimiter: '/', limit: 2, marker }),
          );
          pages.push(data);
          marker = String(data['next_marker']);
        }
        expect(pages.map(({ has_more }) => has_more)).toEqual([true, true, false]);
        const prefixes = pages.flatMap(({ common_prefixes }) => common_prefixes as string[]);
        expect(prefixes).toEqual(['b/', 'dir/']);
        const listed = pages.flatMap((page) => listOf(page, 'keys').map(({ key }) => key));
        expect(listed).toEqual(['a', 'c', 'z']);
        expect((await settled(many.sdk.listObjects({ limit: 'x' }))).data).toMatchObject({
          code: 'invalid_argument',
        });
      });
    });

    describe('copies', () => {
      test('are of an object, of its metadata or with others', async () => {
        const bucket = await newBucket();
        const meta = { 'x-qs-meta-a': '1' };
        await bucket.must(201, 'PUT', [ODD], {
          headers: { ...meta, 'content-type': 'text/x' },
          body: 'one',
        });
        await bucket.must(201, 'PUT', '/plain é+1', {
          headers: { ...meta, 'content-type': 'text/x' },
          body: 'one',
        });
        const plain = `/${bucket.name}/plain é+1`;
        const made1 = await bucket.must(201, 'PUT', '/copy', {
          headers: { 'x-qs-copy-source': plain },
        });
        expect(made1.headers['etag']).toBe(etagOf('one'));
        expect((await bucket.sdk.headObject('copy')).headers).toMatchObject({
          ...meta,
          'content-type': 'text/x',
        });
        const replace = {
          'x-qs-copy-source': plain,
          'x-qs-metadata-directive': 'replace',
          'x-qs-meta-b': '2',
          'content-type': 'text/y',
        };
        await bucket.must(201, 'PUT', '/copy', { headers: replace });
        const { headers } = await bucket.sdk.headObject('copy');
        expect([headers['x-qs-meta-a'], headers['x-qs-meta-b'], headers['content-type']]).toEqual([
          undefined,
          '2',
          'text/y',
        ]);
        const itself = { headers: { 'x-qs-copy-source': `/${bucket.name}/copy` } };
        const unchanged = await bucket.must(201, 'PUT', '/copy', itself);
        expect(unchanged.headers['etag']).toBe(etagOf('one'));
        expect((await bucket.sdk.headObject('copy')).headers['x-qs-meta-b']).toBe('2');
      });

      test('are made under conditions on the source', async () => {
        const bucket = await newBucket();
        await bucket.put('a', '1');
        const conditioned = (name: string, value: string) =>
          codes(bucket, 'PUT', '/b', {
            headers: {
              'x-qs-copy-source': `/${bucket.name}/a`,
              [`x-qs-copy-source-${name}`]: value,
            },
          });
        expect(await conditioned('if-match', '0')).toEqual([412, 'precondition_failed']);
        const none = createHash('md5').update('1').digest('hex');
        expect(await conditioned('if-none-match', none)).toEqual([412, 'precondition_failed']);
        expect((await conditioned('if-match', none))[0]).toBe(201);
        const missing = { headers: { 'x-qs-copy-source': `/${bucket.name}/missing` } };
        expect(await codes(bucket, 'PUT', '/b', missing)).toEqual([404, 'object_not_exists']);
      });

      test('move an object, if nothing can be lost by that', async () => {
        const bucket = await newBucket();
        const move = (source: string, target: string) =>
          bucket.ask('PUT', `/${target}`, {
            headers: { 'x-qs-move-source': `/${bucket.name}/${source}` },
          });
        await bucket.put('a', '1');
        expect((await move('a', 'b')).data).toMatchObject({ code: 'not_implemented' });
        expect(await text(bucket, '/a')).toBe('1');
        await bucket.setVersions('ENABLED');
        await bucket.must(201, 'PUT', '/a', { headers: { 'x-qs-meta-a': '1' }, body: '2' });
        expect((await move('a', 'b')).status).toBe(201);
        expect(await codes(bucket, 'GET', '/a')).toEqual([404, 'object_not_exists']);
        const moved = await bucket.must(200, 'GET', '/b');
        expect([textOf(moved), moved.headers['x-qs-meta-a']]).toEqual(['2', '1']);
        expect((await move('b', 'b')).data).toMatchObject({ code: 'invalid_request' });
        expect((await move('a', 'c')).data).toMatchObject({ code: 'object_not_exists' });
        expect(await text(bucket, '/b')).toBe('2');
      });
    });

    describe('versions', () => {
      test('are switched on and off', async () => {
        const bucket = await newBucket();
        const status = async () => (await bucket.must(200, 'GET', '?versioning')).data;
        expect(await status()).toEqual({ status: 'DISABLED' });
        for (const wanted of ['ENABLED', 'SUSPENDED'] as const) {
          await bucket.setVersions(wanted);
          expect(await status()).toEqual({ status: wanted });
        }
        for (const document of [{ status: 'DISABLED' }, { status: 1 }, { other: 1 }])
          expect(await codes(bucket, 'PUT', '?versioning', { document })).toEqual([
            400,
            'invalid_request',
          ]);
      });

      test('are read by their ids, restored by a copy, and removed', async () => {
        const bucket = await newBucket('ENABLED');
        const ids = [await bucket.put(ODD, '1'), await bucket.put(ODD, '2')];
        expect(new Set(ids).size).toBe(2);
        expect(await text(bucket, [ODD, `version_id=${ids[0]}`])).toBe('1');
        const head = await bucket.must(200, 'HEAD', [ODD, `version_id=${ids[0]}`]);
        expect(head.headers['x-qs-version-id']).toBe(ids[0]);
        await bucket.put('plain', 'first');
        const [listed] = listOf(await versions(bucket, { prefix: 'plain' }), 'keys');
        const id = String(listed?.['version_id']);
        await bucket.put('plain', 'second');
        const source = `/${bucket.name}/plain?version_id=${id}`;
        const restored = await bucket.must(201, 'PUT', '/plain', {
          headers: { 'x-qs-copy-source': source },
        });
        expect(await text(bucket, '/plain')).toBe('first');
        expect([id, '']).not.toContain(restored.headers['x-qs-version-id']);
        expect(listOf(await versions(bucket, { prefix: 'plain' }), 'keys')).toHaveLength(3);
        await bucket.must(
          204,
          'DELETE',
          `/plain?version_id=${restored.headers['x-qs-version-id']}`,
        );
        expect(await text(bucket, '/plain')).toBe('second');
        expect(
          await codes(bucket, 'GET', `/plain?version_id=${restored.headers['x-qs-version-id']}`),
        ).toEqual([404, 'object_not_exists']);
      });

      test('an id that is not signed is refused, and the error says why', async () => {
        const bucket = await newBucket('ENABLED');
        const id = await bucket.put('k', '1');
        for (const method of ['GET', 'DELETE']) {
          const { status, data } = await bucket.ask(method, '/k', { params: { version_id: id } });
          expect([status, data['code']]).toEqual([401, 'signature_not_matched']);
          expect(data['message']).toMatch(/does not cover version_id.*in the uri/);
        }
        expect(await text(bucket, '/k')).toBe('1');
      });

      test('delete markers are reported as by QingStor', async () => {
        const bucket = await newBucket('ENABLED');
        const removed = async (target: string) => {
          const { headers } = await bucket.must(204, 'DELETE', target);
          return [headers['x-qs-version-id'], headers['x-qs-delete-marker']] as const;
        };
        const id = await bucket.put('k', '1');
        const [first, was] = await removed('/k');
        expect(was).toBeUndefined();
        const [second, then] = await removed('/k');
        expect([then, new Set([id, first, second]).size]).toEqual(['true', 3]);
        const read = await bucket.ask('GET', '/k');
        expect([read.status, read.data['code'], read.headers['x-qs-delete-marker']]).toEqual([
          404,
          'object_not_exists',
          'true',
        ]);
        expect((await bucket.ask('HEAD', '/k')).headers['x-qs-delete-marker']).toBe('true');
        const byId = await bucket.ask('GET', `/k?version_id=${first}`);
        expect([
          byId.status,
          byId.data['code'],
          byId.headers['x-qs-delete-marker'],
          byId.headers['allow'],
        ]).toEqual([405, 'method_not_allowed', 'true', 'DELETE']);
        expect((await bucket.ask('HEAD', `/k?version_id=${first}`)).status).toBe(405);
        expect(await removed(`/k?version_id=${second}`)).toEqual([second, 'true']);
        expect(await removed(`/k?version_id=${first}`)).toEqual([first, 'true']);
        expect(await text(bucket, '/k')).toBe('1');
        expect(await removed(`/k?version_id=${id}`)).toEqual([id, undefined]);
        expect(listOf(await versions(bucket), 'keys')).toEqual([]);
      });

      test('objects from before, and those written while they are off, are null', async () => {
        const bucket = await newBucket();
        await bucket.put('k', '1');
        expect(listOf(await versions(bucket), 'keys')).toMatchObject([
          { version_id: 'null', is_latest: true },
        ]);
        await bucket.setVersions('ENABLED');
        const id = await bucket.put('k', '2');
        await bucket.setVersions('SUSPENDED');
        expect(await bucket.put('k', '3')).toBe('null');
        const listed = listOf(await versions(bucket), 'keys');
        expect(listed.map(({ version_id }) => version_id)).toEqual(['null', id]);
        expect(await text(bucket, '/k?version_id=null')).toBe('3');
      });

      test('many are deleted by their ids', async () => {
        const bucket = await newBucket('ENABLED');
        const ids = [await bucket.put('k', '1'), await bucket.put('k', '2')];
        const objects = [
          { key: 'k', version_id: ids[1] },
          { key: 'k', version_id: 'bogus' },
        ];
        const { data } = await settled(bucket.sdk.deleteMultipleObjects({ objects }));
        expect(data['deleted']).toEqual([objects[0]]);
        expect(listOf(data, 'errors')).toMatchObject([
          { key: 'k', version_id: 'bogus', code: 'invalid_argument' },
        ]);
        expect(await text(bucket, '/k')).toBe('1');
      });

      test('are listed over several pages, with either spelling of the marker', async () => {
        const bucket = await newBucket('ENABLED');
        for (const key of ['a', 'a', 'a', 'b/1', 'b/2', ODD, ODD]) await bucket.put(key, key);
        await bucket.must(204, 'DELETE', '/a');
        const whole = await versions(bucket);
        expect(whole['has_more']).toBe(false);
        const keys = listOf(whole, 'keys');
        expect(keys.map(({ key }) => key)).toEqual(['a', 'a', 'a', 'a', 'b/1', 'b/2', ODD, ODD]);
        for (const spelling of ['version_id_marker', 'version-id-marker']) {
          const entries: Document[] = [];
          for (let markers = {}; ;) {
            const page = await versions(bucket, { limit: 3, ...markers });
            entries.push(...listOf(page, 'keys'));
            if (page['has_more'] === false) break;
            markers = {
              key_marker: page['next_key_marker'],
              [spelling]: page['next_version_id_marker'],
            };
          }
          expect(entries).toEqual(keys);
        }
        const folded = await versions(bucket, { delimiter: '/', limit: 5 });
        expect([
          folded['common_prefixes'],
          folded['next_key_marker'],
          folded['next_version_id_marker'],
        ]).toEqual([['b/'], 'b/', '']);
        expect(
          await codes(bucket, 'GET', '?versions', { params: { version_id_marker: '1' } }),
        ).toEqual([400, 'invalid_argument']);
      });
    });

    describe('uploads in parts', () => {
      const begin = async (bucket: QsBucket, key: string, options = {}) => {
        const { data } = await settled(bucket.sdk.initiateMultipartUpload(key, options));
        expect(data).toEqual({ bucket: bucket.name, key, upload_id: expect.any(String) as string });
        return String(data['upload_id']);
      };

      test('are numbered as a client likes, completed with etags or without, and a version like others', async () => {
        const bucket = await newBucket('ENABLED');
        const before = await bucket.put('big', 'before');
        const [first, second] = [randomBytes(PART), Buffer.from('end')];
        for (const numbers of [
          [0, 1],
          [1, 2],
          [3, 10_000],
        ] as const) {
          for (const withEtags of [true, false]) {
            const upload_id = await begin(bucket, 'big', { 'content-type': 'text/x' });
            for (const [i, body] of [first, second].entries()) {
              const target = `/big?part_number=${numbers[i]}&upload_id=${upload_id}`;
              const { headers } = await bucket.must(201, 'PUT', target, { body });
              expect(headers['etag']).toBe(etagOf(body));
            }
            const listed = await settled(bucket.sdk.listMultipart('big', { upload_id }));
            const parts = listOf(listed.data, 'object_parts');
            expect(parts.map(({ part_number, size }) => [part_number, size])).toEqual([
              [numbers[0], PART],
              [numbers[1], 3],
            ]);
            const object_parts = parts.map(({ part_number, etag }) =>
              withEtags ? { part_number, etag } : { part_number },
            );
            const done = await bucket.sdk.completeMultipartUpload('big', {
              upload_id,
              object_parts,
            });
            expect([done.status, done.headers['etag']]).toEqual([
              201,
              multipartEtagOf([first, second]),
            ]);
            // retries, as if the response had been lost
            const again = await bucket.sdk.completeMultipartUpload('big', {
              upload_id,
              object_parts,
            });
            expect(again.headers['x-qs-version-id']).toBe(done.headers['x-qs-version-id']);
            const head = await bucket.sdk.headObject('big');
            expect([head.headers['content-length'], head.headers['content-type']]).toEqual([
              String(PART + 3),
              'text/x',
            ]);
          }
        }
        expect(await text(bucket, `/big?version_id=${before}`)).toBe('before');
        expect(listOf(await versions(bucket), 'keys')).toHaveLength(7);
      });

      test('have of each number the last part, and may be left or ended', async () => {
        const bucket = await newBucket();
        const upload_id = await begin(bucket, 'k');
        const put = async (body: string) =>
          bucket.sdk.uploadMultipart('k', { part_number: 1, upload_id, body });
        for (const body of ['one', 'two']) await put(body);
        const uploads = await settled(bucket.sdk.listMultipartUploads({ prefix: 'k' }));
        expect(uploads.data).toMatchObject({
          name: bucket.name,
          prefix: 'k',
          limit: 200,
          has_more: false,
          uploads: [{ key: 'k', upload_id, created: expect.stringMatching(/Z$/) as string }],
        });
        await bucket.sdk.completeMultipartUpload('k', {
          upload_id,
          object_parts: [{ part_number: 1 }],
        });
        expect((await bucket.sdk.getObject('k')).data).toBe('two');
        const other = await begin(bucket, 'k');
        expect((await bucket.sdk.abortMultipartUpload('k', { upload_id: other })).status).toBe(204);
        const gone = await settled(bucket.sdk.listMultipart('k', { upload_id: other }));
        expect([gone.status, gone.data['code']]).toEqual([404, 'upload_not_exists']);
      });

      test('are refused with the reason', async () => {
        const bucket = await newBucket();
        const id = await begin(bucket, 'k');
        const part = (number: number) => `/k?part_number=${number}&upload_id=${id}`;
        for (const number of [0, 1]) await bucket.must(201, 'PUT', part(number), { body: 'small' });
        expect(await codes(bucket, 'PUT', part(10_001), { body: '' })).toEqual([
          400,
          'invalid_argument',
        ]);
        expect(await codes(bucket, 'PUT', '/k?part_number=1', { body: '' })).toEqual([
          400,
          'invalid_argument',
        ]);
        const complete = (object_parts: unknown) =>
          codes(bucket, 'POST', `/k?upload_id=${id}`, { document: { object_parts } });
        expect(await complete([{ part_number: 0 }, { part_number: 1 }])).toEqual([
          400,
          'entity_too_small',
        ]);
        expect(await complete([{ part_number: 1 }, { part_number: 0 }])).toEqual([
          400,
          'invalid_argument',
        ]);
        expect(await complete([])).toEqual([400, 'invalid_request']);
        expect(await complete([{ part_number: 1, etag: '0'.repeat(32) }])).toEqual([
          400,
          'invalid_argument',
        ]);
      });

      test('have parts that are copied', async () => {
        const bucket = await newBucket();
        await bucket.put('source', '0123456789');
        const id = await begin(bucket, 'k');
        const headers = {
          'x-qs-copy-source': `/${bucket.name}/source`,
          'x-qs-copy-range': 'bytes=2-4',
        };
        const copied = await bucket.must(201, 'PUT', `/k?part_number=0&upload_id=${id}`, {
          headers,
        });
        expect(copied.headers).toMatchObject({
          etag: etagOf('234'),
          'x-qs-content-copy-range': 'bytes 2-4/10',
        });
        await bucket.must(201, 'POST', `/k?upload_id=${id}`, {
          document: { object_parts: [{ part_number: 0 }] },
        });
        expect((await bucket.sdk.getObject('k')).headers['content-length']).toBe('3');
      });

      test('have the same numbers through the API of S3', async () => {
        const bucket = await newBucket();
        const id = await begin(bucket, 'k');
        for (const [number, body] of [
          [0, 'x'.repeat(5 * 1024 * 1024)],
          [1, 'end'],
        ] as const)
          await bucket.must(201, 'PUT', `/k?part_number=${number}&upload_id=${id}`, { body });
        const s3 = sdkAt(store.endpoint);
        const named = { Bucket: bucket.name, Key: 'k', UploadId: id };
        const { Parts = [] } = await s3.send(new ListPartsCommand(named));
        expect(Parts.map(({ PartNumber }) => PartNumber)).toEqual([0, 1]);
        const MultipartUpload = {
          Parts: Parts.map(({ PartNumber, ETag }) => ({ PartNumber, ETag })),
        };
        await s3.send(new CompleteMultipartUploadCommand({ ...named, MultipartUpload }));
        expect((await bucket.sdk.headObject('k')).headers['content-length']).toBe(
          String(5 * 1024 * 1024 + 3),
        );
        s3.destroy();
      });
    });

    describe('signed URLs', () => {
      test('read an object, or a version of it, for a while', async () => {
        const bucket = await newBucket('ENABLED');
        const id = await bucket.put(ODD, '1');
        await bucket.put(ODD, '2');
        const url = async (target: Target, seconds: number) =>
          (await bucket.request('GET', target).signQuery(seconds)).operation.uri;
        const fetched = async (address: string) => {
          const response = await fetch(address);
          return [response.status, await response.text()] as const;
        };
        expect(await fetched(await url([ODD], 60))).toEqual([200, '2']);
        const versioned = await url([ODD, `version_id=${id}`], 60);
        expect(await fetched(versioned)).toEqual([200, '1']);
        const [status, body] = await fetched(await url([ODD], -60));
        expect([status, body]).toEqual([
          403,
          expect.stringContaining('"request_expired"') as string,
        ]);
        const [changed] = await fetched(versioned.replace(id, 'null'));
        expect(changed).toBe(401);
        const native = await bucket.sdk
          .getObjectRequest(ODD, { 'response-content-type': 'text/x' })
          .signQuery(60);
        const answer = await fetch(native.operation.uri);
        expect([answer.headers.get('content-type'), await answer.text()]).toEqual(['text/x', '2']);
        // otherwise the file's name could choose a version
        const text = { 'response-content-disposition': `x&version_id=${id}` };
        const { uri } = (await bucket.sdk.getObjectRequest(ODD, text).signQuery(60)).operation;
        expect(await fetched(uri)).toEqual([200, '2']);
        const split = uri.replace('x%26version_id%3D', 'x&version_id=');
        expect(split).not.toBe(uri);
        expect(await fetched(split)).toEqual([403, expect.stringContaining('"permission_denied"')]);
        const other = await fetch((await bucket.request('PUT', [ODD]).signQuery(60)).operation.uri);
        expect(other.status).toBe(401);
        await other.text();
      });
    });

    test('a client that is unknown, or signs wrongly, is refused', async () => {
      const { name } = await newBucket();
      const stranger = QsBucket.at({ ...store.endpoint, accessKey: 'nobody' }, name);
      expect(await codes(stranger, 'GET', '')).toEqual([401, 'invalid_access_key_id']);
      const wrong = QsBucket.at({ ...store.endpoint, secretKey: 'wrong' }, name);
      expect(await codes(wrong, 'GET', '')).toEqual([401, 'signature_not_matched']);
      const late = { headers: { 'x-qs-date': new Date(Date.now() - 3_600_000).toUTCString() } };
      const bucket = QsBucket.at(store.endpoint, name);
      const answer = await settled(bucket.request('GET', '', late).send());
      // its encodeURI does not change such a date
      expect([answer.status, answer.data['code']]).toEqual([403, 'request_expired']);
      expect(Date.parse(answer.headers['date'] ?? '')).not.toBeNaN();
      expect(answer.headers['x-qs-request-id']).toBe(answer.data['request_id']);
    });
  },
  STORES_OF_DEPTH,
);
