import { computeQsSignature } from '../../../middleware/qsapi/signature';
import { Headers } from '../../../src/http/headers';
import { RawConnection, values } from '../../support/clients/raw_connection';
import { QsBucket, textOf, type Answered, type Document } from '../../support/clients/qs/sdk';
import { STORES_OF_DEPTH, describeOurs } from '../../support/servers/s3_endpoint';
import { etagOf } from '../../support/judges/buckets/model';

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000Z$/;
const anyTime = expect.stringMatching(TIME) as string;

/**
 * QingStor's document "版本管理（Versioning）", row by row, and the documents of the operations
 * it names: responses match them field for field. What it calls "404 or 405" is AWS's
 * split: 404 if nothing is there, 405 for a delete marker by its id.
 */
describeOurs(
  'the documents of QingStor',
  (store) => {
    let bucket: QsBucket;
    const ids: Record<'first' | 'second' | 'marker', string> = {
      first: '',
      second: '',
      marker: '',
    };
    beforeAll(async () => {
      bucket = await QsBucket.make(store.endpoint, 'ENABLED');
      const photo = (body: string) =>
        bucket.must(201, 'PUT', '/myphoto.jpg', {
          headers: { 'content-type': 'image/jpeg' },
          body,
        });
      ids.first = idOf(await photo('first'));
      ids.second = idOf(await photo('second'));
      await bucket.must(201, 'PUT', '/gone.jpg', { body: '1' });
      ids.marker = idOf(await bucket.must(204, 'DELETE', '/gone.jpg'));
    });

    describe.each(['GET', 'HEAD'])('%s Object', (method) => {
      test('version_id: the version of the object that is wanted, and its headers', async () => {
        const answer = await bucket.must(200, method, `/myphoto.jpg?version_id=${ids.first}`);
        expect(textOf(answer)).toBe(method === 'GET' ? 'first' : '');
        expect(answer.headers).toMatchObject({
          'content-type': 'image/jpeg',
          'content-length': '5',
          etag: etagOf('first'),
          'last-modified': expect.stringMatching(/ GMT$/) as string,
          'x-qs-request-id': expect.stringMatching(/^tx/) as string,
          date: expect.stringMatching(/ GMT$/) as string,
        });
      });

      test('x-qs-version-id: the id; x-qs-delete-marker: not sent if it would be false', async () => {
        const { headers } = await bucket.must(200, method, '/myphoto.jpg');
        expect(headers['x-qs-version-id']).toBe(ids.second);
        expect(headers).not.toHaveProperty('x-qs-delete-marker');
      });

      test('a version that was deleted: 404 or 405', async () => {
        const id = await bucket.put('other', '1');
        await bucket.must(204, 'DELETE', `/other?version_id=${id}`);
        expectError(
          await bucket.ask(method, `/other?version_id=${id}`),
          method,
          404,
          'object_not_exists',
        );
        const deleted = await bucket.ask(method, '/gone.jpg');
        expectError(deleted, method, 404, 'object_not_exists');
        const marker = await bucket.ask(method, `/gone.jpg?version_id=${ids.marker}`);
        expectError(marker, method, 405, 'method_not_allowed');
        for (const { headers } of [deleted, marker])
          expect([headers['x-qs-delete-marker'], headers['x-qs-version-id']]).toEqual([
            'true',
            ids.marker,
          ]);
      });
    });

    test('PUT Object: x-qs-version-id, unique for each object that is written', async () => {
      const answers = [];
      for (const body of ['1', '1'])
        answers.push(
          await bucket.must(201, 'PUT', '/unique', {
            headers: { 'content-type': 'text/plain' },
            body,
          }),
        );
      const newIds = answers.map(idOf);
      expect(new Set(newIds).size).toBe(2);
      expect(answers[0]?.headers).toMatchObject({ etag: etagOf('1'), 'content-length': '0' });
      expect(textOf(answers[0]!)).toBe('');
    });

    test('PUT Object - Copy: x-qs-copy-source with ?version_id makes a version the current one again', async () => {
      const source = `/${bucket.name}/myphoto.jpg?version_id=${ids.first}`;
      const answer = await bucket.must(201, 'PUT', '/myphoto.jpg', {
        headers: { 'x-qs-copy-source': source },
      });
      expect(answer.headers).toMatchObject({ etag: etagOf('first'), 'content-length': '0' });
      const current = await bucket.must(200, 'GET', '/myphoto.jpg');
      expect([textOf(current), idOf(current)]).toEqual(['first', idOf(answer)]);
      for (const [id, body] of [
        [ids.first, 'first'],
        [ids.second, 'second'],
      ] as const)
        expect(textOf(await bucket.must(200, 'GET', `/myphoto.jpg?version_id=${id}`))).toBe(body);
      await bucket.must(204, 'DELETE', `/myphoto.jpg?version_id=${idOf(answer)}`);
    });

    test('PUT Object - Copy: the example, sent as it is printed', async () => {
      const source = `/${bucket.name}/myphoto.jpg?version_id=${ids.first}`;
      const host = `${bucket.name}.pek3a.qingstor.com`;
      const headers = { Date: new Date().toUTCString(), 'x-qs-copy-source': source };
      const signed = {
        method: 'PUT',
        path: `/${bucket.name}/myphoto.jpg`,
        query: '',
        headers: Headers.of(headers),
      };
      const { accessKey, secretKey, url } = store.endpoint;
      const signature = computeQsSignature(signed, secretKey, undefined);
      const client = await RawConnection.open(url);
      await client.write(
        [
          'PUT /myphoto.jpg HTTP/1.1',
          `Host: ${host}`,
          `Date: ${headers.Date}`,
          // with the trailing space
          `x-qs-copy-source: ${source} `,
          `Authorization: QS ${accessKey}:${signature}`,
          '\r\n',
        ].join('\r\n'),
      );
      const answer = await client.answer();
      await client.leave();
      expect([answer.status, answer.body.toString()]).toEqual([201, '']);
      const current = await bucket.must(200, 'GET', '/myphoto.jpg');
      expect([textOf(current), idOf(current)]).toEqual([
        'first',
        values(answer, 'x-qs-version-id')[0],
      ]);
      await bucket.must(204, 'DELETE', `/myphoto.jpg?version_id=${idOf(current)}`);
    });

    test('common headers: Server; a range that is malformed, or several, is 416', async () => {
      const { headers } = await bucket.must(200, 'GET', '/myphoto.jpg');
      expect(headers['server']).toBe('QingStor');
      for (const range of ['bytes=5-2', 'bytes=x', 'items=0-1', 'bytes=0-1,3-4', 'bytes=99-'])
        expectError(
          await bucket.ask('GET', '/myphoto.jpg', { headers: { range } }),
          'GET',
          416,
          'invalid_range',
        );
      const part = await bucket.must(206, 'GET', '/myphoto.jpg', {
        headers: { range: 'bytes=-2' },
      });
      expect(textOf(part)).toBe('nd');
    });

    test('Copy Object Part: a range that is none copies nothing', async () => {
      const response = await bucket.must(200, 'POST', '/parts?uploads');
      const id = String(response.data['upload_id']);
      const source = { 'x-qs-copy-source': `/${bucket.name}/myphoto.jpg` };
      const at = `/parts?part_number=0&upload_id=${id}`;
      for (const range of ['bytes=5-2', '5-9', 'bytes=99-'])
        expectError(
          await bucket.ask('PUT', at, { headers: { ...source, 'x-qs-copy-range': range } }),
          'PUT',
          416,
          'invalid_range',
        );
      await bucket.must(201, 'PUT', at, { headers: { ...source, 'x-qs-copy-range': 'bytes=1-3' } });
      const { data } = await bucket.must(200, 'GET', `/parts?upload_id=${id}`);
      expect(data['object_parts']).toMatchObject([{ part_number: 0, size: 3 }]);
      // abort: 204 whether or not the upload exists, 404 without the bucket
      await bucket.must(204, 'DELETE', `/parts?upload_id=${id}`);
      await bucket.must(204, 'DELETE', `/parts?upload_id=${id}`);
      const none = QsBucket.at(store.endpoint, `${bucket.name}-none`);
      expectError(
        await none.ask('DELETE', `/parts?upload_id=${id}`),
        'DELETE',
        404,
        'bucket_not_exists',
      );
    });

    test('DELETE Object: version_id, whose data is gone for good', async () => {
      const id = await bucket.put('short', '1');
      const kept = await bucket.put('short', '2');
      await bucket.must(204, 'DELETE', `/short?version_id=${id}`);
      expectError(
        await bucket.ask('GET', `/short?version_id=${id}`),
        'GET',
        404,
        'object_not_exists',
      );
      const { data } = await bucket.must(200, 'GET', '?versions', { params: { prefix: 'short' } });
      expect((data['keys'] as Document[]).map(({ version_id }) => version_id)).toEqual([kept]);
    });

    test('PUT Bucket Version, GET Bucket Version: the example', async () => {
      const other = await QsBucket.make(store.endpoint);
      const answer = await other.must(200, 'PUT', '?versioning', {
        document: { status: 'ENABLED' },
      });
      expect([answer.headers['content-length'], textOf(answer)]).toEqual(['0', '']);
      const response = await other.must(200, 'GET', '?versioning');
      expect(response.data).toEqual({ status: 'ENABLED' });
      expect(response.headers['content-type']).toBe('application/json');
    });

    test('List Object Version: the example', async () => {
      const other = await QsBucket.make(store.endpoint, 'ENABLED');
      const headers = { 'content-type': 'text/plain' };
      const older = idOf(await other.must(201, 'PUT', '/test.txt', { headers, body: '0' }));
      const version = idOf(
        await other.must(201, 'PUT', '/test.txt', { headers, body: '123456789' }),
      );
      const marker = idOf(await other.must(204, 'DELETE', '/test.txt'));
      const { data } = await other.must(200, 'GET', '?versions', { params: { limit: 2 } });
      const common = {
        key: 'test.txt',
        encrypted: false,
        storage_class: 'STANDARD',
        created: anyTime,
        modified: anyTime,
      };
      const deleted = {
        ...common,
        ...{
          is_latest: true,
          delete_marker: true,
          version_id: marker,
          size: 0,
          etag: '',
          mime_type: '',
        },
      };
      const written = {
        ...common,
        ...{ is_latest: false, delete_marker: false, version_id: version, size: 9 },
        ...{ etag: etagOf('123456789').replaceAll('"', ''), mime_type: 'text/plain' },
      };
      const { accessKey } = store.endpoint;
      expect(data).toEqual({
        name: other.name,
        prefix: '',
        delimiter: '',
        key_marker: '',
        version_id_marker: '',
        limit: 2,
        owner: { id: accessKey, name: accessKey },
        has_more: true,
        keys: [deleted, written],
        common_prefixes: [],
        next_key_marker: 'test.txt',
        next_version_id_marker: version,
      });
      const params = { key_marker: 'test.txt', version_id_marker: version };
      const rest = (await other.must(200, 'GET', '?versions', { params })).data;
      expect(rest).toMatchObject({
        limit: 100,
        has_more: false,
        next_key_marker: '',
        next_version_id_marker: '',
      });
      expect(rest['keys']).toMatchObject([{ version_id: older, is_latest: false }]);
    });

    test('GET Bucket: the example', async () => {
      const other = await QsBucket.make(store.endpoint);
      for (const key of ['QCI/1', 'api.txt', 'bigtable.pdf', 'more'])
        await other.must(201, 'PUT', `/${key}`, {
          headers: { 'content-type': 'text/plain' },
          body: key,
        });
      const { data } = await other.sdk.listObjects({ delimiter: '/', limit: 3 });
      const { accessKey } = store.endpoint;
      const listed = (key: string) => ({
        key,
        size: key.length,
        etag: etagOf(key),
        mime_type: 'text/plain',
        created: anyTime,
        modified: expect.any(Number) as number,
        encrypted: false,
        storage_class: 'STANDARD',
      });
      expect(data).toEqual({
        name: other.name,
        keys: [listed('api.txt'), listed('bigtable.pdf')],
        prefix: '',
        owner: { id: accessKey, name: accessKey },
        delimiter: '/',
        limit: 3,
        marker: '',
        next_marker: 'bigtable.pdf',
        has_more: true,
        common_prefixes: ['QCI/'],
      });
      const [first] = (data as { keys: { created: string; modified: number }[] }).keys;
      expect(Date.parse(first?.created ?? '')).toBe((first?.modified ?? 0) * 1000);
    });
  },
  STORES_OF_DEPTH,
);

function idOf({ headers }: Answered): string {
  return headers['x-qs-version-id'] ?? '';
}

/** Expects an error with a body of four fields; HEAD has none. */
function expectError(answer: Answered, method: string, status: number, code: string): void {
  expect(answer.status).toBe(status);
  if (method === 'HEAD') return;
  expect(answer.data).toEqual({
    code,
    message: expect.any(String) as string,
    request_id: answer.headers['x-qs-request-id'],
    url: expect.stringMatching(/^https:/) as string,
  });
}
