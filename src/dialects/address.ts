import { BucketError } from '../buckets/errors';
import { isText, unquote, type ByteString } from '../http/bytes';
import type { Request } from '../swift_api/message';

/** The target of a request. With neither, all buckets of the caller. */
export interface Address {
  readonly bucket: ByteString | undefined;
  readonly key: ByteString | undefined;
}

/**
 * Returns the bucket that the Host of a request names (virtual-host style), in lower
 * case; undefined if it names none.
 *
 * @param domains in lower case
 */
export function bucketOfHost(
  { headers, host = headers.get('host') }: Pick<Request, 'headers' | 'host'>,
  domains: readonly string[],
): ByteString | undefined {
  return spelledBucket(host, domains)?.toLowerCase();
}

/** Like `bucketOfHost`, but keeps the case of the name. */
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

/**
 * Returns the target of a request, from its Host and its path.
 *
 * @throws BucketError if the names are not valid
 */
export function addressOf(request: Request, domains: readonly string[]): Address {
  return addressIn(request.path, bucketOfHost(request, domains));
}

/**
 * Returns the target for a path and the bucket that the Host names, if any. The path is
 * decoded once. The key starts after the first slash after the bucket; everything in it
 * is literal, dots and slashes included.
 *
 * @throws BucketError if the names are not valid
 */
export function addressIn(path: string, virtual: ByteString | undefined): Address {
  const decoded = unquote(path);
  if (!decoded.startsWith('/'))
    throw new BucketError('invalid-request', 'The path must begin with a slash.');
  const rest = decoded.slice(1);
  if (virtual !== undefined) return checkedAddress(virtual, rest);
  const slash = rest.indexOf('/');
  return slash < 0
    ? checkedAddress(rest, '')
    : checkedAddress(rest.slice(0, slash), rest.slice(slash + 1));
}

function checkedAddress(bucket: ByteString, key: ByteString): Address {
  if (bucket === '' && key === '') return { bucket: undefined, key: undefined };
  // as parts of a path these would lead elsewhere
  if (/^\.{0,2}$|\//.test(bucket) || !isText(bucket))
    throw new BucketError('invalid-bucket-name', 'The specified bucket is not valid.', {
      fields: { BucketName: bucket },
    });
  if (!isText(key))
    throw new BucketError('invalid-argument', 'The key is not valid UTF-8 or contains a NUL.');
  return { bucket, key: key === '' ? undefined : key };
}
