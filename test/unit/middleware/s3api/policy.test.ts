import { createHmac } from 'node:crypto';
import { verifyPolicy } from '../../../../middleware/s3api/policy';
import { createSigners } from '../../../../middleware/s3api/signature/signers';
import { Sessions } from '../../../../src/buckets/sessions';
import { Credentials } from '../../../../src/auth/credential';
import { ACCESS_KEY, SECRET_KEY, SIGNATURE_V2 } from '../../../support/clients/s3/requests';

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
const checks = {
  signers: createSigners(new Credentials([credential]), sessions),
  skew: 900_000,
  signatureV2: SIGNATURE_V2,
};

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
  const { signer, min, max } = await verifyPolicy(form(), checks, NOW);
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
  [
    'a signature of version 2 as well',
    (fields) => fields.set('awsaccesskeyid', 'AK'),
    'invalid-argument',
  ],
])('%s is refused', async (_, change, code) => {
  const fields = form();
  change(fields);
  await expect(verifyPolicy(fields, checks, NOW)).rejects.toMatchObject({ code });
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
  await expect(verifyPolicy(form(conditions, expiration), checks, NOW)).rejects.toMatchObject({
    code,
  });
});

it('a policy that names no bucket is valid for none', async () => {
  const others = CONDITIONS.filter((each) => !('bucket' in each));
  expect(others).toHaveLength(CONDITIONS.length - 1);
  await expect(verifyPolicy(form(others), checks, NOW)).rejects.toMatchObject({
    code: 'access-denied',
    message: expect.stringContaining('Extra input fields: bucket') as unknown,
  });
});

describe('a form with a signature of version 2', () => {
  const ALLOWED = [{ bucket: 'bkt' }, ['starts-with', '$key', 'user/'], { acl: 'public-read' }];

  function formV2(expiration = '2023-11-15T00:00:00Z', conditions: unknown = ALLOWED) {
    const policy = Buffer.from(JSON.stringify({ expiration, conditions })).toString('base64');
    return new Map([
      ['bucket', 'bkt'],
      ['key', 'user/a'],
      ['acl', 'public-read'],
      ['awsaccesskeyid', ACCESS_KEY],
      ['policy', policy],
      ['signature', createHmac('sha1', SECRET_KEY).update(policy).digest('base64')],
    ]);
  }

  it('is admitted if its policy fits', async () => {
    const { signer } = await verifyPolicy(formV2(), checks, NOW);
    expect([signer.user, signer.key]).toEqual(['test:tester', undefined]);
  });

  it.each<[string, (fields: Map<string, string>) => void, string]>([
    ['another key', (fields) => fields.set('key', 'other/a'), 'access-denied'],
    ['another bucket', (fields) => fields.set('bucket', 'other'), 'access-denied'],
    ['a field more', (fields) => fields.set('content-type', 'a/b'), 'access-denied'],
    ['no policy', (fields) => fields.delete('policy'), 'access-denied'],
    ['no signature', (fields) => fields.delete('signature'), 'invalid-argument'],
    ['no access key', (fields) => fields.delete('awsaccesskeyid'), 'invalid-argument'],
    ['an unknown one', (fields) => fields.set('awsaccesskeyid', 'NO'), 'unknown-access-key'],
    ['an empty signature', (fields) => fields.set('signature', ''), 'bad-signature'],
    ['one of version 4', (fields) => fields.set('x-amz-signature', '0'), 'invalid-argument'],
    ['its credential', (fields) => fields.set('x-amz-credential', 'a'), 'invalid-argument'],
    ['its algorithm', (fields) => fields.set('x-amz-algorithm', 'a'), 'invalid-argument'],
    ['a session token', (fields) => fields.set('x-amz-security-token', 'a'), 'invalid-request'],
    [
      'another policy',
      (fields) => fields.set('policy', formV2('').get('policy')!),
      'bad-signature',
    ],
    [
      'the same policy in another encoding',
      (fields) => fields.set('policy', `${fields.get('policy')!}=`),
      'bad-signature',
    ],
    [
      'the signature of a request',
      (fields) => {
        const text = `PUT\n\n\n1700000000\n/bkt/${fields.get('policy')!}`;
        fields.set('policy', text);
        fields.set('signature', createHmac('sha1', SECRET_KEY).update(text).digest('base64'));
      },
      'invalid-argument',
    ],
  ])('is refused with %s', async (_, change, code) => {
    const fields = formV2();
    change(fields);
    await expect(verifyPolicy(fields, checks, NOW)).rejects.toMatchObject({ code });
  });

  it('is valid for no longer than a URL', async () => {
    const at = (seconds: number) => formV2(new Date(NOW + seconds * 1000).toISOString());
    await verifyPolicy(at(604_800 + 900), checks, NOW);
    for (const seconds of [-1, 604_800 + 901])
      await expect(verifyPolicy(at(seconds), checks, NOW)).rejects.toMatchObject({
        code: 'access-denied',
      });
    await verifyPolicy(form(CONDITIONS, '2040-01-01T00:00:00Z'), checks, NOW);
  });

  it('is refused if the configuration has signature_v2 = off', async () => {
    const off = { ...checks, signatureV2: { ...SIGNATURE_V2, mode: 'off' as const } };
    await expect(verifyPolicy(formV2(), off, NOW)).rejects.toMatchObject({
      code: 'invalid-request',
    });
    await verifyPolicy(form(), off, NOW);
  });
});
