import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeClient, suiteWorkplace } from '../../support/clients/s3/debian';
import { bucketName } from '../../support/clients/s3/sdk';

const CHECKS = join(__dirname, 'boto2_checks.py');
const ODD = 'dir/k é+1 &<>%2F?#.txt';

/** The checks of `boto2_checks.py`; those that Swift's own s3api fails have a reason. */
const NAMES: readonly (readonly [check: string, deviation?: string])[] = [
  ['objects'],
  ['pages'],
  ['versions', 'a removal tells the version that it restores'],
  ['uploads'],
  ['acls', 'it shows the owner only'],
  ['urls'],
  ['forms', 'it has no forms'],
];

/** These clients sign all their requests with version 2. */
const OPTIONS = 'signature_v2 = all';

describeClient(
  'python3-boto',
  (store) => {
    const place = suiteWorkplace();
    for (const [check, deviation] of NAMES) {
      const test = async () => {
        const { url, region, accessKey, secretKey } = store.endpoint;
        const args = [CHECKS, url, region, accessKey, secretKey, check, bucketName()];
        await place.output('/usr/bin/python3', args);
      };
      if (deviation === undefined) it(check, test);
      else store.deviating(deviation)(check, test);
    }
  },
  OPTIONS,
);

describeClient(
  's3cmd',
  (store) => {
    const place = suiteWorkplace();
    const s3cmd = (...args: string[]) => {
      const { host } = new URL(store.endpoint.url);
      const { accessKey, secretKey } = store.endpoint;
      const options = [
        ['access_key', accessKey],
        ['secret_key', secretKey],
        ['host_base', host],
        ['host_bucket', host],
        ['use_https', 'False'],
        ['max_retries', '1'],
      ];
      const lines = options.map(([name, value]) => `${name} = ${value}\n`);
      writeFileSync(place.path('config'), `[default]\n${lines.join('')}`);
      const all = ['-c', place.path('config'), '--no-progress', '--signature-v2', ...args];
      return place.output('/usr/bin/s3cmd', all);
    };

    it('--signature-v2 puts, lists, describes, copies, reads and removes', async () => {
      const bucket = bucketName();
      const content = randomBytes(6 * 1024 * 1024);
      writeFileSync(place.path('body'), content);
      await s3cmd('mb', `s3://${bucket}`);
      await s3cmd(
        '--multipart-chunk-size-mb=5',
        '--add-header=x-amz-meta-colour: blue',
        'put',
        place.path('body'),
        `s3://${bucket}/${ODD}`,
      );
      expect(await s3cmd('ls', '--recursive', `s3://${bucket}/dir/`)).toContain(ODD);
      expect(await s3cmd('info', `s3://${bucket}/${ODD}`)).toMatch(/x-amz-meta-colour: +blue/);
      await s3cmd('cp', `s3://${bucket}/${ODD}`, `s3://${bucket}/copy`);
      await s3cmd('get', '--force', `s3://${bucket}/copy`, place.path('got'));
      expect(readFileSync(place.path('got')).equals(content)).toBe(true);
      await s3cmd('rb', '--recursive', '--force', `s3://${bucket}`);
      expect(await s3cmd('ls')).not.toContain(bucket);
    });
  },
  OPTIONS,
);
