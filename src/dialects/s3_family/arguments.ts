import { BucketError } from '../../buckets/errors';
import { MOST_LISTED } from '../../buckets/listing';
import { quote, type ByteString } from '../../http/bytes';
import { isText } from '../../http/bytes';
import { readAll } from '../../http/body';
import type { Call } from '../call';
import { readXml, type XmlElement } from '../xml';

const MOST_INTEGER = 2_147_483_647;
const MOST_DOCUMENT = 1024 * 1024;

/** The error for an argument that is none. */
export function invalidArgument(name: string, value: ByteString, message: string): BucketError {
  return new BucketError('invalid-argument', message, {
    fields: { ArgumentName: name, ArgumentValue: value },
  });
}

/**
 * How many a listing is to have: 1,000 where nothing is said, and at most.
 *
 * @throws BucketError `invalid-argument`
 */
export function limitOf({ parameters }: Call, name = 'max-keys', most = MOST_LISTED): number {
  const given = parameters.get(name);
  if (given === undefined || given === '') return most;
  if (!/^[+-]?\d+$/.test(given))
    throw invalidArgument(name, given, `Provided ${name} not an integer or within integer range`);
  const limit = Number(given);
  if (limit < 0 || limit > MOST_INTEGER)
    throw invalidArgument(name, given, `Argument ${name} must be an integer between 0 and ${MOST_INTEGER}`);
  return Math.min(limit, most);
}

/** How names are written in a listing. */
export interface Naming {
  /** As the client asked for it; undefined: as they are. */
  readonly encoding: 'url' | undefined;
  readonly of: (name: ByteString) => string;
}

/** How the client wants names written: with `encoding-type=url` percent-encoded, but for slashes. */
export function namingOf({ parameters }: Call): Naming {
  const type = parameters.get('encoding-type');
  if (type === undefined || type === '') return { encoding: undefined, of: (name) => name };
  if (type !== 'url')
    throw invalidArgument('encoding-type', type, 'Invalid Encoding Method specified in Request');
  return { encoding: 'url', of: quote };
}

/** A parameter that names keys, or the beginning of them; '' where it is not there. */
export function textOf({ parameters }: Call, name: string): ByteString {
  const value = parameters.get(name) ?? '';
  if (!isText(value)) throw invalidArgument(name, value, `The ${name} is not UTF-8, or has a NUL.`);
  return value;
}

/** What a request carries, whole. @throws BucketError `malformed-body` where it is longer than it may be */
export async function bodyOf({ request, payload }: Call, most = MOST_DOCUMENT): Promise<Buffer> {
  request.sendContinue?.();
  const body = await readAll(payload.body, most);
  if (body === undefined) throw malformed();
  return body;
}

/** The document that a request carries. @throws BucketError `malformed-body` */
export async function documentOf(call: Call, root: string): Promise<XmlElement> {
  return readXml(await bodyOf(call), MOST_DOCUMENT, root);
}

/** The error for a document that is not as it should be. */
export function malformed(): BucketError {
  return new BucketError(
    'malformed-body',
    'The XML you provided was not well-formed or did not validate against our published schema',
  );
}

/** The bucket that a request is about. */
export function bucketOf({ bucket }: Call): ByteString {
  if (bucket === undefined) throw new Error('an operation on a bucket was routed without one');
  return bucket;
}

/** The object that a request is about. */
export function keyOf(call: Call): { bucket: ByteString; key: ByteString } {
  if (call.key === undefined) throw new Error('an operation on an object was routed without one');
  return { bucket: bucketOf(call), key: call.key };
}

/** Times as XML has them. */
export function isoTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
