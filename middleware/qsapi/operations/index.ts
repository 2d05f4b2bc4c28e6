import { checkBucketName } from '../../../src/buckets/bucket';
import { BucketError } from '../../../src/buckets/errors';
import type { Operation, Route } from '../../../src/dialects/call';
import { VocabularyCheck } from '../../../src/dialects/vocabulary';
import { aclRoutes } from './acls';
import { plainBucketRoutes, versioningRoutes } from './buckets';
import { copyRoutes } from './copies';
import { corsRoutes } from './cors';
import { plainListingRoutes, versionListingRoutes } from './listings';
import { multiDeleteRoutes } from './multi_delete';
import { notImplementedRoutes } from './not_implemented';
import { plainObjectRoutes } from './objects';
import { serviceRoutes } from './service';
import { partRoutes } from './upload_parts';
import { uploadRoutes } from './uploads';
import { VOCABULARY } from '../vocabulary';

/**
 * The operations, by their names in QingStor's documentation; the first that matches a
 * request answers it.
 */
const operations: readonly Route[] = [
  // chosen by more than the method and the resource
  ...versioningRoutes,
  ...versionListingRoutes,
  ...aclRoutes,
  ...corsRoutes,
  ...multiDeleteRoutes,
  ...uploadRoutes,
  ...partRoutes,
  ...notImplementedRoutes,
  // for requests that match none of those
  ...serviceRoutes,
  ...plainBucketRoutes,
  ...plainListingRoutes,
  ...copyRoutes,
  ...plainObjectRoutes,
];

const vocabulary = new VocabularyCheck(VOCABULARY, operations);

/** The same operations, with checks of the request before each. */
export const routes: readonly Route[] = operations.map((route) => ({
  ...route,
  run: withChecks(route),
}));

function withChecks(route: Route): Operation {
  return async (call) => {
    const { bucket, key, caller } = call;
    if (bucket !== undefined) checkBucketName(bucket);
    // a public bucket lets anybody read its objects, and nothing else
    if (caller.isAnonymous && key === undefined)
      throw new BucketError('access-denied', 'Requests for a bucket itself must be signed.');
    vocabulary.check(call, route);
    return route.run(call);
  };
}
