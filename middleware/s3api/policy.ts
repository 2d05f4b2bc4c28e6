import { z } from 'zod';
import { BucketError } from '../../src/buckets/errors';
import { toBytes, type ByteString } from '../../src/http/bytes';
import { parseIsoDate } from '../../src/http/dates';
import { readJson } from '../../src/formats/json';
import { ALGORITHM, readCredential, readSignature } from '../../src/dialects/sigv4/signing';
import type { SignatureChecks } from './signature/authenticate';
import { TWO_WAYS, type SignatureV2Mode } from './signature/kind';
import type { Signer, Signers } from './signature/signers';
import { MAX_BYTES } from '../../src/dialects/payload/checked_body';

/** The signer of a form, and the bounds of its file in bytes. */
export interface VerifiedPolicy {
  readonly signer: Signer;
  readonly min: number;
  readonly max: number;
}

const Policy = z.object({
  expiration: z.iso.datetime({ offset: true }),
  conditions: z.array(
    z.union([
      z.record(z.string(), z.string()),
      z.tuple([z.string(), z.string(), z.string()]),
      z.tuple([z.string(), z.number(), z.number()]),
      z.tuple([z.string(), z.string(), z.union([z.string(), z.number()])]),
    ]),
  ),
});

type Fields = ReadonlyMap<string, ByteString>;

/** Fields that a form may have without its policy naming them, by version. */
const FREE: Readonly<Record<2 | 4, ReadonlySet<string>>> = {
  2: new Set(['file', 'policy', 'awsaccesskeyid', 'signature']),
  4: new Set(['file', 'policy', 'x-amz-signature']),
};

/** Fields that a form has only for a signature of one of the versions. */
const SIGNATURE_FIELDS: Readonly<Record<2 | 4, readonly string[]>> = {
  2: ['awsaccesskeyid', 'signature'],
  4: ['x-amz-algorithm', 'x-amz-credential', 'x-amz-signature'],
};

/**
 * Checks a form against its policy (POST policy): the signature, the expiration, that
 * each field satisfies the policy, and that the policy names it.
 *
 * @param fields by name in lower case, including `bucket`
 * @param now milliseconds since 1970
 * @throws BucketError
 */
export async function verifyPolicy(
  fields: Fields,
  checks: Pick<SignatureChecks, 'signers' | 'skew' | 'signatureV2'>,
  now: number,
): Promise<VerifiedPolicy> {
  const policy = fieldOf(fields, 'policy');
  const version = versionOf(fields, checks.signatureV2.mode);
  if (fields.has('x-amz-security-token'))
    throw new BucketError(
      'invalid-request',
      'Temporary credentials (x-amz-security-token) are not supported.',
    );
  const signer = await (version === 2 ? signerV2 : signerV4)(fields, policy, checks.signers);
  const { skew, signatureV2 } = checks;
  const latest = version === 2 ? now + signatureV2.maxAge + skew : Infinity;
  return { signer, ...checkPolicy(policy, fields, { now, latest, free: FREE[version] }) };
}

function fieldOf(fields: Fields, name: string): ByteString {
  const value = fields.get(name.toLowerCase());
  if (value !== undefined) return value;
  const message = `Bucket POST must contain a field named '${name}'. If it is specified, please check the order of the fields.`;
  throw new BucketError(fields.has('policy') ? 'invalid-argument' : 'access-denied', message, {
    fields: { ArgumentName: name },
  });
}

function versionOf(fields: Fields, mode: SignatureV2Mode): 2 | 4 {
  const [isV2, isV4] = [2 as const, 4 as const].map((version) =>
    SIGNATURE_FIELDS[version].some((name) => fields.has(name)),
  );
  if (isV2 && isV4) throw new BucketError('invalid-argument', TWO_WAYS);
  const isOther = isV2 ? mode === 'off' : fieldOf(fields, 'x-amz-algorithm') !== ALGORITHM;
  if (isOther)
    throw new BucketError('invalid-request', `The form must be signed with ${ALGORITHM}.`);
  return isV2 ? 2 : 4;
}

/**
 * Version 2 signs policies and requests with the same key. Strings to sign of requests
 * have line breaks, so no policy may have any.
 */
async function signerV2(fields: Fields, policy: ByteString, signers: Signers): Promise<Signer> {
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(policy)) throw badPolicy('it is not base64-encoded JSON');
  const accessKey = fieldOf(fields, 'AWSAccessKeyId');
  return signers.ofVersion2([policy], { accessKey, signature: fieldOf(fields, 'signature') });
}

async function signerV4(fields: Fields, policy: ByteString, signers: Signers): Promise<Signer> {
  const { accessKey, scope } = readCredential(fieldOf(fields, 'x-amz-credential'));
  if (!fieldOf(fields, 'x-amz-date').startsWith(scope.date))
    throw new BucketError(
      'access-denied',
      'The x-amz-date of the form does not match the date of its credential.',
    );
  const signature = readSignature(fieldOf(fields, 'x-amz-signature'));
  return signers.ofText(policy, { accessKey, scope, signature });
}

/** What a policy is checked by: times in milliseconds since 1970. */
interface PolicyChecks {
  readonly now: number;
  /** When it must have expired. */
  readonly latest: number;
  /** The fields that it need not name. */
  readonly free: ReadonlySet<string>;
}

function checkPolicy(policy: ByteString, fields: Fields, { now, latest, free }: PolicyChecks) {
  const { expiration, conditions } = parsePolicy(policy);
  const expires = parseIsoDate(expiration);
  if (expires === undefined) throw badPolicy('its expiration is not a time');
  if (expires < now) throw denied('Policy expired.');
  if (expires > latest)
    throw denied('It is valid for longer than a signature of version 2 may be.');
  const bounds = { min: 0, max: MAX_BYTES };
  const conditionFields = new Set<string>();
  for (const [operator, name, value] of conditions.flatMap(toConditions)) {
    if (operator === 'content-length-range') {
      bounds.min = Math.max(bounds.min, Number(name));
      bounds.max = Math.min(bounds.max, Number(value));
      continue;
    }
    if (!name.startsWith('$')) throw badPolicy(`${name} must begin with $`);
    const key = name.slice(1).toLowerCase();
    conditionFields.add(key);
    if (!holds(operator, fields.get(key) ?? '', toBytes(String(value))))
      throw denied(
        `Policy Condition failed: ["${operator}", "${toBytes(name)}", "${toBytes(String(value))}"]`,
      );
  }
  const extra = [...fields.keys()].find(
    (name) => !conditionFields.has(name) && !free.has(name) && !name.startsWith('x-ignore-'),
  );
  if (extra !== undefined) throw denied(`Extra input fields: ${extra}`);
  return bounds;
}

type Condition = readonly [operator: string, name: string, value: string | number];

function toConditions(condition: z.infer<typeof Policy>['conditions'][number]): Condition[] {
  if (!Array.isArray(condition))
    return Object.entries(condition).map(([name, value]) => ['eq', `$${name}`, value] as const);
  const [operator, name, value] = condition;
  return [[operator.toLowerCase(), String(name), value]];
}

function holds(operator: string, actual: ByteString, expected: ByteString): boolean {
  if (operator === 'eq') return actual === expected;
  if (operator === 'starts-with') return actual.startsWith(expected);
  throw badPolicy(`the condition ${operator} is unknown`);
}

function parsePolicy(policy: ByteString): z.infer<typeof Policy> {
  let value: unknown;
  try {
    value = readJson(Buffer.from(policy, 'base64'));
  } catch {
    throw badPolicy('it is not base64-encoded JSON');
  }
  const parsed = Policy.safeParse(value);
  if (parsed.success) return parsed.data;
  throw badPolicy('it must have an expiration and a list of conditions');
}

function badPolicy(why: string): BucketError {
  return new BucketError('invalid-argument', `Invalid Policy: ${toBytes(why)}.`);
}

function denied(why: string): BucketError {
  return new BucketError('access-denied', `Invalid according to Policy: ${why}`);
}
