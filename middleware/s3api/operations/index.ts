import { checkBucketName } from '../../../src/buckets/bucket';
import { BucketError } from '../../../src/buckets/errors';
import type { Operation, Route, Call } from '../../../src/dialects/s3/call';
import { checkAnonymous } from '../../../src/dialects/s3/anonymous';
import { aclRoutes } from '../../../src/dialects/s3/acls';
import { bucketRoutes, plainBucketRoutes } from '../../../src/dialects/s3/buckets';
import { copyRoutes } from '../../../src/dialects/s3/copies';
import { corsRoutes } from '../../../src/dialects/s3/cors';
import { listingRoutes, plainListing } from '../../../src/dialects/s3/listings';
import { multiDeleteRoutes } from '../../../src/dialects/s3/multi_delete';
import { attributeRoutes } from '../../../src/dialects/s3/attributes';
import { plainReadRoutes } from '../../../src/dialects/s3/reads';
import { withRefusals } from '../../../src/dialects/s3/refusal';
import { serviceRoutes } from '../../../src/dialects/s3/service';
import { taggingRoutes } from '../../../src/dialects/s3/tagging';
import { VOCABULARY } from '../vocabulary';
import { notImplemented, unsetRoutes } from './unset';
import { VocabularyCheck } from '../../../src/dialects/vocabulary';
import { partRoutes } from '../../../src/dialects/s3/upload_parts';
import { uploadRoutes } from '../../../src/dialects/s3/uploads';
import { versionListingRoutes } from '../../../src/dialects/s3/version_listings';
import { plainWriteRoutes } from '../../../src/dialects/s3/writes';

/**
 * Routes chosen by more than the method and the resource; the first that matches applies.
 */
const specificRoutes: readonly Route[] = [
  ...bucketRoutes,
  ...versionListingRoutes,
  ...listingRoutes,
  ...multiDeleteRoutes,
  ...attributeRoutes,
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

/** The operations of the API; the first that matches a request answers it. */
const operations: readonly Route[] = [
  ...specificRoutes,
  ...unsetRoutes,
  ...notImplemented,
  ...plainRoutes,
];

/** Checks that a request has nothing that its operation does not honour. */
export const vocabulary = new VocabularyCheck(VOCABULARY, operations);

/** The same operations, with checks of the request before each. */
export const routes: readonly Route[] = operations.map((route) => ({
  ...route,
  run: withRefusals(withChecks(route)),
}));

/**
 * Checks that the bucket name is valid, that the bucket has the expected owner, that the
 * operation honours what the request has, and that everybody may do it if the request is
 * not signed.
 */
function withChecks(route: Route): Operation {
  return async (call) => {
    checkAnonymous(call, route.name);
    if (call.bucket !== undefined) checkBucketName(call.bucket);
    checkOwners(call);
    vocabulary.check(call, route);
    return route.run(call);
  };
}

/**
 * Checks the headers by which a client makes sure that it does not write to, or read
 * from, a bucket of the same name that belongs to somebody else.
 */
function checkOwners({ request: { headers }, bucket, caller: { user } }: Call): void {
  const expectedOwners = ['x-amz-expected-bucket-owner', 'x-amz-source-expected-bucket-owner'].map(
    (name) => headers.get(name),
  );
  if (bucket !== undefined && expectedOwners.some((owner) => owner !== undefined && owner !== user))
    throw new BucketError('access-denied', 'Access Denied');
}
