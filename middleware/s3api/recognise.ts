import { formBoundary } from '../../src/formats/form';
import type { ByteString } from '../../src/http/bytes';
import type { Headers } from '../../src/http/headers';
import { isPipelinePath, type FilterPaths } from '../../src/swift_api/request_target';
import { isSignedForS3 } from '../../src/swift_api/s3_requests';
import { bucketOfHost } from '../../src/dialects/address';

/**
 * How a request is recognised as S3's: by its signature; as a form, whose signature is
 * inside; by a bucket in its Host, or by a path that nobody else claims, which both allow
 * requests without a signature.
 */
export type Recognised = 'signed' | 'form' | 'host' | 'path';

/** The properties by which a request is recognised. */
export interface Recognisable {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly headers: Headers;
  readonly host?: ByteString | undefined;
}

/**
 * Returns how a request is recognised as S3's; undefined if it is Swift's, or of no API
 * here.
 *
 * @param domains whose subdomains are buckets
 * @param paths of all filters, none of which is a bucket's
 */
export function recognise(
  request: Recognisable,
  domains: readonly string[],
  paths: FilterPaths,
): Recognised | undefined {
  const { method, path, query, headers } = request;
  if (isSignedForS3(headers.get('authorization'), query)) return 'signed';
  const isVirtual = bucketOfHost(request, domains) !== undefined;
  const isForm = method === 'POST' && query === '' && formBoundary(request) !== undefined;
  if (isForm && (isVirtual ? path === '/' : isBucketPath(path, paths))) return 'form';
  return isVirtual ? 'host' : undefined;
}

/** Clients of Swift log in below this path, here or at the store. */
const LOGINS = '/auth';

/** Whether a path is `/bucket` or `/bucket/`, and not one of Swift's. */
function isBucketPath(path: string, paths: FilterPaths): boolean {
  const bucketPath = /^(\/[^/]+)\/?$/.exec(path)?.[1];
  return bucketPath !== undefined && bucketPath !== LOGINS && !isPipelinePath(bucketPath, paths);
}
