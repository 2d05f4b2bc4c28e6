import { BucketError } from '../buckets/errors';
import { MAX_LISTED } from '../buckets/listing';
import { isText, type ByteString } from '../http/bytes';
import type { Call } from './call';

const MAX_INTEGER = 2_147_483_647;

/** The error for an argument that is none. */
export function invalidArgument(name: string, value: ByteString, message: string): BucketError {
  return new BucketError('invalid-argument', message, {
    fields: { ArgumentName: name, ArgumentValue: value },
  });
}

/**
 * How many a listing is to have.
 *
 * @param name what the dialect calls it
 * @param max how many it can have
 * @param unset how many it has where nothing is said
 * @throws BucketError `invalid-argument`
 */
export function limitOf(
  { parameters }: Pick<Call, 'parameters'>,
  name = 'max-keys',
  max = MAX_LISTED,
  unset = max,
): number {
  const given = parameters.get(name);
  if (given === undefined || given === '') return unset;
  if (!/^[+-]?\d+$/.test(given))
    throw invalidArgument(name, given, `Provided ${name} not an integer or within integer range`);
  const limit = Number(given);
  if (limit < 0 || limit > MAX_INTEGER)
    throw invalidArgument(
      name,
      given,
      `Argument ${name} must be an integer between 0 and ${MAX_INTEGER}`,
    );
  return Math.min(limit, max);
}

/** A parameter that names keys, or the beginning of them; '' where it is not there. */
export function textOf({ parameters }: Pick<Call, 'parameters'>, name: string): ByteString {
  const value = parameters.get(name) ?? '';
  if (!isText(value)) throw invalidArgument(name, value, `The ${name} is not UTF-8, or has a NUL.`);
  return value;
}

/** The bucket that a request is about. */
export function bucketOf({ bucket }: Pick<Call, 'bucket'>): ByteString {
  if (bucket === undefined) throw new Error('an operation on a bucket was routed without one');
  return bucket;
}

/** The object that a request is about. */
export function keyOf(call: Pick<Call, 'bucket' | 'key'>): { bucket: ByteString; key: ByteString } {
  if (call.key === undefined) throw new Error('an operation on an object was routed without one');
  return { bucket: bucketOf(call), key: call.key };
}

/** Times as documents have them. */
export function isoTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
