import fc from 'fast-check';
import { verifyPolicy } from '../../../../middleware/s3api/policy';
import { createSigners } from '../../../../middleware/s3api/signature/signers';
import { Sessions } from '../../../../src/buckets/sessions';
import { Credentials } from '../../../../src/auth/credential';
import { sign, signingKey } from '../../../../src/dialects/sigv4/canonical';
import { ALGORITHM, formatScope } from '../../../../src/dialects/sigv4/signing';
import { ACCESS_KEY, SECRET_KEY } from '../../../support/clients/s3/requests';
import { runs } from '../../../support/running/runs';

const NOW = Date.UTC(2023, 10, 14, 22, 13, 20);
const SCOPE = { date: '20231114', region: 'us-east-1' };
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

const OWN = {
  'x-amz-algorithm': ALGORITHM,
  'x-amz-credential': `${ACCESS_KEY}/${formatScope(SCOPE)}`,
  'x-amz-date': '20231114T221320Z',
};

/** Returns a form, signed by the secret's holder, that allows exactly these fields. */
function signedForm(fields: Readonly<Record<string, string>>): Map<string, string> {
  const all = { ...fields, ...OWN };
  const conditions = Object.entries(all).map(([name, value]) => ['eq', `$${name}`, value]);
  const text = JSON.stringify({ expiration: '2023-11-15T00:00:00.000Z', conditions });
  const policy = Buffer.from(text).toString('base64');
  return new Map([
    ...Object.entries(all),
    ['policy', policy],
    ['x-amz-signature', sign(signingKey(SECRET_KEY, SCOPE), policy)],
  ]);
}

/** Returns the fields that an object is made of; undefined if the form is refused. */
async function readingOf(form: ReadonlyMap<string, string>): Promise<string | undefined> {
  try {
    await verifyPolicy(form, signers, NOW);
  } catch {
    return undefined;
  }
  // policies treat a missing field as empty
  const read = [...form].filter(
    ([name, value]) => !/^(policy|x-amz-signature|x-ignore-.*)$/.test(name) && value !== '',
  );
  return JSON.stringify(read.sort());
}

const value = fc.constantFrom('', 'a', 'b', 'a/b', '$a');
const names = [
  'key',
  'acl',
  'x-amz-meta-a',
  'x-amz-meta-a_b',
  'content-type',
  'success_action_redirect',
];
const field = fc.tuple(
  fc.constantFrom(
    ...names,
    'bucket',
    'x_amz_acl',
    'x-amz-acl',
    'x-ignore-a',
    'tagging',
    'policy',
    'x-amz-date',
  ),
  value,
);

it('two forms with one policy never mean two things', async () => {
  let accepted = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.dictionary(fc.constantFrom(...names), value),
      fc.array(field, { maxLength: 2 }),
      fc.subarray(names),
      async (fields, added, gone) => {
        const signed = signedForm({ ...fields, bucket: 'bkt' });
        const changed = new Map([
          ...[...signed].filter(([name]) => !gone.includes(name)),
          ...added,
        ]);
        const [one, other] = [await readingOf(signed), await readingOf(changed)];
        if (other === undefined) return;
        accepted++;
        expect(other).toBe(one);
      },
    ),
    { numRuns: runs(5000) },
  );
  expect(accepted).toBeGreaterThan(runs(100));
});
