import { BucketError } from '../buckets/errors';
import { isText, unquote, type ByteString } from '../http/bytes';
import type { Request } from '../swift_api/message';

/** What a request is about. Nothing: all buckets of who asks. */
export interface Address {
  readonly bucket: ByteString | undefined;
  readonly key: ByteString | undefined;
}

/**
 * The bucket that the Host of a request names (virtual-host style), in lower case; undefined: none.
 *
 * @param domains in lower case
 */
export function bucketOfHost(
  { headers, host = headers.get('host') }: Pick<Request, 'headers' | 'host'>,
  domains: readonly string[],
): ByteString | undefined {
  return spelledBucket(host, domains)?.toLowerCase();
}

/** The same as it is spelled. */
export function spelledBucket(
  host: ByteString | undefined,
  domains: readonly string[],
): ByteString | undefined {
  if (host === undefined || domains.length === 0) return undefined;
  const name = host.replace(/:\d*$/, '');
  const lower = name.toLowerCase();
  const [longest] = domains
    .filter((domain) => lower.endsWith(`.${domain}`))
    .sort((a, b) => b.length - a.length);
  return longest === undefined ? undefined : name.slice(0, -longest.length - 1);
}

/** What a request is about, from its Host and its path. @throws BucketError for what names nothing that could be */
export function addressOf(request: Request, domains: readonly string[]): Address {
  return addressIn(request.path, bucketOfHost(request, domains));
}

/**
 * The same where it is known which bucket the Host names, if any. The path is decoded once: the key begins behind the first slash after the bucket, and
 * all in it is literal, dots and slashes included.
 *
 * @throws BucketError for what names nothing that could be
 */
export function addressIn(path: string, virtual: ByteString | undefined): Address {
  const decoded = unquote(path);
  if (!decoded.startsWith('/'))
    throw new BucketError('invalid-request', 'The path does not begin with a slash.');
  const rest = decoded.slice(1);
  if (virtual !== undefined) return checked(virtual, rest);
  const slash = rest.indexOf('/');
  return slash < 0 ? checked(rest, '') : checked(rest.slice(0, slash), rest.slice(slash + 1));
}

function checked(bucket: ByteString, key: ByteString): Address {
  if (bucket === '' && key === '') return { bucket: undefined, key: undefined };
  // as parts of a path they would lead elsewhere
  if (/^\.{0,2}$|\//.test(bucket) || !isText(bucket))
    throw new BucketError('invalid-bucket-name', 'The specified bucket is not valid.', {
      fields: { BucketName: bucket },
    });
  if (!isText(key))
    throw new BucketError('invalid-argument', 'The key is not UTF-8, or has a NUL in it.');
  return { bucket, key: key === '' ? undefined : key };
}
