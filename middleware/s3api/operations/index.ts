import { checkBucketName } from '../../../src/buckets/bucket';
import { BucketError } from '../../../src/buckets/errors';
import type { Operation, Route, Call } from '../../../src/dialects/s3/call';
import { aclRoutes } from '../../../src/dialects/s3/acls';
import { bucketRoutes, plainBucketRoutes } from '../../../src/dialects/s3/buckets';
import { copyRoutes } from '../../../src/dialects/s3/copies';
import { listingRoutes, plainListing } from '../../../src/dialects/s3/listings';
import { multiDeleteRoutes } from '../../../src/dialects/s3/multi_delete';
import { plainReadRoutes, readRoutes } from '../../../src/dialects/s3/reads';
import { withRefusals } from '../../../src/dialects/s3/refusal';
import { serviceRoutes } from '../../../src/dialects/s3/service';
import { taggingRoutes } from '../../../src/dialects/s3/tagging';
import { notImplemented, unsetRoutes } from './unset';
import { partRoutes } from '../../../src/dialects/s3/upload_parts';
import { uploadRoutes } from '../../../src/dialects/s3/uploads';
import { versionListingRoutes } from '../../../src/dialects/s3/version_listings';
import { plainWriteRoutes } from '../../../src/dialects/s3/writes';

/** By what a request has beside its name: of these the first that fits. */
const particular: readonly Route[] = [
  ...bucketRoutes,
  ...versionListingRoutes,
  ...listingRoutes,
  ...multiDeleteRoutes,
  ...readRoutes,
  ...uploadRoutes,
  ...partRoutes,
  ...taggingRoutes,
  ...aclRoutes,
];

/** What answers where nothing of that is there. */
const plain: readonly Route[] = [
  ...serviceRoutes,
  ...plainBucketRoutes,
  plainListing,
  ...copyRoutes,
  ...plainReadRoutes,
  ...plainWriteRoutes,
];

/** The operations of the API; the first that fits a request answers it. */
export const routes: readonly Route[] = [
  ...particular,
  ...unsetRoutes,
  ...notImplemented,
  ...plain,
].map((route) => ({ ...route, run: withRefusals(named(route.run)) }));

/** What a request is about has a name that can be one. */
function named(run: Operation): Operation {
  return async (call) => {
    if (call.bucket !== undefined) checkBucketName(call.bucket);
    checkOwners(call);
    return run(call);
  };
}

/** By these a client makes sure that it does not write to, or read from, a bucket of the same name that somebody else has. */
function checkOwners({ request: { headers }, bucket, caller: { user } }: Call): void {
  const given = ['x-amz-expected-bucket-owner', 'x-amz-source-expected-bucket-owner'].map((name) =>
    headers.get(name),
  );
  if (bucket !== undefined && given.some((owner) => owner !== undefined && owner !== user))
    throw new BucketError('access-denied', 'Access Denied');
}
