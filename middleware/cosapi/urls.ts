import { BucketError } from '../../src/buckets/errors';
import type { Route } from '../../src/dialects/s3/call';
import type { Query } from '../../src/dialects/query';
import type { Headers } from '../../src/http/headers';
import { toListedName, type CosSignature } from './signature';

const COPY_SOURCE = 'x-cos-copy-source';

/**
 * Whether a signature is valid in a URL. URLs are handed out, and nothing in a signature
 * of COS shows whether it was made for a URL or for `Authorization`: whatever a URL must
 * not be used for, the same signature in a header must not be used for, either.
 *
 * @param withoutBucket whether a URL is valid that does not say for which bucket it is
 */
export function isValidAsUrl({ headers }: CosSignature, withoutBucket: boolean): boolean {
  return withoutBucket || headers.includes('host');
}

/**
 * Checks that the signature of a URL covers the bucket. Without `host` it does not, even
 * if the path names a bucket: under a Host that names another one, all of that path is a
 * key.
 *
 * @throws BucketError `access-denied`
 */
export function checkUrl(signature: CosSignature, withoutBucket: boolean): void {
  if (isValidAsUrl(signature, withoutBucket)) return;
  throw new BucketError(
    'access-denied',
    'The header host is not signed: the URL would be valid for every bucket of its signer.',
  );
}

/**
 * Checks that a signature covers its purpose. It covers only what it lists, and a URL is
 * for whoever holds it: nothing that selects the operation, the version or the source may
 * be added to it.
 *
 * @throws BucketError `access-denied`
 */
export function checkCoverage(
  { parameters, headers: signed }: CosSignature,
  headers: Headers,
  query: Query,
  routes: readonly Route[],
): void {
  for (const name of ['versionId', ...routes.flatMap((route) => route.parameters ?? [])])
    if (query.has(name) && !parameters.includes(toListedName(name)))
      throw new BucketError('access-denied', `The parameter ${name} is not signed.`);
  if (headers.has(COPY_SOURCE) && !signed.includes(COPY_SOURCE))
    throw new BucketError('access-denied', `The header ${COPY_SOURCE} is not signed.`);
}
