import { checkBucketName } from '../../../src/buckets/bucket';
import type { Operation, Route } from '../../../src/dialects/s3/call';
import { checkAnonymous } from '../../../src/dialects/s3/anonymous';
import { aclRoutes } from '../../../src/dialects/s3/acls';
import { bucketRoutes, plainBucketRoutes } from '../../../src/dialects/s3/buckets';
import { corsRoutes } from '../../../src/dialects/s3/cors';
import { plainListing } from '../../../src/dialects/s3/listings';
import { multiDeleteRoutes } from '../../../src/dialects/s3/multi_delete';
import { plainReadRoutes } from '../../../src/dialects/s3/reads';
import { withRefusals, notImplemented as refusal } from '../../../src/dialects/s3/refusal';
import { taggingRoutes } from '../../../src/dialects/s3/tagging';
import { partRoutes } from '../../../src/dialects/s3/upload_parts';
import { VocabularyCheck } from '../../../src/dialects/vocabulary';
import { uploadRoutes } from '../../../src/dialects/s3/uploads';
import { plainWriteRoutes } from '../../../src/dialects/s3/writes';
import { copyRoutes } from './copies';
import { locationRoutes } from './location';
import { inCos, VOCABULARY } from '../vocabulary';
import { serviceRoutes } from './service';
import { notImplemented, unsetRoutes } from './unset';
import { versionListingRoutes } from './version_listings';

/**
 * Routes chosen by more than the method and the resource; the first that matches applies.
 */
const specificRoutes: readonly Route[] = [
  ...locationRoutes,
  ...bucketRoutes.filter(({ name }) => name !== 'GetBucketLocation'),
  ...versionListingRoutes,
  ...multiDeleteRoutes,
  ...uploadRoutes,
  ...partRoutes,
  ...taggingRoutes,
  ...aclRoutes,
  ...corsRoutes,
];

/** Routes for requests that match none of those. */
const plainRoutes: readonly Route[] = [
  ...serviceRoutes,
  ...plainBucketRoutes,
  plainListing,
  ...copyRoutes,
  ...plainReadRoutes,
  ...plainWriteRoutes,
];

/**
 * The operations of the API, by S3's names for them; the first that matches a request
 * answers it.
 */
const operations = [...specificRoutes, ...unsetRoutes, ...notImplemented, ...plainRoutes].map(
  inCos,
);

const vocabulary = new VocabularyCheck(VOCABULARY, operations);

/** The same operations, with checks of the request before each. */
export const routes: readonly Route[] = operations.map((route) => ({
  ...route,
  run: withRefusals(withChecks(route)),
}));

/**
 * Checks that the bucket name is valid, and that everybody may do it if the request is
 * not signed; refuses a header that would not be honoured.
 */
function withChecks(route: Route): Operation {
  return async (call) => {
    checkAnonymous(call, route.name);
    if (call.bucket !== undefined) checkBucketName(call.bucket);
    if (/^true$/i.test(call.request.headers.get('x-amz-forbid-overwrite') ?? ''))
      throw refusal('x-amz-forbid-overwrite is not implemented: use If-None-Match: * instead.');
    vocabulary.check(call, route);
    return route.run(call);
  };
}
