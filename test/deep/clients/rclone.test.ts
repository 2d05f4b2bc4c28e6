import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { someOf } from '../../support/running/depth';
import { describeClient, suiteWorkplace } from '../../support/clients/s3/debian';
import { eventually } from '../../support/running/eventually';
import { bucketName } from '../../support/clients/s3/sdk';

/** rclone names versions by their times, which S3 reports in whole seconds. */
function nextSecond(): Promise<void> {
  const before = Math.floor(Date.now() / 1000);
  return eventually('the next second', () => Math.floor(Date.now() / 1000) > before);
}

const ODD = 'dir/k é+1 &<>%2F?#.txt';
/** What rclone adds to the names of versions that are not the latest: their time. */
const TIME = /-v(\d{4}-\d\d-\d\d-\d{6}-\d{3})/;

/** Half of the tests in the gate. */
const test = someOf(2);

describeClient('rclone', (store) => {
  const place = suiteWorkplace();
  const environment = () => ({
    RCLONE_CONFIG: '/dev/null',
    RCLONE_RETRIES: '1',
    RCLONE_LOW_LEVEL_RETRIES: '1',
    RCLONE_CONFIG_HS_TYPE: 's3',
    RCLONE_CONFIG_HS_PROVIDER: 'Other',
    RCLONE_CONFIG_HS_ENDPOINT: store.endpoint.url,
    RCLONE_CONFIG_HS_REGION: store.endpoint.region,
    RCLONE_CONFIG_HS_ACCESS_KEY_ID: store.endpoint.accessKey,
    RCLONE_CONFIG_HS_SECRET_ACCESS_KEY: store.endpoint.secretKey,
    // versions are told apart by the store's times, not the files'
    RCLONE_USE_SERVER_MODTIME: 'true',
  });
  const rclone = (...args: string[]) => place.output('/usr/bin/rclone', args, environment());
  const lines = async (...args: string[]) => (await rclone(...args)).split('\n').filter(Boolean);
  const put = async (bucket: string, key: string, content: string) => {
    writeFileSync(place.path('body'), content);
    await rclone('copyto', '--ignore-times', place.path('body'), `hs:${bucket}/${key}`);
  };
  async function newBucket(versions = true): Promise<string> {
    const bucket = bucketName();
    await rclone('mkdir', `hs:${bucket}`);
    if (versions)
      expect(await rclone('backend', 'versioning', `hs:${bucket}`, 'Enabled')).toContain('Enabled');
    return bucket;
  }

  test('objects go up, are listed, checked and come down', async () => {
    const bucket = await newBucket(false);
    const content = randomBytes(1000);
    mkdirSync(place.path('tree/dir'), { recursive: true });
    writeFileSync(place.path('tree/dir/one é'), content);
    writeFileSync(place.path('tree/two'), 'two');
    await rclone('sync', place.path('tree'), `hs:${bucket}`);
    await rclone('check', place.path('tree'), `hs:${bucket}`);
    expect(await lines('lsf', '-R', `hs:${bucket}`)).toEqual(
      expect.arrayContaining(['dir/', 'dir/one é', 'two']),
    );
    await rclone('copy', `hs:${bucket}`, place.path('back'));
    expect(readFileSync(place.path('back/dir/one é')).equals(content)).toBe(true);
    await rclone('moveto', `hs:${bucket}/two`, `hs:${bucket}/three`);
    expect(await rclone('cat', `hs:${bucket}/three`)).toBe('two');
    await rclone('purge', `hs:${bucket}`);
    expect(await lines('lsf', 'hs:')).not.toContain(`${bucket}/`);
  });

  test('a big file goes up in parts and is one version', async () => {
    const bucket = await newBucket();
    const content = randomBytes(11 * 1024 * 1024);
    writeFileSync(place.path('big'), content);
    const parts = ['--s3-upload-cutoff', '5Mi', '--s3-chunk-size', '5Mi'];
    await rclone('copyto', ...parts, place.path('big'), `hs:${bucket}/big`);
    await rclone('copyto', `hs:${bucket}/big`, place.path('down'));
    expect(readFileSync(place.path('down')).equals(content)).toBe(true);
    expect(await lines('--s3-versions', 'lsf', '--format', 'ps', `hs:${bucket}`)).toEqual([
      `big;${content.length}`,
    ]);
  });

  test('backend versioning reports the three states and changes them', async () => {
    const bucket = await newBucket(false);
    const status = async (...args: string[]) =>
      (await rclone('backend', 'versioning', `hs:${bucket}`, ...args)).trim();
    expect(await status()).toMatch(/Unversioned/);
    expect(await status('Enabled')).toMatch(/Enabled/);
    expect(await status('Suspended')).toMatch(/Suspended/);
    expect(await status()).toMatch(/Suspended/);
  });

  test('--s3-versions shows all versions, and reads them', async () => {
    const bucket = await newBucket();
    for (const content of ['one', 'two', 'three']) {
      await put(bucket, 'dir/k é.txt', content);
      await nextSecond();
    }
    const names = await lines('--s3-versions', 'lsf', '-R', '--files-only', `hs:${bucket}`);
    expect(names).toHaveLength(3);
    expect(names.filter((name) => TIME.test(name))).toHaveLength(2);
    await rclone('--s3-versions', 'copy', `hs:${bucket}`, place.path('versions'));
    const contents = names.map((name) => readFileSync(place.path(`versions/${name}`), 'utf8'));
    expect(contents.sort()).toEqual(['one', 'three', 'two']);
  });

  test('--s3-version-at shows what there was at a time', async () => {
    const bucket = await newBucket();
    await put(bucket, 'k', 'one');
    await put(bucket, 'later', 'x');
    const items = JSON.parse(await rclone('lsjson', `hs:${bucket}`)) as {
      Path: string;
      ModTime: string;
    }[];
    const time = items.find(({ Path }) => Path === 'later')?.ModTime ?? '';
    const at = new Date(time).getTime() + 1000;
    // if the store's times are in whole seconds, a version-at is no more precise
    await eventually('the second after', () => Date.now() > at + 1000);
    await put(bucket, 'k', 'two');
    await rclone('deletefile', `hs:${bucket}/later`);
    const then = ['--s3-version-at', new Date(at).toISOString()];
    expect((await lines(...then, 'lsf', `hs:${bucket}`)).sort()).toEqual(['k', 'later']);
    expect(await rclone(...then, 'cat', `hs:${bucket}/k`)).toBe('one');
    expect(await rclone('cat', `hs:${bucket}/k`)).toBe('two');
  });

  test('backend cleanup-hidden removes all versions but the latest, and deleted objects wholly', async () => {
    const bucket = await newBucket();
    for (const content of ['one', 'two']) await put(bucket, 'kept', content);
    await put(bucket, 'gone', 'x');
    await rclone('deletefile', `hs:${bucket}/gone`);
    expect(await lines('--s3-versions', 'lsf', `hs:${bucket}`)).toHaveLength(3);
    await rclone('backend', 'cleanup-hidden', `hs:${bucket}`);
    expect(await lines('--s3-versions', 'lsf', `hs:${bucket}`)).toEqual(['kept']);
    expect(await rclone('cat', `hs:${bucket}/kept`)).toBe('two');
    await rclone('deletefile', `hs:${bucket}/kept`);
    await rclone('backend', 'cleanup-hidden', `hs:${bucket}`);
    await rclone('rmdir', `hs:${bucket}`);
  });

  test('an odd key goes up and comes down', async () => {
    const bucket = await newBucket();
    await put(bucket, ODD, 'odd');
    expect(await rclone('cat', `hs:${bucket}/${ODD}`)).toBe('odd');
    expect(await lines('lsf', '-R', '--files-only', `hs:${bucket}`)).toEqual([ODD]);
  });

  test('unfinished uploads are listed', async () => {
    const bucket = await newBucket();
    expect(JSON.parse(await rclone('backend', 'list-multipart-uploads', `hs:${bucket}`))).toEqual({
      [bucket]: [],
    });
  });

  test('listings go over several pages', async () => {
    const bucket = await newBucket();
    mkdirSync(place.path('many'), { recursive: true });
    const names = Array.from({ length: 12 }, (_, i) => `f${String(i).padStart(2, '0')}`);
    for (const name of names) writeFileSync(place.path(`many/${name}`), name);
    await rclone('copy', place.path('many'), `hs:${bucket}`);
    expect((await lines('--s3-list-chunk', '5', 'lsf', `hs:${bucket}`)).sort()).toEqual(names);
  });
});
