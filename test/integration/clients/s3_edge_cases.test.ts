import {
  DeleteObjectsCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  PutObjectCommand,
  PutObjectTaggingCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { login as loginEmbedded } from '../../support/servers/embedded';
import { describeS3 } from '../../support/servers/s3_endpoint';
import { formFor } from '../../support/clients/s3/form';
import { newBucket, sdkAt } from '../../support/clients/s3/sdk';
import { SignedClient } from '../../support/clients/s3/signed';

const MIB = 1024 * 1024;

describeS3('what clients can do wrong, or have done to them', (store) => {
  let s3: S3Client;
  let signed: SignedClient;
  let Bucket: string;
  beforeAll(async () => {
    s3 = sdkAt(store.endpoint);
    signed = new SignedClient(store.endpoint);
    Bucket = await newBucket(s3, 'Enabled');
  });
  afterAll(() => s3.destroy());

  const put = (Key: string, Body: string) => s3.send(new PutObjectCommand({ Bucket, Key, Body }));
  const text = async (Key: string) => {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }));
    return Body?.transformToString();
  };

  async function form(fields: Record<string, string>, file: Buffer): Promise<Response> {
    const data = formFor(store.endpoint, Bucket, { key: 'form', ...fields }, 16 * MIB);
    data.append('file', new Blob([file]), 'file');
    return fetch(`${store.endpoint.url}/${Bucket}`, { method: 'POST', body: data });
  }

  it('a form has a file of any size', async () => {
    const file = Buffer.alloc(8 * MIB, 'content ');
    const answer = await form({}, file);
    expect([answer.status, await answer.text()]).toEqual([204, '']);
    const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key: 'form' }));
    expect(Buffer.from((await Body?.transformToByteArray()) ?? []).equals(file)).toBe(true);
  });

  it.each([
    { 'Content-Type': 'text/x;hindsight_newest=9999999999.99998' },
    { 'Content-Type': 'application/x-deleted;swift_versions_deleted=1' },
    { 'Content-Type': 'text/plain\r\nx-evil: 1' },
    { 'x-amz-meta-a': 'a\r\nx-evil: 1' },
    { 'x-amz-meta-a': '\x7f' },
    { 'x-amz-meta-a b': 'x' },
    { 'x-amz-meta-hindsight-s3-tags-0': 'a=b' },
  ])('a form with %j is refused', async (fields) => {
    const answer = await form(fields, Buffer.from('content'));
    expect([answer.status, await answer.text()]).toEqual([
      400,
      expect.stringContaining('<Code>InvalidArgument</Code>'),
    ]);
  });

  it.each(['a\r\nx-evil: 1', '\x01'])(
    'a presigned URL with metadata %j is refused',
    async (value) => {
      const url = await getSignedUrl(
        s3,
        new PutObjectCommand({ Bucket, Key: 'signed', Metadata: { a: value } }),
        {
          unhoistableHeaders: new Set(),
        },
      );
      expect(url).toMatch(/x-amz-meta-a=/i);
      const answer = await fetch(url, { method: 'PUT', body: '' });
      expect([answer.status, await answer.text()]).toEqual([
        400,
        expect.stringContaining('<Code>InvalidArgument</Code>'),
      ]);
    },
  );

  it('an answer is not made to have what no header has', async () => {
    await put('k', 'content');
    const query = { 'response-content-disposition': '\x01' };
    const answer = await signed.send({ method: 'GET', bucket: Bucket, key: 'k', query });
    expect(answer.status).toBe(400);
  });

  it('tags leave a dynamic large object what it is', async () => {
    if (store.name === 'reference') return;
    const user = await loginEmbedded(
      store.endpoint.url,
      store.endpoint.accessKey,
      store.endpoint.secretKey,
    );
    const parts = `${Bucket}-parts`;
    await user.send('PUT', `${user.account}/${parts}`);
    await user.send('PUT', `${user.account}/${parts}/d/1`, {}, 'one');
    await user.send('PUT', `${user.account}/${parts}/d/2`, {}, 'two');
    await user.send(
      'PUT',
      `${user.account}/${Bucket}/dlo`,
      { 'X-Object-Manifest': `${parts}/d/` },
      '',
    );
    expect(await text('dlo')).toBe('onetwo');
    const Tagging = { TagSet: [{ Key: 'a', Value: 'b' }] };
    await s3.send(new PutObjectTaggingCommand({ Bucket, Key: 'dlo', Tagging }));
    expect(await text('dlo')).toBe('onetwo');
    expect((await s3.send(new GetObjectTaggingCommand({ Bucket, Key: 'dlo' }))).TagSet).toEqual(
      Tagging.TagSet,
    );
  });

  it('a delete of many leaves what is another than was meant, and tells of each', async () => {
    const { ETag } = await put('mine', 'mine');
    await put('other', 'other');
    await put('sized', 'sized');
    const { Deleted, Errors } = await s3.send(
      new DeleteObjectsCommand({
        Bucket,
        Delete: {
          Objects: [
            { Key: 'mine', ETag },
            { Key: 'other', ETag },
            { Key: 'sized', Size: 1 },
          ],
        },
      }),
    );
    expect(Deleted?.map(({ Key }) => Key)).toEqual(['mine']);
    expect(Errors?.map(({ Key, Code }) => [Key, Code])).toEqual([
      ['other', 'PreconditionFailed'],
      ['sized', 'PreconditionFailed'],
    ]);
    expect([await text('other'), await text('sized')]).toEqual(['other', 'sized']);
  });

  it('a bucket is not taken for that of somebody else', async () => {
    const headers = { 'x-amz-expected-bucket-owner': '111122223333' };
    const answer = await signed.send({ method: 'GET', bucket: Bucket, headers });
    expect([answer.status, answer.body.toString()]).toEqual([
      403,
      expect.stringContaining('AccessDenied'),
    ]);
    const ownerHeader = { 'x-amz-expected-bucket-owner': store.endpoint.accessKey };
    expect(
      (await signed.send({ method: 'GET', bucket: Bucket, headers: ownerHeader })).status,
    ).toBe(200);
  });
});
