import { createHmac } from 'node:crypto';
import { BucketError } from '../../../../src/buckets/errors';
import { checkHeader } from '../../../../src/buckets/headers';
import { quote, strip, type ByteString } from '../../../../src/http/bytes';
import { Headers } from '../../../../src/http/headers';
import { canonicalParameters, type QueriedRequest } from './parameters';

const AMZ = 'x-amz-';
const META = 'x-amz-meta-';

/** The parts of a request that are signed. */
export interface SignedRequestV2 extends QueriedRequest {
  /** As received, still encoded. */
  readonly path: string;
  /** The bucket that Host names. */
  readonly virtualBucket: ByteString | undefined;
  /** From `signedHeaders`. */
  readonly headers: Headers;
}

/**
 * Returns the headers of a request as they are signed: each of S3's in one field, in
 * lower case, its values joined by commas. The operation gets these, so that it
 * understands what was signed.
 *
 * @throws BucketError if a header could be read as a signed one but is not signed, or
 *   could not have been sent
 */
export function signedHeaders(headers: Headers): Headers {
  const amz = headers.filter((key) => key.startsWith(AMZ)).bySpelling();
  const unsigned = [...amz.keys()].filter((name) => name.includes('_') && !name.startsWith(META));
  if (unsigned.length > 0)
    throw new BucketError(
      'access-denied',
      'There were headers present in the request which were not signed',
      { fields: { HeadersNotSigned: unsigned.join(', ') } },
    );
  for (const name of ['content-md5', 'content-type']) checkValue(name, headers.get(name) ?? '');
  for (const [name, value] of amz) checkValue(name, value);
  return headers
    .filter((key) => !key.startsWith(AMZ))
    .withAll(Headers.of(Object.fromEntries([...amz].sort(([a], [b]) => (a < b ? -1 : 1)))));
}

/** A line break in a value would begin the next element of the string to sign. */
function checkValue(name: string, value: ByteString): void {
  checkHeader(name, value);
  if (value !== strip(value))
    throw new BucketError('access-denied', `The header ${name} has spaces that are not signed.`);
}

/**
 * Returns the strings that a client may have signed for a request (AWS, "Signing and
 * authenticating REST requests", and Swift's s3api).
 *
 * @param expires from a URL, which stands in the place of the date
 * @throws BucketError `access-denied` if other requests have the same
 */
export function stringsToSign(
  request: SignedRequestV2,
  expires: string | undefined,
): readonly ByteString[] {
  const { method, headers, path, virtualBucket } = request;
  const date = expires ?? (headers.has('x-amz-date') ? '' : (headers.get('date') ?? ''));
  const lines = [...headers.bySpelling()]
    .filter(([name]) => name.startsWith(AMZ))
    .map(([name, value]) => `${name}:${value}`);
  const head = [
    method,
    headers.get('content-md5') ?? '',
    headers.get('content-type') ?? '',
    date,
    ...lines,
  ].join('\n');
  const bucket = virtualBucket === undefined ? '' : `/${quote(virtualBucket)}`;
  const queries = canonicalParameters(request).map((text) => (text === '' ? '' : `?${text}`));
  return pathsOf(bucket + path).flatMap((each) =>
    queries.map((query) => `${head}\n${each}${query}`),
  );
}

/**
 * Returns the forms in which clients sign a path: boto3 signs a slash after the bucket if
 * it does not send one. An encoded slash would make the other form that of an object.
 */
function pathsOf(path: string): readonly string[] {
  const isBucket = /^\/[^/]+\/?$/.test(path) && !/%2f/i.test(path);
  if (!isBucket) return [path];
  return [path, path.endsWith('/') ? path.slice(0, -1) : `${path}/`];
}

/** Returns the signature of a text, in base64. */
export function signV2(secret: ByteString, text: ByteString): string {
  return createHmac('sha1', Buffer.from(secret, 'latin1')).update(text, 'latin1').digest('base64');
}
