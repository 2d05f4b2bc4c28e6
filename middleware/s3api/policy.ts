import { z } from 'zod';
import { BucketError } from '../../src/buckets/errors';
import { toBytes, type ByteString } from '../../src/http/bytes';
import { parseIsoDate } from '../../src/http/dates';
import { readJson } from '../../src/formats/json';
import { ALGORITHM, readCredential, readSignature } from '../../src/dialects/sigv4/signing';
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

/** Fields that a form may have without its policy naming them. */
const FREE: ReadonlySet<string> = new Set(['file', 'policy', 'x-amz-signature']);

/**
 * Checks a form against its policy (POST policy, Signature Version 4): the signature, the
 * expiration, that each field satisfies the policy, and that the policy names it.
 *
 * @param fields by name in lower case, including `bucket`
 * @param now milliseconds since 1970
 * @throws BucketError
 */
export async function verifyPolicy(
  fields: ReadonlyMap<string, ByteString>,
  signers: Signers,
  now: number,
): Promise<VerifiedPolicy> {
  const field = (name: string) => {
    const value = fields.get(name);
    if (value !== undefined) return value;
    const message = `Bucket POST must contain a field named '${name}'. If it is specified, please check the order of the fields.`;
    throw new BucketError(fields.has('policy') ? 'invalid-argument' : 'access-denied', message, {
      fields: { ArgumentName: name },
    });
  };
  const policy = field('policy');
  if (fields.has('awsaccesskeyid') || field('x-amz-algorithm') !== ALGORITHM)
    throw new BucketError('invalid-request', `The form must be signed with ${ALGORITHM}.`);
  if (fields.has('x-amz-security-token'))
    throw new BucketError(
      'invalid-request',
      'Temporary credentials (x-amz-security-token) are not supported.',
    );
  const { accessKey, scope } = readCredential(field('x-amz-credential'));
  if (!field('x-amz-date').startsWith(scope.date))
    throw new BucketError(
      'access-denied',
      'The x-amz-date of the form does not match the date of its credential.',
    );
  const signature = readSignature(field('x-amz-signature'));
  const signer = await signers.ofText(policy, { accessKey, scope, signature });
  return { signer, ...checkPolicy(policy, fields, now) };
}

function checkPolicy(policy: ByteString, fields: ReadonlyMap<string, ByteString>, now: number) {
  const { expiration, conditions } = parsePolicy(policy);
  const expires = parseIsoDate(expiration);
  if (expires === undefined) throw badPolicy('its expiration is not a time');
  if (expires < now) throw denied('Policy expired.');
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
    (name) => !conditionFields.has(name) && !FREE.has(name) && !name.startsWith('x-ignore-'),
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
