import { BucketError } from '../buckets/errors';
import { MAX_LISTED } from '../buckets/listing';
import { isText, type ByteString } from '../http/bytes';
import type { Call } from './call';

const MAX_INTEGER = 2_147_483_647;

/** Returns the error for an invalid argument. */
export function invalidArgument(name: string, value: ByteString, message: string): BucketError {
  return new BucketError('invalid-argument', message, {
    fields: { ArgumentName: name, ArgumentValue: value },
  });
}

/**
 * Returns the maximum number of entries that a listing is to have.
 *
 * @param name of the parameter in the dialect
 * @param max highest possible limit
 * @param unset the limit if the request has none
 * @throws BucketError `invalid-argument`
 */
export function limitOf(
  { parameters }: Pick<Call, 'parameters'>,
  name = 'max-keys',
  max = MAX_LISTED,
  unset = max,
): number {
  const value = parameters.get(name);
  if (value === undefined || value === '') return unset;
  if (!/^[+-]?\d+$/.test(value))
    throw invalidArgument(name, value, `Provided ${name} not an integer or within integer range`);
  const limit = Number(value);
  if (limit < 0 || limit > MAX_INTEGER)
    throw invalidArgument(
      name,
      value,
      `Argument ${name} must be an integer between 0 and ${MAX_INTEGER}`,
    );
  return Math.min(limit, max);
}

/** Returns a parameter with a key or a prefix of keys; '' if it is missing. */
export function textOf({ parameters }: Pick<Call, 'parameters'>, name: string): ByteString {
  const value = parameters.get(name) ?? '';
  if (!isText(value))
    throw invalidArgument(name, value, `The ${name} is not valid UTF-8 or contains a NUL.`);
  return value;
}

/** Returns the bucket of a request. */
export function bucketOf({ bucket }: Pick<Call, 'bucket'>): ByteString {
  if (bucket === undefined) throw new Error('a bucket operation was routed without a bucket');
  return bucket;
}

/** Returns the object of a request. */
export function keyOf(call: Pick<Call, 'bucket' | 'key'>): { bucket: ByteString; key: ByteString } {
  if (call.key === undefined) throw new Error('an object operation was routed without an object');
  return { bucket: bucketOf(call), key: call.key };
}

/** Formats a time as documents have it. */
export function isoTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
