import type COS from 'cos-nodejs-sdk-v5';
import { Client, type Answer } from '../../support/clients/client';
import { cosAt, failureOf, newCosBucket, newPlace, type At } from '../../support/clients/cos/sdk';
import { describeOurs } from '../../support/servers/s3_endpoint';
import { Headers } from '../../../src/http/headers';

describeOurs('the ways in which clients of COS find a server', (store) => {
  let cos: COS;
  let at: At;
  beforeAll(async () => {
    cos = cosAt(store.endpoint);
    at = await newCosBucket(cos, 'Enabled');
  });
  const host = () => new URL(store.endpoint.url).host;

  /** Requests a signed URL of the SDK as written, except for its host. */
  function sendUrl(
    url: string,
    method: string,
    headers: Record<string, string> = {},
    body?: string,
  ): Promise<Answer> {
    const { host: Host, pathname, search } = new URL(url);
    return new Client(store.endpoint.url, Headers.none).send(
      method,
      pathname + search,
      { Host, ...headers },
      body,
    );
  }

  const WAYS: [string, () => COS.COSOptions][] = [
    ['Ip', () => ({})],
    ['Domain, with the bucket in the path', () => ({ Ip: '', Domain: `${host()}/{Bucket}` })],
    ['Proxy', () => ({ Ip: '', Proxy: store.endpoint.url })],
  ];

  test.each(WAYS)('%s', async (_, optionsOf) => {
    const client = cosAt(store.endpoint, optionsOf());
    const place = newPlace();
    await client.putBucket(place);
    await client.putBucketVersioning({ ...place, VersioningConfiguration: { Status: 'Enabled' } });
    for (const Body of ['1', '2']) await client.putObject({ ...place, Key: 'dir/k é+1.txt', Body });
    const { Versions } = await client.listObjectVersions({
      ...place,
      Prefix: 'dir/',
      MaxKeys: '5',
    });
    expect(Versions.map(({ IsLatest }) => IsLatest)).toEqual(['true', 'false']);
    const VersionId = Versions[1]?.VersionId ?? '';
    const first = await client.getObject({ ...place, Key: 'dir/k é+1.txt', VersionId });
    expect(first.Body.toString()).toBe('1');
    const CopySource = `${place.Bucket}.cos.${place.Region}.tencentcos.cn/dir/k%20%C3%A9%2B1.txt`;
    await client.putObjectCopy({ ...place, Key: 'copy', CopySource });
    expect((await client.getObject({ ...place, Key: 'copy' })).Body.toString()).toBe('2');
    await client.deleteMultipleObject({ ...place, Objects: [{ Key: 'copy' }] });
    expect((await client.getBucket(place)).Contents.map(({ Key }) => Key)).toEqual([
      'dir/k é+1.txt',
    ]);
  });

  test('the list of buckets by an address of ours', async () => {
    const client = cosAt(store.endpoint, { Ip: '', ServiceDomain: host() });
    expect((await client.getService()).Buckets.map(({ Name }) => Name)).toContain(at.Bucket);
  });

  test('a copy source that names our address', async () => {
    const CopySourceParser = () => ({ ...at, Key: 'from' });
    const options = {
      Ip: '',
      Domain: `${host()}/{Bucket}`,
      CopySourceParser,
    } as unknown as COS.COSOptions;
    await cos.putObject({ ...at, Key: 'from', Body: 'x' });
    const client = cosAt(store.endpoint, options);
    await client.putObjectCopy({ ...at, Key: 'to', CopySource: `${host()}/${at.Bucket}/from` });
    expect((await cos.getObject({ ...at, Key: 'to' })).Body.toString()).toBe('x');
  });

  describe('signed URLs', () => {
    let ids: string[];
    beforeAll(async () => {
      ids = [];
      for (const Body of ['1', '2']) {
        const result = await cos.putObject({ ...at, Key: 'dir/o é', Body });
        ids.push(String(Reflect.get(result, 'VersionId')));
      }
    });
    const urlOf = (
      more: Partial<COS.GetObjectUrlParams> & { ForceSignHost?: boolean } = {},
      client = cos,
    ) =>
      new Promise<string>((resolve, reject) =>
        client.getObjectUrl({ ...at, Key: 'dir/o é', Sign: true, ...more }, (error, { Url }) =>
          error ? reject(new Error('no URL')) : resolve(Url),
        ),
      );

    test('read an object, and the version that they are signed for', async () => {
      expect((await sendUrl(await urlOf(), 'GET')).body.toString()).toBe('2');
      const older = await urlOf({ Query: { versionId: ids[0] } });
      expect((await sendUrl(older, 'GET')).body.toString()).toBe('1');
      const named = await urlOf({ Query: { 'response-content-disposition': 'attachment' } });
      expect((await sendUrl(named, 'GET')).headers.get('content-disposition')).toBe('attachment');
    });

    test('write an object', async () => {
      const url = await urlOf({ Method: 'PUT', Key: 'put' });
      expect(
        (await sendUrl(url, 'PUT', { 'Content-Type': 'text/x', 'x-cos-meta-a': '1' }, 'body'))
          .status,
      ).toBe(200);
      const read = await cos.getObject({ ...at, Key: 'put' });
      expect(read.Body.toString()).toBe('body');
      expect(read.headers).toMatchObject({ 'content-type': 'text/x', 'x-cos-meta-a': '1' });
    });

    test('are good for nothing that they are not signed for', async () => {
      const [read, write] = [await urlOf(), await urlOf({ Method: 'PUT', Key: 'put' })];
      const of = ({ status, body }: Answer) => [
        status,
        /<Code>(.*?)<\/Code>/.exec(body.toString())?.[1],
      ];
      const denied = [403, 'AccessDenied'];
      expect(of(await sendUrl(`${read}&versionId=${ids[0]}`, 'GET'))).toEqual(denied);
      expect(of(await sendUrl(`${read}&tagging`, 'GET'))).toEqual(denied);
      expect(of(await sendUrl(`${write}&acl`, 'PUT', { 'x-cos-acl': 'private' }))).toEqual(denied);
      const source = { 'x-cos-copy-source': `${at.Bucket}.cos.${at.Region}.myqcloud.com/dir/o` };
      expect(of(await sendUrl(write, 'PUT', source))).toEqual(denied);
      expect(of(await sendUrl(read, 'PUT', {}, 'x'))).toEqual([403, 'SignatureDoesNotMatch']);
      expect(of(await sendUrl(read.replace('dir/', 'other/'), 'GET'))).toEqual([
        403,
        'SignatureDoesNotMatch',
      ]);
      expect(of(await sendUrl(await urlOf({ Expires: -10 }), 'GET'))).toEqual(denied);
    });

    test('are refused if they do not say for which bucket they are', async () => {
      // the SDK's types lack this
      const withoutHost: Partial<COS.GetObjectUrlParams> & { ForceSignHost: boolean } = {
        ForceSignHost: false,
      };
      const url = await urlOf(withoutHost);
      expect(url).toContain('q-header-list=&');
      const { status, body } = await sendUrl(url, 'GET');
      expect([status, body.toString()]).toEqual([
        403,
        expect.stringContaining('host is not signed'),
      ]);
    });

    test('are good for nothing else in Authorization', async () => {
      const { origin, pathname, search } = new URL(await urlOf({ Method: 'DELETE' }));
      const Authorization = decodeURIComponent(search.slice(1));
      const remove = (query: string) =>
        sendUrl(`${origin}${pathname}${query}`, 'DELETE', { Authorization });
      const refused = await remove(`?versionId=${ids[0]}`);
      expect([refused.status, refused.body.toString()]).toEqual([
        403,
        expect.stringContaining('The parameter versionId is not signed.'),
      ]);
      expect((await remove('')).status).toBe(204);
      const old = await cos.getObject({ ...at, Key: 'dir/o é', VersionId: ids[0] ?? '' });
      expect(old.Body.toString()).toBe('1');
    });

    test('are refused where the bucket is in the path, and not signed', async () => {
      const client = cosAt(store.endpoint, { Ip: '', Domain: `${host()}/{Bucket}` });
      const answer = await sendUrl(await urlOf({}, client), 'GET');
      expect([answer.status, answer.body.toString()]).toEqual([
        403,
        expect.stringContaining('SignatureDoesNotMatch'),
      ]);
    });
  });

  describe('who asks', () => {
    test.each([
      ['is late', -3_600_000],
      ['is early', 3_600_000],
    ])('the SDK corrects a clock that %s', async (_, SystemClockOffset) => {
      const silent = jest.spyOn(console, 'error').mockImplementation(() => undefined);
      const client = cosAt(store.endpoint, { SystemClockOffset, CorrectClockSkew: true });
      await client.putObject({ ...at, Key: 'clock', Body: '1' });
      expect((await client.headObject({ ...at, Key: 'clock' })).statusCode).toBe(200);
      expect(silent).toHaveBeenCalledTimes(1);
      silent.mockRestore();
      const wrong = cosAt(store.endpoint, { SystemClockOffset, CorrectClockSkew: false });
      expect((await failureOf(wrong.getBucket(at))).statusCode).toBe(403);
    });

    test('is known by the key and by the secret', async () => {
      const other = cosAt({ ...store.endpoint, secretKey: 'other' });
      expect(await failureOf(other.getBucket(at))).toMatchObject({
        statusCode: 403,
        code: 'SignatureDoesNotMatch',
      });
      const nobody = cosAt({ ...store.endpoint, accessKey: 'nobody' });
      expect(await failureOf(nobody.getBucket(at))).toMatchObject({
        statusCode: 403,
        code: 'InvalidAccessKeyId',
      });
      const temporary = cosAt(store.endpoint, { SecurityToken: 'x' });
      expect(await failureOf(temporary.getBucket(at))).toMatchObject({ code: 'InvalidRequest' });
    });

    test('has no bucket of another account', async () => {
      const other = cosAt({ ...store.endpoint, accessKey: 'test2:tester2', secretKey: 'testing2' });
      expect(await failureOf(other.getBucket(at))).toMatchObject({
        statusCode: 404,
        code: 'NoSuchBucket',
      });
    });

    test('without a signature gets nothing', async () => {
      const url = `http://${at.Bucket}.cos.${at.Region}.myqcloud.com/dir/o`;
      const answer = await sendUrl(url, 'GET');
      expect([answer.status, answer.body.toString()]).toEqual([
        403,
        expect.stringContaining('<TraceId>tx'),
      ]);
    });
  });
});
