import { BucketError } from '../../src/buckets/errors';
import type { Route } from '../../src/dialects/s3/call';
import type { Query } from '../../src/dialects/query';
import type { Headers } from '../../src/http/headers';
import { listed, type CosSignature } from './signature';

const COPY_SOURCE = 'x-cos-copy-source';

/**
 * Whether a signature is good in a URL. URLs are handed out, and nothing in a signature of COS
 * tells whether it was made for a URL or for `Authorization`: whatever a URL must not be used
 * for, the same signature in a header must not be used for, either.
 *
 * @param withoutBucket whether a URL is good that does not say for which bucket it is
 */
export function isGoodAsUrl({ headers }: CosSignature, withoutBucket: boolean): boolean {
  return withoutBucket || headers.includes('host');
}

/**
 * Checks that a URL says by its signature for which bucket it is. Without `host` it does not,
 * even if its path names a bucket: under a Host that names another one, all of that path is a key.
 *
 * @throws BucketError `access-denied`
 */
export function checkUrl(signature: CosSignature, withoutBucket: boolean): void {
  if (isGoodAsUrl(signature, withoutBucket)) return;
  throw new BucketError(
    'access-denied',
    'The header host is not signed: the URL would be good for every bucket of its signer.',
  );
}

/**
 * Checks that a signature says what it is for. It covers only what it lists, and a URL is for
 * whoever has it: nothing that decides which operation is asked for, or which version or source
 * is meant, may be added to it.
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
    if (query.has(name) && !parameters.includes(listed(name)))
      throw new BucketError('access-denied', `The parameter ${name} is not signed.`);
  if (headers.has(COPY_SOURCE) && !signed.includes(COPY_SOURCE))
    throw new BucketError('access-denied', `The header ${COPY_SOURCE} is not signed.`);
}
