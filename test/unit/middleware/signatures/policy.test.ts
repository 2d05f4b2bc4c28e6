import fc from 'fast-check';
import { signV2 } from '../../../../middleware/s3api/signature/version2/canonical';
import { verifyPolicy } from '../../../../middleware/s3api/policy';
import { createSigners } from '../../../../middleware/s3api/signature/signers';
import { Sessions } from '../../../../src/buckets/sessions';
import { Credentials } from '../../../../src/auth/credential';
import { sign, signingKey } from '../../../../src/dialects/sigv4/canonical';
import { ALGORITHM, formatScope } from '../../../../src/dialects/sigv4/signing';
import { ACCESS_KEY, SECRET_KEY, SIGNATURE_V2 } from '../../../support/clients/s3/requests';
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
const checks = {
  signers: createSigners(new Credentials([credential]), sessions),
  skew: 900_000,
  signatureV2: SIGNATURE_V2,
};

const OWN = {
  'x-amz-algorithm': ALGORITHM,
  'x-amz-credential': `${ACCESS_KEY}/${formatScope(SCOPE)}`,
  'x-amz-date': '20231114T221320Z',
};

/** Returns a form, signed by the secret's holder, that allows exactly these fields. */
function signedForm(fields: Readonly<Record<string, string>>, version: 2 | 4): Map<string, string> {
  const all = { ...fields, ...(version === 4 ? OWN : {}) };
  const conditions = Object.entries(all).map(([name, value]) => ['eq', `$${name}`, value]);
  const text = JSON.stringify({ expiration: '2023-11-15T00:00:00.000Z', conditions });
  const policy = Buffer.from(text).toString('base64');
  const signature =
    version === 4
      ? { 'x-amz-signature': sign(signingKey(SECRET_KEY, SCOPE), policy) }
      : { awsaccesskeyid: ACCESS_KEY, signature: signV2(SECRET_KEY, policy) };
  return new Map([...Object.entries(all), ['policy', policy], ...Object.entries(signature)]);
}

/** Returns the fields that an object is made of; undefined if the form is refused. */
async function readingOf(form: ReadonlyMap<string, string>): Promise<string | undefined> {
  try {
    await verifyPolicy(form, checks, NOW);
  } catch {
    return undefined;
  }
  // policies treat a missing field as empty
  const read = [...form].filter(
    ([name, value]) =>
      !/^(policy|x-amz-signature|awsaccesskeyid|signature|x-ignore-.*)$/.test(name) && value !== '',
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
    'x-amz-signature',
    'awsaccesskeyid',
    'signature',
  ),
  value,
);

it.each([2, 4] as const)(
  'two forms with one policy of version %d never mean two things',
  async (version) => {
    let accepted = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.dictionary(fc.constantFrom(...names), value),
        fc.array(field, { maxLength: 2 }),
        fc.subarray(names),
        async (fields, added, gone) => {
          const signed = signedForm({ ...fields, bucket: 'bkt' }, version);
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
  },
);
