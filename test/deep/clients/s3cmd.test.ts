import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { ListObjectVersionsCommand, type S3Client } from '@aws-sdk/client-s3';
import { describeClient, suiteWorkplace } from '../../support/clients/s3/debian';
import { bucketName, sdkAt, setVersions } from '../../support/clients/s3/sdk';

const ODD = 'dir/k é+1 &<>%2F?#.txt';

/** s3cmd does not support versions: its writes and deletes must be kept all the same. */
describeClient('s3cmd', (store) => {
  const place = suiteWorkplace();
  let sdk: S3Client;
  beforeAll(() => {
    sdk = sdkAt(store.endpoint);
    const { host } = new URL(store.endpoint.url);
    const { accessKey, secretKey, region } = store.endpoint;
    const lines = [
      `access_key = ${accessKey}`,
      `secret_key = ${secretKey}`,
      `bucket_location = ${region}`,
    ];
    const hosts = [
      `host_base = ${host}`,
      `host_bucket = ${host}`,
      'use_https = False',
      'max_retries = 1',
    ];
    writeFileSync(place.path('config'), ['[default]', ...lines, ...hosts, ''].join('\n'));
  });
  afterAll(() => sdk.destroy());

  const s3cmd = (...args: string[]) =>
    place.output('/usr/bin/s3cmd', ['-c', place.path('config'), '--no-progress', ...args]);
  const put = async (bucket: string, key: string, content: string | Buffer, ...args: string[]) => {
    writeFileSync(place.path('body'), content);
    await s3cmd(...args, 'put', place.path('body'), `s3://${bucket}/${key}`);
  };
  const get = async (bucket: string, key: string) => {
    await s3cmd('get', '--force', `s3://${bucket}/${key}`, place.path('got'));
    return readFileSync(place.path('got'));
  };
  async function newBucket(versions = false): Promise<string> {
    const bucket = bucketName();
    await s3cmd('mb', `s3://${bucket}`);
    if (versions) await setVersions(sdk, bucket, 'Enabled');
    return bucket;
  }

  test('buckets are made, listed and removed', async () => {
    const bucket = await newBucket();
    expect(await s3cmd('ls')).toContain(`s3://${bucket}`);
    expect(await s3cmd('info', `s3://${bucket}`)).toContain(`s3://${bucket}`);
    await s3cmd('rb', `s3://${bucket}`);
    expect(await s3cmd('ls')).not.toContain(bucket);
  });

  test('objects are uploaded, listed, described, copied, moved and downloaded', async () => {
    const bucket = await newBucket();
    const content = randomBytes(1000);
    await put(
      bucket,
      ODD,
      content,
      '--mime-type',
      'text/x-test',
      '--add-header',
      'x-amz-meta-colour: blue',
    );
    expect((await get(bucket, ODD)).equals(content)).toBe(true);
    expect(await s3cmd('ls', '--recursive', `s3://${bucket}`)).toContain(`s3://${bucket}/${ODD}`);
    expect(await s3cmd('ls', `s3://${bucket}`)).toMatch(/DIR +s3:\/\/.*\/dir\//);
    const info = await s3cmd('info', `s3://${bucket}/${ODD}`);
    expect(info).toMatch(/File size: +1000/);
    expect(info).toMatch(/MIME type: +text\/x-test/);
    expect(info).toMatch(/x-amz-meta-colour: +blue/);
    await s3cmd('cp', `s3://${bucket}/${ODD}`, `s3://${bucket}/copy`);
    await s3cmd('mv', `s3://${bucket}/copy`, `s3://${bucket}/moved`);
    expect((await get(bucket, 'moved')).equals(content)).toBe(true);
    expect(await s3cmd('du', `s3://${bucket}`)).toMatch(/^ *2000 +2 objects/);
    await s3cmd('rb', '--recursive', '--force', `s3://${bucket}`);
  });

  test('folders are synchronised both ways', async () => {
    const bucket = await newBucket();
    mkdirSync(place.path('tree/dir'), { recursive: true });
    writeFileSync(place.path('tree/one'), 'one');
    writeFileSync(place.path('tree/dir/two é'), 'two');
    await s3cmd('sync', `${place.path('tree')}/`, `s3://${bucket}/`);
    await s3cmd('sync', `s3://${bucket}/`, `${place.path('back')}/`);
    expect(readFileSync(place.path('back/dir/two é'), 'utf8')).toBe('two');
  });

  test('a big file goes up in parts; uploads are listed and aborted', async () => {
    const bucket = await newBucket(true);
    const content = randomBytes(11 * 1024 * 1024);
    await put(bucket, 'big', content, '--multipart-chunk-size-mb=5');
    expect((await get(bucket, 'big')).equals(content)).toBe(true);
    const { Versions } = await sdk.send(new ListObjectVersionsCommand({ Bucket: bucket }));
    expect(Versions).toMatchObject([{ Key: 'big', Size: content.length }]);
    expect(await s3cmd('multipart', `s3://${bucket}`)).not.toContain('/big');
  });

  test('what it overwrites and removes in a versioned bucket stays a version', async () => {
    const bucket = await newBucket(true);
    await put(bucket, 'k', 'one');
    await put(bucket, 'k', 'two!');
    await s3cmd('del', `s3://${bucket}/k`);
    const { Versions, DeleteMarkers } = await sdk.send(
      new ListObjectVersionsCommand({ Bucket: bucket }),
    );
    expect(Versions).toMatchObject([{ Size: 4 }, { Size: 3 }]);
    expect(DeleteMarkers).toMatchObject([{ Key: 'k', IsLatest: true }]);
    expect(await s3cmd('ls', `s3://${bucket}`)).toBe('');
  });

  store.deviating('it shows the owner only')(
    'a bucket is opened to the public and closed again',
    async () => {
      const bucket = await newBucket();
      await put(bucket, 'k', 'public');
      const status = async () => {
        const answer = await fetch(`${store.endpoint.url}/${bucket}/k`);
        await answer.text();
        return answer.status;
      };
      await s3cmd('setacl', '--acl-public', `s3://${bucket}`);
      expect(await s3cmd('info', `s3://${bucket}`)).toMatch(/ACL:.*READ/);
      await s3cmd('setacl', '--acl-private', `s3://${bucket}`);
      expect(await status()).toBeGreaterThanOrEqual(400);
    },
  );

  test('its presigned URLs, which are of version 2, read', async () => {
    const bucket = await newBucket();
    await put(bucket, ODD, 'signed');
    const headers = ['--content-disposition=inline; filename="a&b"', '--content-type=text/x-a'];
    const url = (await s3cmd(...headers, 'signurl', `s3://${bucket}/${ODD}`, '+600')).trim();
    const answer = await fetch(url);
    expect([answer.status, await answer.text()]).toEqual([200, 'signed']);
    expect(answer.headers.get('content-type')).toBe('text/x-a');
  });
});
