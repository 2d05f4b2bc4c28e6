import type { ByteString } from '../http/bytes';
import type { Headers } from '../http/headers';
import { CORS_METHODS, type CorsRule, type CorsRules } from '../swift_api/cors/rules';
import { readRules, RULES_REMOVAL, settingHeaders } from '../swift_api/cors/stored_rules';
import { headBucket } from './bucket';
import { ask, type Caller } from './caller';
import { BucketError } from './errors';
import { expectSuccessAndDrain } from './store_answers';

/** Limits of AWS, and of COS. */
const MAX_CORS_RULES = 100;
export const MAX_CORS_DOCUMENT = 64 * 1024;
const MAX_ID = 255;
/** Seconds; browsers accept a day at most. */
const MAX_AGE = 2_147_483_647;

/** The names that an API has for the parts of a rule, for messages. */
export interface CorsNames {
  readonly origin: string;
  readonly header: string;
  readonly exposed: string;
}

/**
 * Returns the rules of a bucket; undefined if there are none.
 *
 * @throws BucketError `no-such-bucket`, `access-denied`
 */
export async function getCors(caller: Caller, bucket: ByteString): Promise<CorsRules | undefined> {
  return readRules((await headBucket(caller, bucket)).headers);
}

/**
 * Sets the rules of a bucket in place of those that it had, in all APIs.
 *
 * @throws BucketError `metadata-too-large` if they do not fit into a container's metadata
 */
export async function putCors(caller: Caller, bucket: ByteString, rules: CorsRules): Promise<void> {
  const headers = settingHeaders(rules);
  if (headers === undefined)
    throw new BucketError(
      'metadata-too-large',
      'The CORS rules take more room than the metadata of a container has, even compressed.',
      { fields: { BucketName: bucket } },
    );
  await post(caller, bucket, headers);
}

/** Removes the rules of a bucket, whichever API set them. */
export async function deleteCors(caller: Caller, bucket: ByteString): Promise<void> {
  await post(caller, bucket, RULES_REMOVAL);
}

async function post(caller: Caller, bucket: ByteString, headers: Headers): Promise<void> {
  await expectSuccessAndDrain(
    caller,
    await ask(caller, { method: 'POST', container: bucket, headers }),
    { bucket },
  );
}

/** Visible ASCII: an origin, or a pattern of origins. */
const ORIGIN = /^[!-~]+$/;
/** The name of a header (RFC 9110, 5.6.2). */
const HEADER = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/**
 * Checks rules as AWS does.
 *
 * @param names of the API
 * @throws BucketError `malformed-body` if something is missing or too much;
 *   `invalid-request` for a value that is not allowed; `invalid-argument` for the id
 */
export function checkCors(rules: readonly CorsRule[], names: CorsNames): void {
  if (rules.length === 0) throw malformed('There must be at least one rule.');
  if (rules.length > MAX_CORS_RULES)
    throw malformed(
      `The number of CORS rules should not exceed allowed limit of ${MAX_CORS_RULES} rules.`,
    );
  for (const rule of rules) checkRule(rule, names);
}

function checkRule({ id, origins, methods, headers, exposed, maxAge }: CorsRule, names: CorsNames) {
  if (origins.length === 0) throw malformed(`Each rule needs ${names.origin}.`);
  if (methods.length === 0) throw malformed('Each rule needs a method.');
  if (id !== undefined && id.length > MAX_ID)
    throw new BucketError(
      'invalid-argument',
      'The ID length should not exceed allowed limit of 255',
      {
        fields: { ArgumentName: 'ID', ArgumentValue: id },
      },
    );
  for (const method of methods)
    if (!CORS_METHODS.includes(method))
      throw invalid(
        `Found unsupported HTTP method in CORS config. Unsupported method is ${method}`,
      );
  for (const origin of origins) checkPattern(names.origin, origin, ORIGIN);
  for (const header of headers) checkPattern(names.header, header, HEADER);
  for (const header of exposed) {
    if (header.includes('*'))
      throw invalid(
        `${names.exposed} "${header}" contains wildcard. We currently do not support wildcard for ${names.exposed}.`,
      );
    checkPattern(names.exposed, header, HEADER);
  }
  if (maxAge !== undefined && maxAge > MAX_AGE)
    throw malformed(`The maximum age must be at most ${MAX_AGE} seconds.`);
}

function checkPattern(name: string, value: string, allowed: RegExp): void {
  if (!allowed.test(value)) throw invalid(`${name} "${value}" is not valid.`);
  if (value.indexOf('*') !== value.lastIndexOf('*'))
    throw invalid(`${name} "${value}" can not have more than one wildcard.`);
}

function malformed(message: string): BucketError {
  return new BucketError('malformed-body', message);
}

function invalid(message: string): BucketError {
  return new BucketError('invalid-request', message);
}
