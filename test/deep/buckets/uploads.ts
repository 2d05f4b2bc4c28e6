import { createHash } from 'node:crypto';
import { ask as askStore, type StoreRequest, type Caller } from '../../../src/buckets/caller';
import { completeUpload } from '../../../src/buckets/uploads/completion';
import { entriesBelow } from '../../../src/buckets/entries';
import { newAttempt, segmentsOf, uploadMarkerOf } from '../../../src/buckets/uploads/upload_names';
import { putPart } from '../../../src/buckets/uploads/upload_parts';
import { createUpload } from '../../../src/buckets/uploads/uploads';
import { drain, readAll } from '../../../src/http/body';
import type { ByteString } from '../../../src/http/bytes';
import { Headers } from '../../../src/http/headers';
import { textResponse, type Handler } from '../../../src/swift_api/message';
import { forEachConcurrently } from '../../../src/util/concurrency';
import { askS3, codeOf, elements, type Sent } from '../../support/clients/s3/unsigned';
import type { BucketStore } from '../../support/stores/bucket_store';
import { partOf } from '../../support/running/depth';

const ENABLED = '<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>';
const md5 = (body: Buffer) => createHash('md5').update(body).digest('hex');
const MIB = 1024 * 1024;

/** Multipart uploads over a store. */
export function uploadsSuite(
  open: () => Promise<BucketStore>,
  test: jest.It = globalThis.test,
): void {
  let store: BucketStore;
  let count = 0;
  const ask = (line: string, options?: Sent, caller = store.caller) => askS3(caller, line, options);
  const newBucket = async () => {
    const bucket = `uploads-${++count}-${Date.now()}`;
    expect((await ask(`PUT /${bucket}`)).status).toBe(200);
    return bucket;
  };
  const upload = async (bucket: string, key: string, body: string) => {
    const [id = ''] = elements(await ask(`POST /${bucket}/${key}?uploads`), 'UploadId');
    const at = `${bucket}/${key}?uploadId=${id}`;
    const etag = (await ask(`PUT /${at}&partNumber=1`, { body })).headers.get('etag') ?? '';
    const parts = `<Part><PartNumber>1</PartNumber><ETag>${etag}</ETag></Part>`;
    const whole = `<CompleteMultipartUpload>${parts}</CompleteMultipartUpload>`;
    expect((await ask(`POST /${at}`, { body: whole })).status).toBe(200);
    return id;
  };
  const partBody = (number: number) => Buffer.from([number % 127]);
  /** Uploads parts of one byte each, more than one manifest holds. */
  const uploadMany = async (bucket: string, many: number, maxSegments: number) => {
    const upload = await createUpload(
      store.caller,
      { bucket, key: 'k' },
      { headers: Headers.none },
    );
    const container = segmentsOf(bucket);
    const parts = Array.from({ length: many }, (_, at) => {
      const body = partBody(at + 1);
      return { number: at + 1, etag: md5(body), sums: new Map<string, string>(), body };
    });
    await forEachConcurrently(parts, 8, async ({ number, body }) => {
      const object = newAttempt(upload, number);
      expect(
        (await askStore(store.caller, { method: 'PUT', container, object, body })).status,
      ).toBe(201);
    });
    const terms = { parts, sums: new Map<string, string>(), minPart: 1, maxSegments };
    await completeUpload(store.caller, upload, () => Promise.resolve(terms));
    expect((await segments(bucket)).length).toBe(many + Math.ceil(many / maxSegments));
  };
  const segments = async (bucket: string) =>
    (await entriesBelow(store.caller, segmentsOf(bucket), '')).map(({ name }) => name);
  const read = async (container: string, object?: ByteString) => {
    const { body } = await askStore(store.caller, { method: 'GET', container, object });
    return (await readAll(body, MIB))?.toString('latin1') ?? '';
  };

  /** Sends a request as a client of Swift's API. */
  const swift = async (asked: StoreRequest) => {
    const next: Handler = ({ dialect, ...request }) => {
      expect(dialect).toBeDefined();
      return store.caller.next(request);
    };
    const { status, body } = await askStore({ ...store.caller, next }, asked);
    await drain(body);
    expect(status).toBeLessThan(300);
  };

  /** A caller to whom the store refuses access to a container. */
  const refused = (container: string, status: number): Caller => ({
    ...store.caller,
    next: (request) =>
      request.path.endsWith(`/${container}`)
        ? Promise.resolve(textResponse(status, 'refused'))
        : store.caller.next(request),
  });

  beforeAll(async () => {
    store = await open();
  }, 60_000);
  afterAll(() => store.close());

  test.each([
    ['overwritten', 'PUT'],
    ['deleted', 'DELETE'],
  ])('parts stay if a mode is enabled while their object is being %s', async (_, method) => {
    const bucket = await newBucket();
    const archive = `${bucket}-archive`;
    await askStore(store.caller, { method: 'PUT', container: archive });
    await upload(bucket, 'k', 'kept');
    const headers = Headers.of({ 'X-History-Location': archive });
    let isSwitched = false;
    const switching: Caller = {
      ...store.caller,
      next: async (request) => {
        if (!isSwitched && request.method === method && request.path.endsWith(`/${bucket}/k`)) {
          isSwitched = true;
          await askStore(store.caller, { method: 'POST', container: bucket, headers });
        }
        return store.caller.next(request);
      },
    };
    const { status } = await ask(`${method} /${bucket}/k`, {}, switching);
    expect([isSwitched, status]).toEqual([true, method === 'PUT' ? 200 : 204]);
    const [entry] = (await read(archive)).split('\n');
    expect(await read(archive, entry)).toBe('kept');
  });

  test('parts stay if the object made of them is archived, and the client that completed the upload could not end it', async () => {
    const bucket = await newBucket();
    const archive = `${bucket}-archive`;
    await askStore(store.caller, { method: 'PUT', container: archive });
    const headers = Headers.of({ 'X-History-Location': archive });
    await askStore(store.caller, { method: 'POST', container: bucket, headers });
    const id = await upload(bucket, 'k', 'kept');
    await askStore(store.caller, {
      method: 'PUT',
      container: segmentsOf(bucket),
      object: uploadMarkerOf({ key: 'k', id }),
    });
    expect((await ask(`PUT /${bucket}/k`, { body: 'other' })).status).toBe(200);
    expect(
      (await ask(`DELETE /${bucket}/k?uploadId=${id}`, {}, refused(archive, 503))).status,
    ).toBe(503);
    expect(codeOf(await ask(`DELETE /${bucket}/k?uploadId=${id}`))).toBe('NoSuchUpload');
    const [uploadId = ''] = elements(await ask(`POST /${bucket}/k?uploads`), 'UploadId');
    await ask(`PUT /${bucket}/k?uploadId=${uploadId}&partNumber=1`, { body: 'never completed' });
    expect((await ask(`DELETE /${bucket}/k?uploadId=${uploadId}`)).status).toBe(204);
    expect((await segments(bucket)).every((name) => name.includes(id))).toBe(true);
    const [unseen = ''] = elements(await ask(`POST /${bucket}/k?uploads`), 'UploadId');
    await ask(`PUT /${bucket}/k?uploadId=${unseen}&partNumber=1`, { body: 'perhaps archived' });
    expect(
      (await ask(`DELETE /${bucket}/k?uploadId=${unseen}`, {}, refused(archive, 403))).status,
    ).toBe(204);
    expect((await segments(bucket)).some((name) => name.includes(unseen))).toBe(true);
    const [entry] = (await read(archive)).split('\n');
    expect(await read(archive, entry)).toBe('kept');
  });

  /**
   * An upload of `one` whose object was overwritten with `two` after the client that
   * completed it failed to end it; and how it is completed again.
   */
  const overwritten = async (bucket: string) => {
    const id = await upload(bucket, 'k', 'one');
    await swift({
      method: 'PUT',
      container: segmentsOf(bucket),
      object: uploadMarkerOf({ key: 'k', id }),
    });
    await ask(`PUT /${bucket}/k`, { body: 'two' });
    const part = `<Part><PartNumber>1</PartNumber><ETag>${md5(Buffer.from('one'))}</ETag></Part>`;
    const body = `<CompleteMultipartUpload>${part}</CompleteMultipartUpload>`;
    return { id, again: () => ask(`POST /${bucket}/k?uploadId=${id}`, { body }) };
  };

  test('an upload is completed once, even if the client that completed it could not end it and the object was overwritten since', async () => {
    const bucket = await newBucket();
    await ask(`PUT /${bucket}?versioning`, { body: ENABLED });
    const { id, again } = await overwritten(bucket);
    const { status, headers } = await again();
    expect(status).toBe(200);
    const version = headers.get('x-amz-version-id') ?? '';
    expect((await ask(`GET /${bucket}/k?versionId=${version}`)).text).toBe('one');
    expect((await ask(`GET /${bucket}/k`)).text).toBe('two');
    expect(elements(await ask(`GET /${bucket}?versions`), 'VersionId')).toHaveLength(2);
    expect(codeOf(await ask(`DELETE /${bucket}/k?uploadId=${id}`))).toBe('NoSuchUpload');
  });

  test('the same if it was overwritten in a header mode', async () => {
    const bucket = await newBucket();
    const archive = `${bucket}-archive`;
    await askStore(store.caller, { method: 'PUT', container: archive });
    const headers = Headers.of({ 'X-History-Location': archive });
    await askStore(store.caller, { method: 'POST', container: bucket, headers });
    const { id, again } = await overwritten(bucket);
    expect((await again()).status).toBe(200);
    expect((await ask(`GET /${bucket}/k`)).text).toBe('two');
    const [entry, ...more] = (await read(archive)).trim().split('\n');
    expect([await read(archive, entry), more]).toEqual(['one', []]);
    expect(codeOf(await ask(`DELETE /${bucket}/k?uploadId=${id}`))).toBe('NoSuchUpload');
  });

  test('the newest attempt at a part is the last, even if a clock was set back', async () => {
    const bucket = await newBucket();
    const upload = await createUpload(
      store.caller,
      { bucket, key: 'k' },
      { headers: Headers.none },
    );
    const sums = new Map<string, string>();
    const putFirst = (text: string) => {
      const body = Buffer.from(text);
      const content = {
        body,
        length: body.length,
        headers: Headers.none,
        sums,
        trailing: () => sums,
      };
      return putPart(store.caller, upload, 1, content);
    };
    await putFirst('old');
    const now = Date.now();
    const clock = jest.spyOn(Date, 'now').mockImplementation(() => now - 3_600_000);
    await putFirst('new').finally(() => clock.mockRestore());
    const parts = [{ number: 1, etag: undefined, sums }];
    const terms = { parts, sums, minPart: 1 };
    await completeUpload(store.caller, upload, () => Promise.resolve(terms));
    expect((await ask(`GET /${bucket}/k`)).text).toBe('new');
  });

  test.each(['X-History-Location', 'X-Versions-Location'])(
    'a dynamic large object is replaced by an upload, or on a condition, in a container with %s',
    async (mode) => {
      const bucket = await newBucket();
      const [archive, dynamic] = [`${bucket}-archive`, `${bucket}-dynamic`];
      for (const container of [archive, dynamic]) await swift({ method: 'PUT', container });
      const body = Buffer.from('segment');
      await swift({ method: 'PUT', container: dynamic, object: 's/1', body });
      await swift({ method: 'POST', container: bucket, headers: Headers.of({ [mode]: archive }) });
      const headers = Headers.of({ 'X-Object-Manifest': `${dynamic}/s/` });
      for (const object of ['k', 'l'])
        await swift({ method: 'PUT', container: bucket, object, headers });
      await upload(bucket, 'k', 'uploaded');
      expect((await ask(`GET /${bucket}/k`)).text).toBe('uploaded');
      const etag = (await ask(`HEAD /${bucket}/l`)).headers.get('etag') ?? '';
      const put = async (condition: string) =>
        (await ask(`PUT /${bucket}/l`, { headers: { 'If-Match': condition }, body: 'put' })).status;
      expect([await put(`"${md5(body)}"`), await put(etag)]).toEqual([412, 200]);
      expect((await ask(`GET /${bucket}/l`)).text).toBe('put');
    },
  );

  test.each(['plain', 'versioned since', 'archived since'])(
    'parts stay if a client of Swift gave another type to the object made of them, %s',
    async (place) => {
      const bucket = await newBucket();
      const archive = `${bucket}-archive`;
      const id = await upload(bucket, 'k', 'kept');
      await swift({
        method: 'POST',
        container: bucket,
        object: 'k',
        headers: Headers.of({ 'Content-Type': 'text/x' }),
      });
      if (place === 'versioned since') await ask(`PUT /${bucket}?versioning`, { body: ENABLED });
      if (place === 'archived since') {
        await swift({ method: 'PUT', container: archive });
        await swift({
          method: 'POST',
          container: bucket,
          headers: Headers.of({ 'X-History-Location': archive }),
        });
      }
      if (place !== 'plain')
        expect((await ask(`PUT /${bucket}/k`, { body: 'other' })).status).toBe(200);
      await swift({
        method: 'PUT',
        container: segmentsOf(bucket),
        object: uploadMarkerOf({ key: 'k', id }),
      });
      expect(codeOf(await ask(`DELETE /${bucket}/k?uploadId=${id}`))).toBe('NoSuchUpload');
      const [entry] = place === 'archived since' ? (await read(archive)).split('\n') : [];
      const kept = entry
        ? await read(archive, entry)
        : (await ask(`GET /${bucket}/k${place === 'plain' ? '' : '?versionId=null'}`)).text;
      expect(kept).toBe('kept');
    },
  );

  test.each(
    partOf(
      [
        { many: 7, maxSegments: 3, numbers: [1, 3, 4, 6, 7] },
        { many: 1001, maxSegments: 1000, numbers: [1, 1000, 1001] },
      ],
      { oneOf: 2 },
    ),
  )(
    'an object of $many parts, where a manifest has $mostSegments, is read as any other, and its parts go with it',
    async ({ many, maxSegments, numbers }) => {
      const bucket = await newBucket();
      await uploadMany(bucket, many, maxSegments);
      const bodies = Array.from({ length: many }, (_, at) => partBody(at + 1));
      const { headers } = await ask(`HEAD /${bucket}/k`);
      const etag = md5(Buffer.from(bodies.map(md5).join(''), 'hex'));
      expect(headers.get('etag')).toBe(`"${etag}-${many}"`);
      expect(headers.get('content-length')).toBe(String(many));
      for (const number of numbers) {
        const part = await ask(`GET /${bucket}/k?partNumber=${number}`);
        expect([part.status, part.text]).toEqual([206, partBody(number).toString()]);
        expect(part.headers.get('content-range')).toBe(`bytes ${number - 1}-${number - 1}/${many}`);
        expect(part.headers.get('x-amz-mp-parts-count')).toBe(String(many));
      }
      expect(codeOf(await ask(`GET /${bucket}/k?partNumber=${many + 1}`))).toBe(
        'InvalidPartNumber',
      );
      // beyond a tenth of the response, Swift sends at most one such small segment a
      // second
      const last = await ask(`GET /${bucket}/k`, { headers: { Range: 'bytes=-7' } });
      expect(last.text).toBe(Buffer.concat(bodies.slice(-7)).toString());
      expect((await ask(`DELETE /${bucket}/k`)).status).toBe(204);
      expect(await segments(bucket)).toEqual([]);
    },
    300_000,
  );

  test('manifests of parts go when an object is overwritten, and stay as long as its version does', async () => {
    const bucket = await newBucket();
    await uploadMany(bucket, 7, 3);
    expect((await ask(`PUT /${bucket}/k`, { body: 'small' })).status).toBe(200);
    expect(await segments(bucket)).toEqual([]);
    expect((await ask(`PUT /${bucket}?versioning`, { body: ENABLED })).status).toBe(200);
    await uploadMany(bucket, 7, 3);
    const id = (await ask(`HEAD /${bucket}/k`)).headers.get('x-amz-version-id');
    expect((await ask(`PUT /${bucket}/k`, { body: 'small' })).status).toBe(200);
    expect((await segments(bucket)).length).toBe(10);
    const part = await ask(`GET /${bucket}/k?versionId=${id}&partNumber=7`);
    expect([part.status, part.text]).toEqual([206, partBody(7).toString()]);
    expect((await ask(`DELETE /${bucket}/k?versionId=${id}`)).status).toBe(204);
    expect(await segments(bucket)).toEqual([]);
    expect((await ask(`GET /${bucket}/k`)).text).toBe('small');
  });
}
