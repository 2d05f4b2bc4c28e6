import { createHmac } from 'node:crypto';
import { verifyPolicy } from '../../../../middleware/s3api/policy';
import { createSigners } from '../../../../middleware/s3api/signature/signers';
import { Sessions } from '../../../../src/buckets/sessions';
import { Credentials } from '../../../../src/auth/credential';
import { ACCESS_KEY, SECRET_KEY } from '../../../support/clients/s3/requests';

const NOW = Date.UTC(2023, 10, 14, 22, 13, 20);
const credential = {
  accessKey: ACCESS_KEY,
  secretKey: SECRET_KEY,
  user: 'test:tester',
  key: 'testing',
};
const sessions = new Sessions(() =>
  Promise.resolve({ token: 'token', accountPath: '/v1/AUTH_test' }),
);
const signers = createSigners(new Credentials([credential]), sessions);

const CONDITIONS = [
  { bucket: 'bkt' },
  ['starts-with', '$key', 'user/'],
  { acl: 'public-read' },
  ['content-length-range', 10, 20],
  ['eq', '$X-Amz-Meta-Name', 'né'],
  { 'x-amz-algorithm': 'AWS4-HMAC-SHA256' },
  { 'x-amz-credential': `${ACCESS_KEY}/20231114/us-east-1/s3/aws4_request` },
  { 'x-amz-date': '20231114T000000Z' },
];

/** Returns fields of a form that its policy allows. */
function form(
  conditions: unknown = CONDITIONS,
  expiration = '2023-11-15T00:00:00.000Z',
): Map<string, string> {
  const policy = Buffer.from(JSON.stringify({ expiration, conditions })).toString('base64');
  const hmac = (key: string | Buffer, text: string) =>
    createHmac('sha256', key).update(text).digest();
  const key = ['20231114', 'us-east-1', 's3', 'aws4_request'].reduce<string | Buffer>(
    hmac,
    `AWS4${SECRET_KEY}`,
  );
  return new Map([
    ['bucket', 'bkt'],
    ['key', 'user/a'],
    ['acl', 'public-read'],
    ['x-amz-meta-name', Buffer.from('né').toString('latin1')],
    ['x-amz-algorithm', 'AWS4-HMAC-SHA256'],
    ['x-amz-credential', `${ACCESS_KEY}/20231114/us-east-1/s3/aws4_request`],
    ['x-amz-date', '20231114T000000Z'],
    ['x-ignore-me', 'x'],
    ['policy', policy],
    ['x-amz-signature', hmac(key, policy).toString('hex')],
  ]);
}

it('a form that its policy fits is admitted, with the bounds of its file', async () => {
  const { signer, min, max } = await verifyPolicy(form(), signers, NOW);
  expect({ user: signer.user, min, max }).toEqual({ user: 'test:tester', min: 10, max: 20 });
  expect(await signer.session()).toEqual({ account: 'AUTH_test', token: 'token' });
});

it.each<[string, (fields: Map<string, string>) => void, string]>([
  ['another key', (fields) => fields.set('key', 'other/a'), 'access-denied'],
  ['another bucket', (fields) => fields.set('bucket', 'other'), 'access-denied'],
  [
    'a field that the policy does not tell of',
    (fields) => fields.set('x-amz-meta-more', 'x'),
    'access-denied',
  ],
  ['a field less', (fields) => fields.delete('acl'), 'access-denied'],
  ['no policy', (fields) => fields.delete('policy'), 'access-denied'],
  ['no signature', (fields) => fields.delete('x-amz-signature'), 'invalid-argument'],
  ['a wrong signature', (fields) => fields.set('x-amz-signature', '0'.repeat(64)), 'bad-signature'],
  [
    'another policy',
    (fields) => fields.set('policy', form([]).get('policy') ?? ''),
    'bad-signature',
  ],
  [
    'another access key',
    (fields) => fields.set('x-amz-credential', 'NO/20231114/us-east-1/s3/aws4_request'),
    'unknown-access-key',
  ],
  ['a signature of version 2', (fields) => fields.set('awsaccesskeyid', 'AK'), 'invalid-request'],
])('%s is refused', async (_, change, code) => {
  const fields = form();
  change(fields);
  await expect(verifyPolicy(fields, signers, NOW)).rejects.toMatchObject({ code });
});

it.each<[string, unknown, string, string]>([
  ['a policy whose time is over', CONDITIONS, '2023-11-14T22:13:19Z', 'access-denied'],
  [
    'a condition that there is not',
    [...CONDITIONS, ['matches', '$key', 'u']],
    '2023-11-15T00:00:00Z',
    'invalid-argument',
  ],
  ['conditions that are none', { bucket: 'bkt' }, '2023-11-15T00:00:00Z', 'invalid-argument'],
  ['a time that is none', CONDITIONS, 'tomorrow', 'invalid-argument'],
])('%s is refused', async (_, conditions, expiration, code) => {
  await expect(verifyPolicy(form(conditions, expiration), signers, NOW)).rejects.toMatchObject({
    code,
  });
});

it('a policy that names no bucket is valid for none', async () => {
  const others = CONDITIONS.filter((each) => !('bucket' in each));
  expect(others).toHaveLength(CONDITIONS.length - 1);
  await expect(verifyPolicy(form(others), signers, NOW)).rejects.toMatchObject({
    code: 'access-denied',
    message: expect.stringContaining('Extra input fields: bucket') as unknown,
  });
});
