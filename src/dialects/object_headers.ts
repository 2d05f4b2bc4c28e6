import { BucketError } from '../buckets/errors';
import { checkHeader } from '../buckets/headers';
import type { ByteString } from '../http/bytes';
import { Headers } from '../http/headers';
import { hasReservedParameter } from '../swift_api/reserved';
import { DELETE_MARKER_TYPE } from '../swift_api/markers';
import { invalidArgument } from './arguments';
import type { Call } from './call';

/**
 * Returns the content type that a request sets. Clients may not set types that mark
 * special objects of the store or of the proxy.
 *
 * @param unset the type if the request has none
 * @throws BucketError `invalid-argument`
 */
export function contentTypeOf(headers: Headers, unset: ByteString): ByteString {
  const type = headers.get('content-type') || unset;
  if (!hasReservedParameter(type) && type !== DELETE_MARKER_TYPE) return type;
  throw invalidArgument('Content-Type', type, 'This content type is reserved.');
}

/**
 * Returns the metadata of a request under the original names, in which underscores differ
 * from hyphens.
 *
 * @param prefix of their headers, in lower case
 */
export function metadataOf(headers: Headers, prefix: string): [name: string, value: ByteString][] {
  const raw = headers.filter((key) => key.startsWith(prefix)).toRaw();
  const fields: [string, ByteString][] = [];
  for (let i = 0; i + 1 < raw.length; i += 2)
    fields.push([(raw[i] ?? '').slice(prefix.length), raw[i + 1] ?? '']);
  return fields;
}

/**
 * Returns the Content-MD5 as the store's ETag header.
 *
 * @throws BucketError `invalid-digest`
 */
export function etagFromContentMd5({ request: { headers } }: Pick<Call, 'request'>): Headers {
  const md5 = headers.get('content-md5')?.trim();
  if (md5 === undefined) return Headers.none;
  const bytes = Buffer.from(md5, 'base64');
  if (bytes.length !== 16 || bytes.toString('base64') !== md5)
    throw new BucketError('invalid-digest', 'The Content-MD5 you specified was invalid.', {
      fields: { 'Content-MD5': md5 },
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

/** Returns the response headers that the query overrides. */
export function responseOverrides({ parameters }: Pick<Call, 'parameters'>): Headers {
  const overrides = OVERRIDES.map((name) => [name, parameters.get(`response-${name}`)] as const);
  for (const [name, value] of overrides) if (value !== undefined) checkHeader(name, value);
  return Headers.of(Object.fromEntries(overrides));
}
