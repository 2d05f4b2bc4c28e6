import { createHash } from 'node:crypto';
import { ask as askStore, type Caller } from '../../../src/buckets/caller';
import { toBytes } from '../../../src/http/bytes';
import { Headers } from '../../../src/http/headers';
import { askS3, codeOf, elements, type Sent } from '../../support/clients/s3/unsigned';
import type { BucketStore } from '../../support/stores/bucket_store';
import { uniqueName } from '../../support/clients/containers';

/** A key as bytes, as requests contain them. */
const ODD = toBytes('k é');
const ENABLED = '<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>';
const md5 = (text: string) => createHash('md5').update(text).digest('hex');
const deleting = (inner: string): Sent => ({
  body: `<Delete>${inner}</Delete>`,
  checksums: new Map([['crc32', 'seen']]),
});

/** S3's operations over a store, except for signatures. */
export function s3OperationsSuite(
  open: () => Promise<BucketStore>,
  test: jest.It = globalThis.test,
): void {
  let store: BucketStore;
  let count = 0;
  const ask = (line: string, options?: Sent) => askS3(store.caller, line, options);
  const newBucket = async (versioned = false) => {
    const bucket = `ops-${++count}-${Date.now()}`;
    expect((await ask(`PUT /${bucket}`)).status).toBe(200);
    if (versioned)
      expect((await ask(`PUT /${bucket}?versioning`, { body: ENABLED })).status).toBe(200);
    return bucket;
  };
  const put = async (bucket: string, key: string, body: string, headers = {}) => {
    const answer = await ask(`PUT /${bucket}/${key}`, { body, headers });
    expect(answer.status).toBe(200);
    return answer.headers.get('x-amz-version-id') ?? 'null';
  };

  beforeAll(async () => {
    store = await open();
  }, 60_000);
  afterAll(() => store.close());

  test('buckets are made once, listed, located, and deleted when they are empty', async () => {
    const bucket = await newBucket();
    expect(codeOf(await ask('PUT /Not_New'))).toBe('InvalidBucketName');
    expect(codeOf(await ask('GET /no+name'))).toBe('InvalidBucketName');
    expect(elements(await ask('GET /'), 'Name')).toContain(bucket);
    expect((await ask(`HEAD /${bucket}`)).status).toBe(200);
    expect((await ask(`GET /${bucket}?location`)).text).toContain('<LocationConstraint xmlns=');
    const elsewhere =
      '<CreateBucketConfiguration><LocationConstraint>mars</LocationConstraint></CreateBucketConfiguration>';
    expect(codeOf(await ask('PUT /elsewhere', { body: elsewhere }))).toBe(
      'InvalidLocationConstraint',
    );
    await put(bucket, 'a', '1');
    expect(codeOf(await ask(`DELETE /${bucket}`))).toBe('BucketNotEmpty');
    expect((await ask(`DELETE /${bucket}/a`)).status).toBe(204);
    expect((await ask(`DELETE /${bucket}`)).status).toBe(204);
    for (const gone of [
      `GET /${bucket}`,
      `GET /${bucket}/a`,
      `PUT /${bucket}/a`,
      `DELETE /${bucket}/a`,
      `DELETE /${bucket}`,
    ])
      expect([gone, codeOf(await ask(gone))]).toEqual([gone, 'NoSuchBucket']);
  });

  test('the versions of a bucket are switched on and off', async () => {
    const bucket = await newBucket();
    expect((await ask(`GET /${bucket}?versioning`)).text).not.toContain('Status');
    const wrong = ENABLED.replace('Enabled', 'Disabled');
    expect(codeOf(await ask(`PUT /${bucket}?versioning`, { body: wrong }))).toBe('MalformedXML');
    for (const status of ['Enabled', 'Suspended']) {
      const body = ENABLED.replace('Enabled', status);
      expect((await ask(`PUT /${bucket}?versioning`, { body })).status).toBe(200);
      expect(elements(await ask(`GET /${bucket}?versioning`), 'Status')).toEqual([status]);
    }
  });

  test('a container in a header mode is distinguished from that', async () => {
    const bucket = await newBucket();
    const archive = uniqueName('archive');
    const headers = Headers.of({ 'X-History-Location': archive });
    await askStore(store.caller, { method: 'POST', container: bucket, headers });
    expect(codeOf(await ask(`PUT /${bucket}?versioning`, { body: ENABLED }))).toBe(
      'InvalidBucketState',
    );
    expect(codeOf(await ask(`GET /${bucket}?versions`))).toBe('InvalidBucketState');
    await askStore(store.caller, { method: 'PUT', container: archive });
    for (const body of ['1', '2']) await put(bucket, 'a', body);
    const versions = await ask(`GET /${bucket}?versions&max-keys=1`);
    expect([versions.status, codeOf(versions)]).toEqual([409, 'InvalidBucketState']);
    expect((await ask(`GET /${bucket}/a`)).text).toBe('2');
    expect(elements(await ask(`GET /${bucket}?list-type=2`), 'Key')).toEqual(['a']);
  });

  test.each([false, true])(
    'what expires expires also when it has tags, versions: %s',
    async (versioned) => {
      const container = await newBucket(versioned);
      const at = { container, object: 'k' };
      const headers = Headers.of({ 'X-Delete-After': '1000' });
      await askStore(store.caller, { method: 'PUT', ...at, headers });
      const expiry = async () =>
        (
          await askStore(store.caller, { method: 'HEAD', ...at, query: { symlink: 'get' } })
        ).headers.get('x-delete-at');
      const before = await expiry();
      expect(before).toBeDefined();
      const body = '<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>';
      expect((await ask(`PUT /${container}/k?tagging`, { body })).status).toBe(200);
      expect(elements(await ask(`GET /${container}/k?tagging`), 'Value')).toEqual(['b']);
      expect(await expiry()).toBe(before);
    },
  );

  test('objects come back with all that was said of them', async () => {
    const bucket = await newBucket();
    const headers = {
      'Content-Type': 'text/plain;charset=utf-8',
      'Content-MD5': createHash('md5').update('hello').digest('base64'),
      'Content-Disposition': 'attachment',
      'Cache-Control': 'no-store',
      'x-amz-meta-foo_bar': '1',
      'x-amz-meta-foo-bar': '2',
      'x-amz-tagging': 'a=b&c=d',
    };
    const options = { body: 'hello', headers, checksums: new Map([['crc32', 'NhCmhg==']]) };
    const answer = await ask(`PUT /${bucket}/${ODD}`, options);
    expect(answer.headers.get('etag')).toBe(`"${md5('hello')}"`);
    expect(answer.headers.get('x-amz-checksum-crc32')).toBe('NhCmhg==');
    const mode = { headers: { 'x-amz-checksum-mode': 'ENABLED' } };
    for (const method of ['GET', 'HEAD']) {
      const got = await ask(`${method} /${bucket}/${ODD}`, mode);
      expect(got.status).toBe(200);
      expect(got.text).toBe(method === 'GET' ? 'hello' : '');
      const responseHeaders = Object.fromEntries(got.headers.entries());
      expect(responseHeaders).toMatchObject({
        etag: `"${md5('hello')}"`,
        'content-length': '5',
        'content-type': 'text/plain;charset=utf-8',
        'content-disposition': 'attachment',
        'cache-control': 'no-store',
        'x-amz-checksum-crc32': 'NhCmhg==',
        'x-amz-tagging-count': '2',
      });
      expect(
        Object.keys(responseHeaders).filter(
          (name) => name.includes('hindsight') || name.includes('object-meta'),
        ),
      ).toEqual([]);
      expect(
        got.headers.filter((_, name) => name === 'x-amz-meta-foo_bar').get('x-amz-meta-foo_bar'),
      ).toBe('1');
      expect(
        got.headers.filter((_, name) => name === 'x-amz-meta-foo-bar').get('x-amz-meta-foo-bar'),
      ).toBe('2');
    }
    const instead = await ask(`GET /${bucket}/${ODD}?response-content-type=x/y`);
    expect(instead.headers.get('content-type')).toBe('x/y');
  });

  test('objects that cannot be kept as they are sent are refused', async () => {
    const bucket = await newBucket();
    const refusal = async (headers: Record<string, string>) =>
      codeOf(await ask(`PUT /${bucket}/a`, { body: 'x', headers }));
    expect(await refusal({ 'Content-MD5': 'nonsense' })).toBe('InvalidDigest');
    expect(await refusal({ 'Content-MD5': createHash('md5').update('y').digest('base64') })).toBe(
      'BadDigest',
    );
    expect(await refusal({ 'x-amz-storage-class': 'GLACIER' })).toBe('InvalidStorageClass');
    expect(await refusal({ 'x-amz-server-side-encryption': 'aws:kms' })).toBe('NotImplemented');
    expect(await refusal({ 'x-amz-acl': 'nonsense' })).toBe('InvalidArgument');
    expect(await refusal({ 'x-amz-meta-hindsight-s3-x': '1' })).toBe('InvalidArgument');
    expect(await refusal({ 'x-amz-meta-a': 'x'.repeat(3000) })).toBe('MetadataTooLarge');
    expect(await refusal({ 'If-Modified-Since': 'Sat, 27 Jun 2015 00:00:00 GMT' })).toBe(
      'NotImplemented',
    );
    expect(codeOf(await ask(`PUT /${bucket}/${'k'.repeat(1025)}`))).toBe('KeyTooLongError');
    expect(codeOf(await ask(`GET /${bucket}/a`))).toBe('NoSuchKey');
  });

  test('ranges and parts are read', async () => {
    const bucket = await newBucket();
    await put(bucket, 'a', '0123456789');
    for (const method of ['GET', 'HEAD']) {
      const some = await ask(`${method} /${bucket}/a`, { headers: { Range: 'bytes=2-4' } });
      expect([
        some.status,
        some.headers.get('content-range'),
        some.headers.get('content-length'),
      ]).toEqual([206, 'bytes 2-4/10', '3']);
      const none = await ask(`${method} /${bucket}/a`, { headers: { Range: 'bytes=20-' } });
      expect([none.status, codeOf(none)]).toEqual([416, 'InvalidRange']);
    }
    expect(codeOf(await ask(`GET /${bucket}/a?partNumber=0`))).toBe('InvalidArgument');
  });

  test.each([false, true])(
    'an object without parts is its own first part, versions: %s',
    async (versioned) => {
      const bucket = await newBucket(versioned);
      const ids = [
        await put(bucket, 'a', '0123456789', { 'x-amz-checksum-crc32': 'unseen' }),
        await put(bucket, 'a', ''),
        await put(bucket, 'a', 'abc'),
      ];
      const read = async (method: string, number: number, id?: string, headers = {}) => {
        const version = id === undefined ? '' : `&versionId=${id}`;
        const line = `${method} /${bucket}/a?partNumber=${number}${version}`;
        const answer = await ask(line, { headers });
        const values = ['content-range', 'content-length', 'x-amz-mp-parts-count'].map((name) =>
          answer.headers.get(name),
        );
        return [answer.status, ...values, answer.status < 300 ? answer.text : codeOf(answer)];
      };
      for (const method of ['GET', 'HEAD']) {
        const text = (body: string) => (method === 'GET' ? body : '');
        const now = [206, 'bytes 0-2/3', '3', undefined, text('abc')];
        expect(await read(method, 1)).toEqual(now);
        expect(await read(method, 1, versioned ? ids[2] : 'null')).toEqual(now);
        if (versioned) {
          const whole = [206, 'bytes 0-9/10', '10', undefined, text('0123456789')];
          expect(await read(method, 1, ids[0])).toEqual(whole);
          // no range can name the bytes of an empty object
          expect(await read(method, 1, ids[1])).toEqual([200, undefined, '0', undefined, '']);
        }
        const [status, , , , code] = await read(method, 2);
        expect([status, code]).toEqual([416, 'InvalidPartNumber']);
        expect((await read(method, 1, undefined, { 'If-Match': '"0"' }))[0]).toBe(412);
        expect((await read(method, 1, undefined, { Range: 'bytes=0-1' }))[4]).toBe(
          'InvalidRequest',
        );
        const none = await read(method, 1, undefined, { 'If-None-Match': `"${md5('abc')}"` });
        expect([none[0], none[1]]).toEqual([304, undefined]);
      }
      await put(bucket, 'a', '');
      expect(await read('GET', 1)).toEqual([200, undefined, '0', undefined, '']);
      expect((await read('GET', 2))[4]).toBe('InvalidPartNumber');
      const beyond = await ask(`GET /${bucket}/a?partNumber=3`);
      expect([
        elements(beyond, 'PartNumberRequested'),
        elements(beyond, 'ActualPartCount'),
      ]).toEqual([['3'], ['1']]);
    },
  );

  test("one's own bucket is created again in us-east-1 only, and loses nothing", async () => {
    const bucket = await newBucket(true);
    await put(bucket, 'a', '1');
    const readers = async () =>
      elements(await ask(`GET /${bucket}?acl`), 'Permission').filter((each) => each === 'READ');
    expect(await readers()).toEqual([]);
    const again = (headers = {}) => ask(`PUT /${bucket}`, { headers });
    expect((await again({ 'x-amz-acl': 'public-read' })).headers.get('location')).toBe(
      `/${bucket}`,
    );
    expect(await readers()).toEqual(['READ']);
    expect((await again()).status).toBe(200);
    expect(await readers()).toEqual(['READ']);
    expect((await again({ 'x-amz-acl': 'private' })).status).toBe(200);
    expect(await readers()).toEqual([]);
    expect((await ask(`GET /${bucket}/a`)).text).toBe('1');
    expect((await ask(`GET /${bucket}?versioning`)).text).toContain('Enabled');
    expect(codeOf(await again({ 'x-amz-acl': 'nonsense' }))).toBe('InvalidArgument');
    const elsewhere = await askS3(store.caller, `PUT /${bucket}`, {}, { location: 'mars' });
    expect([elsewhere.status, codeOf(elsewhere)]).toEqual([409, 'BucketAlreadyOwnedByYou']);
    const sameElsewhere = await askS3(
      store.caller,
      `PUT /${bucket}`,
      { headers: { 'x-amz-acl': 'public-read' } },
      { location: 'mars' },
    );
    expect(codeOf(sameElsewhere)).toBe('BucketAlreadyOwnedByYou');
    expect(await readers()).toEqual([]);
  });

  test.each([
    ['letters', 'k', 'v'],
    ['letters of three bytes', '\u4e2d', '\u6587'],
    ['letters of two units of UTF-16', '\u{1d4d0}', '\u{1d4d1}'],
  ])('ten tags of the greatest size are kept: %s', async (_, key, value) => {
    const bucket = await newBucket(true);
    const other = await newBucket();
    const fill = (char: string, units: number, end = '') =>
      char.repeat((units - end.length) / char.length).padEnd(units - end.length, 'x') + end;
    const tags = Array.from({ length: 10 }, (_, i) => [
      fill(key, 128, `a${i}`),
      fill(value, 256, `b${i}`),
    ]);
    const document = (all: readonly (readonly string[])[]) =>
      `<Tagging><TagSet>${all
        .map(([name, text]) => `<Tag><Key>${name}</Key><Value>${text}</Value></Tag>`)
        .join('')}</TagSet></Tagging>`;
    const tagsOf = async (path: string) => {
      const answer = await ask(`GET /${path}${path.includes('?') ? '&' : '?'}tagging`);
      const values = elements(answer, 'Value');
      return elements(answer, 'Key').map((name, i) => [name, values[i]]);
    };
    const metadata = { 'x-amz-meta-m': 'x'.repeat(256), 'x-amz-meta-n': 'y'.repeat(256) };
    const first = await put(bucket, 'a', '1', { ...metadata, 'x-amz-tagging': 'old=1' });
    expect((await ask(`PUT /${bucket}/a?tagging`, { body: document(tags) })).status).toBe(200);
    expect(await tagsOf(`${bucket}/a`)).toEqual(tags);
    const query = tags.map((each) => each.map(encodeURIComponent).join('=')).join('&');
    const second = await put(bucket, 'a', '2', { ...metadata, 'x-amz-tagging': query });
    expect(await tagsOf(`${bucket}/a`)).toEqual(tags);
    expect(await tagsOf(`${bucket}/a?versionId=${first}`)).toEqual(tags);
    const head = await ask(`HEAD /${bucket}/a`);
    expect(head.headers.get('x-amz-tagging-count')).toBe('10');
    expect(head.headers.get('x-amz-meta-n')).toBe('y'.repeat(256));
    for (const to of [`${bucket}/copy`, `${other}/copy`]) {
      const headers = { 'x-amz-copy-source': `${bucket}/a` };
      expect((await ask(`PUT /${to}`, { headers })).status).toBe(200);
      expect(await tagsOf(to)).toEqual(tags);
      expect((await ask(`HEAD /${to}`)).headers.get('x-amz-meta-m')).toBe('x'.repeat(256));
      const tagged = { ...headers, 'x-amz-tagging-directive': 'REPLACE', 'x-amz-tagging': query };
      expect((await ask(`PUT /${to}`, { headers: tagged })).status).toBe(200);
      expect(await tagsOf(to)).toEqual(tags);
    }
    expect((await ask(`DELETE /${bucket}/a?tagging`)).status).toBe(204);
    expect(await tagsOf(`${bucket}/a`)).toEqual([]);
    expect(await tagsOf(`${bucket}/a?versionId=${second}`)).toEqual([]);
    expect(await tagsOf(`${bucket}/a?versionId=${first}`)).toEqual(tags);
    const [[longKey = '', longValue = ''] = []] = tags;
    for (const tag of [
      [`${longKey}x`, 'v'],
      ['k', `${longValue}x`],
    ])
      expect(codeOf(await ask(`PUT /${bucket}/a?tagging`, { body: document([tag]) }))).toBe(
        'InvalidTag',
      );
    const eleven = document([...tags, ['k', 'v']]);
    expect(codeOf(await ask(`PUT /${bucket}/a?tagging`, { body: eleven }))).toBe('InvalidTag');
  });

  test('tags of an object that Swift copied from another bucket are missed, not lost silently', async () => {
    const [bucket, other] = [await newBucket(), await newBucket()];
    const value = 'v'.repeat(256);
    const query = Array.from({ length: 10 }, (_, i) => `k${i}=${value}`).join('&');
    await put(bucket, 'a', '1', { 'x-amz-tagging': query });
    const response = await askStore(store.caller, {
      method: 'PUT',
      container: other,
      object: 'a',
      headers: Headers.of({ 'X-Copy-From': `${bucket}/a` }),
    });
    expect(response.status).toBe(201);
    expect((await ask(`GET /${other}/a`)).text).toBe('1');
    const missing = await ask(`GET /${other}/a?tagging`);
    expect([missing.status, codeOf(missing)]).toEqual([409, 'OperationAborted']);
    const again = '<Tagging><TagSet><Tag><Key>k</Key><Value>v</Value></Tag></TagSet></Tagging>';
    expect((await ask(`PUT /${other}/a?tagging`, { body: again })).status).toBe(200);
    expect(elements(await ask(`GET /${other}/a?tagging`), 'Value')).toEqual(['v']);
  });

  test.each([false, true])(
    'a range is taken of the content it is meant of only, versions: %s',
    async (versioned) => {
      const bucket = await newBucket(versioned);
      const old = md5('0123456789');
      await put(bucket, 'a', 'abcdefgh');
      const modified = (await ask(`HEAD /${bucket}/a`)).headers.get('last-modified') ?? '';
      const read = async (method: string, ifRange: string, Range = 'bytes=2-4', more = {}) => {
        const { status, headers, text } = await ask(`${method} /${bucket}/a`, {
          headers: { Range, 'If-Range': ifRange, ...more },
        });
        return [status, headers.get('content-length'), text];
      };
      for (const is of [`"${md5('abcdefgh')}"`, md5('abcdefgh'), modified]) {
        expect(await read('GET', is)).toEqual([206, '3', 'cde']);
        expect(await read('HEAD', is)).toEqual([206, '3', '']);
        expect((await read('GET', is, 'bytes=8-'))[0]).toBe(416);
      }
      const before = new Date(Date.parse(modified) - 1000).toUTCString();
      const after = new Date(Date.parse(modified) + 1000).toUTCString();
      for (const other of [`"${old}"`, `W/"${md5('abcdefgh')}"`, before, after, 'nothing']) {
        for (const range of ['bytes=2-4', 'bytes=8-']) {
          expect(await read('GET', other, range)).toEqual([200, '8', 'abcdefgh']);
          expect(await read('HEAD', other, range)).toEqual([200, '8', '']);
        }
        expect((await read('GET', other, 'bytes=2-4', { 'If-Match': `"${old}"` }))[0]).toBe(412);
      }
      expect((await ask(`GET /${bucket}/a`, { headers: { 'If-Range': `"${old}"` } })).status).toBe(
        200,
      );
    },
  );

  test.each([false, true])('parts of large objects are read, versions: %s', async (versioned) => {
    const bucket = await newBucket(versioned);
    await put(bucket, 'segments/1', '01234');
    await put(bucket, 'segments/2', '56789');
    const manifest = [1, 2].map((n) => ({ path: `/${bucket}/segments/${n}` }));
    const response = await askStore(store.caller, {
      method: 'PUT',
      container: bucket,
      object: 'large',
      query: { 'multipart-manifest': 'put' },
      body: Buffer.from(JSON.stringify(manifest)),
    });
    expect(response.status).toBe(201);
    const etag = `"${md5(md5('01234') + md5('56789'))}-N"`;
    const second = await ask(`GET /${bucket}/large?partNumber=2`);
    expect([second.status, second.text, second.headers.get('etag')]).toEqual([206, '56789', etag]);
    expect(second.headers.get('x-amz-mp-parts-count')).toBe('2');
    const head = await ask(`HEAD /${bucket}/large?partNumber=1`);
    expect([head.status, head.headers.get('content-range')]).toEqual([206, 'bytes 0-4/10']);
    expect((await ask(`GET /${bucket}/large?partNumber=3`)).status).toBe(416);
    for (const listing of ['list-type=2', 'versions']) {
      const listed = await ask(`GET /${bucket}?${listing}&prefix=large`);
      expect([elements(listed, 'ETag'), elements(listed, 'Size')]).toEqual([
        [etag.replaceAll('"', '&quot;')],
        ['10'],
      ]);
    }
    const copied = await ask(`PUT /${bucket}/copy`, {
      headers: { 'x-amz-copy-source': `${bucket}/large` },
    });
    expect(elements(copied, 'ETag')).toEqual([`&quot;${md5('0123456789')}&quot;`]);
    expect((await ask(`GET /${bucket}/copy`)).text).toBe('0123456789');
  });

  test('conditions are judged', async () => {
    const bucket = await newBucket(true);
    await put(bucket, 'a', '1');
    const status = async (line: string, headers: Record<string, string>) =>
      (await ask(line, { headers, body: '' })).status;
    const etag = `"${md5('1')}"`;
    expect(await status(`GET /${bucket}/a`, { 'If-Match': etag })).toBe(200);
    expect(await status(`GET /${bucket}/a`, { 'If-Match': '"x"' })).toBe(412);
    expect(await status(`GET /${bucket}/a`, { 'If-None-Match': etag })).toBe(304);
    expect(await status(`PUT /${bucket}/a`, { 'If-None-Match': '*' })).toBe(412);
    expect(await status(`PUT /${bucket}/a`, { 'If-Match': '"x"' })).toBe(412);
    expect(await status(`PUT /${bucket}/none`, { 'If-Match': etag })).toBe(404);
    expect(await status(`PUT /${bucket}/new`, { 'If-None-Match': '*' })).toBe(200);
    expect(await status(`PUT /${bucket}/a`, { 'If-Match': etag })).toBe(200);
  });

  test('deletes make markers, and versions are read and deleted by their ids', async () => {
    const bucket = await newBucket(true);
    const [first, second] = [await put(bucket, 'a', '1'), await put(bucket, 'a', '2')];
    const gone = await ask(`DELETE /${bucket}/a`);
    const marker = gone.headers.get('x-amz-version-id') ?? '';
    expect([gone.status, gone.headers.get('x-amz-delete-marker')]).toEqual([204, 'true']);
    const missing = await ask(`GET /${bucket}/a`);
    expect([missing.status, codeOf(missing)]).toEqual([404, 'NoSuchKey']);
    expect(missing.headers.get('x-amz-delete-marker')).toBe('true');
    expect(missing.headers.get('x-amz-version-id')).toBe(marker);
    const byId = await ask(`GET /${bucket}/a?versionId=${marker}`);
    expect([byId.status, codeOf(byId), byId.headers.get('allow')]).toEqual([
      405,
      'MethodNotAllowed',
      'DELETE',
    ]);
    expect(byId.headers.has('last-modified')).toBe(true);
    expect((await ask(`GET /${bucket}/a?versionId=${first}`)).text).toBe('1');
    expect(codeOf(await ask(`GET /${bucket}/a?versionId=1605222333.12345`))).toBe('NoSuchVersion');
    expect(codeOf(await ask(`GET /${bucket}/a?versionId=bogus`))).toBe('InvalidArgument');
    expect(codeOf(await ask(`GET /${bucket}/a?versionId=`))).toBe('InvalidArgument');
    expect((await ask(`DELETE /${bucket}/a?versionId=1605222333.12345`)).status).toBe(204);
    const removed = await ask(`DELETE /${bucket}/a?versionId=${second}`);
    expect([removed.status, removed.headers.get('x-amz-version-id')]).toEqual([204, second]);
    expect(removed.headers.has('x-amz-delete-marker')).toBe(false);
    const undone = await ask(`DELETE /${bucket}/a?versionId=${marker}`);
    expect([undone.status, undone.headers.get('x-amz-delete-marker')]).toEqual([204, 'true']);
    expect(elements(await ask(`GET /${bucket}?versions`), 'VersionId')).toEqual([first]);
  });

  test('copies are made of versions, with their metadata or with new metadata', async () => {
    const bucket = await newBucket(true);
    const first = await put(bucket, 'a', '1', {
      'x-amz-meta-of': 'source',
      'x-amz-tagging': 'a=b',
      'Content-Type': 'a/b',
    });
    await put(bucket, 'a', '2');
    const copy = (key: string, source: string, headers = {}) =>
      ask(`PUT /${bucket}/${key}`, { headers: { 'x-amz-copy-source': source, ...headers } });
    const copied = await copy('b', `/${bucket}/a?versionId=${first}`);
    expect([copied.status, copied.headers.get('x-amz-copy-source-version-id')]).toEqual([
      200,
      first,
    ]);
    expect(elements(copied, 'ETag')).toEqual([`&quot;${md5('1')}&quot;`]);
    const told = async (key: string) => {
      const { headers, text } = await ask(`GET /${bucket}/${key}`);
      return [
        text,
        headers.get('content-type'),
        headers.get('x-amz-meta-of'),
        headers.get('x-amz-tagging-count'),
      ];
    };
    expect(await told('b')).toEqual(['1', 'a/b', 'source', '1']);
    await copy('c', `${bucket}/b`, {
      'x-amz-metadata-directive': 'REPLACE',
      'Content-Type': 'c/d',
    });
    expect(await told('c')).toEqual(['1', 'c/d', undefined, '1']);
    await copy('c', `${bucket}/b`, { 'x-amz-tagging-directive': 'REPLACE' });
    expect(await told('c')).toEqual(['1', 'a/b', 'source', undefined]);
    expect(codeOf(await copy('a', `${bucket}/a`))).toBe('InvalidRequest');
    expect(codeOf(await copy('d', bucket))).toBe('InvalidArgument');
    expect(codeOf(await copy('d', `${bucket}/a?nonsense`))).toBe('InvalidArgument');
    expect(codeOf(await copy('d', `${bucket}/none`))).toBe('NoSuchKey');
    expect(codeOf(await copy('d', `${bucket}/a`, { 'x-amz-copy-source-if-match': '"x"' }))).toBe(
      'PreconditionFailed',
    );
    const marker = (await ask(`DELETE /${bucket}/a`)).headers.get('x-amz-version-id');
    expect(codeOf(await copy('d', `${bucket}/a?versionId=${marker}`))).toBe('InvalidRequest');
    expect(codeOf(await copy('d', `${bucket}/a`))).toBe('NoSuchKey');
  });

  test.each([false, true])(
    'a copy whose source goes meanwhile says that it is gone, versions: %s',
    async (versioned) => {
      const [bucket, other] = [await newBucket(versioned), await newBucket()];
      const source = async () => {
        const id = await put(bucket, 'a', '1');
        return versioned ? `${bucket}/a?versionId=${id}` : `${bucket}/a`;
      };
      /** Removes something just before the copy is made. */
      const copyAfter = async (removal: string, from: string, target: string) => {
        const next: Caller['next'] = async (request) => {
          if (request.headers.has('x-copy-from')) await ask(removal);
          return store.caller.next(request);
        };
        const headers = { 'x-amz-copy-source': from };
        return askS3({ ...store.caller, next }, `PUT /${target}/copy`, { headers });
      };
      const first = await source();
      const gone = await copyAfter(`DELETE /${first}`, first, bucket);
      expect([gone.status, codeOf(gone)]).toEqual([404, versioned ? 'NoSuchVersion' : 'NoSuchKey']);
      const nowhere = await copyAfter(`DELETE /${other}`, await source(), other);
      expect([nowhere.status, codeOf(nowhere)]).toEqual([404, 'NoSuchBucket']);
    },
  );

  test('many objects and versions are deleted at once, and reported in their order', async () => {
    const bucket = await newBucket(true);
    const version = await put(bucket, 'a', '1');
    const keys = ['a', 'b', 'none'];
    await put(bucket, 'b', '1');
    const named = keys.map((key) => `<Object><Key>${key}</Key></Object>`).join('');
    const all = `<Object><Key>a</Key><VersionId>${version}</VersionId></Object><Object><Key>b</Key><VersionId>bad</VersionId></Object>${named}`;
    const answer = await ask(`POST /${bucket}?delete`, deleting(all));
    expect(answer.status).toBe(200);
    expect(elements(answer, 'Key')).toEqual(['a', 'b', ...keys]);
    expect(elements(answer, 'DeleteMarker')).toEqual(['true', 'true', 'true']);
    expect(elements(answer, 'Code')).toEqual(['InvalidArgument']);
    const quiet = await ask(`POST /${bucket}?delete`, deleting(`${named}<Quiet>true</Quiet>`));
    expect(elements(quiet, 'Key')).toEqual([]);
    const one = '<Object><Key>a</Key></Object>';
    expect(codeOf(await ask(`POST /${bucket}?delete`, { body: `<Delete>${one}</Delete>` }))).toBe(
      'InvalidRequest',
    );
    expect(codeOf(await ask(`POST /${bucket}?delete`, deleting(one.repeat(1001))))).toBe(
      'MalformedXML',
    );
    const long = deleting(one + ' '.repeat(2 * 1024 * 1024));
    expect(codeOf(await ask(`POST /${bucket}?delete`, long))).toBe('MalformedXML');
    expect(codeOf(await ask(`POST /${bucket}?delete`, deleting('<Object><Key/></Object>')))).toBe(
      'UserKeyMustBeSpecified',
    );
    expect(codeOf(await ask('POST /not-there?delete', deleting(one)))).toBe('NoSuchBucket');
  });

  test('listings page by their tokens and markers, and write names as they are asked to', async () => {
    const bucket = await newBucket();
    for (const key of ['a b', 'd/1', 'd/2', 'e+f']) await put(bucket, key, key);
    const first = await ask(`GET /${bucket}?list-type=2&max-keys=2&delimiter=/&encoding-type=url`);
    expect(elements(first, 'Key')).toEqual(['a%20b']);
    expect(elements(first, 'Prefix')).toContain('d/');
    expect(elements(first, 'KeyCount')).toEqual(['2']);
    const [token = ''] = elements(first, 'NextContinuationToken');
    const second = await ask(
      `GET /${bucket}?list-type=2&delimiter=/&encoding-type=url&continuation-token=${token}`,
    );
    expect([elements(second, 'Key'), elements(second, 'IsTruncated')]).toEqual([
      ['e%2Bf'],
      ['false'],
    ]);
    const wrong = `GET /${bucket}?list-type=2&continuation-token=x${token}`;
    expect(codeOf(await ask(wrong))).toBe('InvalidArgument');
    const old = await ask(`GET /${bucket}?max-keys=1&marker=a%20b`);
    expect([elements(old, 'Key'), elements(old, 'NextMarker')]).toEqual([['d/1'], ['d/1']]);
    expect(elements(await ask(`GET /${bucket}?max-keys=0`), 'IsTruncated')).toEqual(['false']);
    for (const query of [
      'max-keys=x',
      'max-keys=-1',
      'encoding-type=x',
      'versions&version-id-marker=1',
      'versions&key-marker=&version-id-marker=bogus',
    ])
      expect([query, codeOf(await ask(`GET /${bucket}?${query}`))]).toEqual([
        query,
        'InvalidArgument',
      ]);
  });

  test('settings that nobody made are reported as such, and unknown ones are not implemented', async () => {
    const bucket = await newBucket();
    expect(codeOf(await ask(`GET /${bucket}?policy`))).toBe('NoSuchBucketPolicy');
    expect(codeOf(await ask(`GET /${bucket}?lifecycle`))).toBe('NoSuchLifecycleConfiguration');
    expect(elements(await ask(`GET /${bucket}?requestPayment`), 'Payer')).toEqual(['BucketOwner']);
    expect((await ask(`PUT /${bucket}?lifecycle`)).status).toBe(501);
    expect((await ask(`GET /${bucket}/a?torrent`)).status).toBe(501);
    expect(codeOf(await ask('GET /not-there?policy'))).toBe('NoSuchBucket');
  });
}
