import { BucketError } from '../buckets/errors';
import { checkHeader } from '../buckets/headers';
import type { ByteString } from '../http/bytes';
import { Headers } from '../http/headers';
import { hasReservedParameter } from '../swift_api/reserved';
import { DELETE_MARKER_TYPE } from '../swift_api/markers';
import { invalidArgument } from './arguments';
import type { Call } from './call';

/**
 * The type that a request gives an object. Types by which the store, or the proxy, knows what an object is, no client gives.
 *
 * @param unset that of an object to which none is given
 * @throws BucketError `invalid-argument`
 */
export function typeGiven(headers: Headers, unset: ByteString): ByteString {
  const type = headers.get('content-type') || unset;
  if (!hasReservedParameter(type) && type !== DELETE_MARKER_TYPE) return type;
  throw invalidArgument(
    'Content-Type',
    type,
    'The content type is one of those that are reserved.',
  );
}

/**
 * The metadata that a request gives an object, by the names as they were spelled: an underscore is no hyphen.
 *
 * @param prefix of their headers, in lower case
 */
export function metadataGiven(
  headers: Headers,
  prefix: string,
): [name: string, value: ByteString][] {
  const raw = headers.filter((key) => key.startsWith(prefix)).toRaw();
  const found: [string, ByteString][] = [];
  for (let i = 0; i + 1 < raw.length; i += 2)
    found.push([(raw[i] ?? '').slice(prefix.length), raw[i + 1] ?? '']);
  return found;
}

/** A Content-MD5 as the store takes it. @throws BucketError `invalid-digest` */
export function etagGiven({ request: { headers } }: Pick<Call, 'request'>): Headers {
  const given = headers.get('content-md5')?.trim();
  if (given === undefined) return Headers.none;
  const bytes = Buffer.from(given, 'base64');
  if (bytes.length !== 16 || bytes.toString('base64') !== given)
    throw new BucketError('invalid-digest', 'The Content-MD5 you specified was invalid.', {
      fields: { 'Content-MD5': given },
    });
  return Headers.of({ ETag: bytes.toString('hex') });
}

const OVERRIDES = [
  'content-type',
  'content-language',
  'expires',
  'cache-control',
  'content-disposition',
  'content-encoding',
];

/** The headers that the query asks an answer to have instead. */
export function overridden({ parameters }: Pick<Call, 'parameters'>): Headers {
  const wanted = OVERRIDES.map((name) => [name, parameters.get(`response-${name}`)] as const);
  for (const [name, value] of wanted) if (value !== undefined) checkHeader(name, value);
  return Headers.of(Object.fromEntries(wanted));
}
