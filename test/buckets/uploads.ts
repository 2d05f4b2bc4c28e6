import { ask as askStore, type Caller } from '../../src/buckets/caller';
import { readAll } from '../../src/http/body';
import type { ByteString } from '../../src/http/bytes';
import { Headers } from '../../src/http/headers';
import { askS3, elements, type Sent } from '../support/buckets/s3';
import type { BucketStore } from '../support/buckets/store';

const MIB = 1024 * 1024;

/** What is uploaded in parts, and its parts, over a store. */
export function uploadsSuite(open: () => Promise<BucketStore>): void {
  let store: BucketStore;
  let made = 0;
  const ask = (asked: string, sent?: Sent, caller = store.caller) => askS3(caller, asked, sent);
  const newBucket = async () => {
    const bucket = `uploads-${++made}-${Date.now()}`;
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
  };
  const read = async (container: string, object?: ByteString) => {
    const { body } = await askStore(store.caller, { method: 'GET', container, object });
    return (await readAll(body, MIB))?.toString('latin1') ?? '';
  };

  beforeAll(async () => {
    store = await open();
  }, 60_000);
  afterAll(() => store.close());

  test.each([
    ['overwritten', 'PUT'],
    ['deleted', 'DELETE'],
  ])('parts stay where a mode is switched on while their object is being %s', async (_, method) => {
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
    const [kept] = (await read(archive)).split('\n');
    expect(await read(archive, kept)).toBe('kept');
  });
}
