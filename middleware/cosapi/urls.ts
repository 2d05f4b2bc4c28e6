import { BucketError } from '../../src/buckets/errors';
import type { Route } from '../../src/dialects/call';
import type { Query } from '../../src/dialects/query';
import type { Headers } from '../../src/http/headers';
import { listed, type CosSignature } from './signature';

const COPY_SOURCE = 'x-cos-copy-source';

/**
 * Whether a signed URL says by its signature what it is for. A signature of COS covers only what it lists, and who has a URL is not who signed it: of what
 * decides which operation is asked for, and of which version, nothing may be added to it.
 *
 * @throws BucketError `access-denied`
 */
export function checkUrl(
  { parameters, headers: signed }: CosSignature,
  headers: Headers,
  query: Query,
  routes: readonly Route[],
): void {
  const deciding = new Set(['versionId', ...routes.flatMap((route) => route.parameters ?? [])]);
  for (const name of query.keys())
    if (deciding.has(name) && !parameters.includes(listed(name)))
      throw new BucketError('access-denied', `The parameter ${name} is not signed.`);
  if (headers.has(COPY_SOURCE) && !signed.includes(COPY_SOURCE))
    throw new BucketError('access-denied', `The header ${COPY_SOURCE} is not signed.`);
}
