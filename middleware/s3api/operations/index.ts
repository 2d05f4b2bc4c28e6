import { checkBucketName } from '../../../src/buckets/bucket';
import { BucketError } from '../../../src/buckets/errors';
import type { Operation, Route, S3Call } from '../call';
import { aclRoutes } from './acls';
import { bucketRoutes, plainBucketRoutes } from './buckets';
import { copyRoutes } from './copies';
import { listingRoutes, plainListing } from './listings';
import { multiDeleteRoutes } from './multi_delete';
import { plainReadRoutes, readRoutes } from './reads';
import { answeringRefusals } from './refusal';
import { serviceRoutes } from './service';
import { taggingRoutes } from './tagging';
import { notImplementedRoutes, unsetRoutes } from './unset';
import { partRoutes } from './upload_parts';
import { uploadRoutes } from './uploads';
import { versionListingRoutes } from './version_listings';
import { plainWriteRoutes } from './writes';

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
  ...notImplementedRoutes,
  ...plain,
].map((route) => ({ ...route, run: answeringRefusals(named(route.run)) }));

/** What a request is about has a name that can be one. */
function named(run: Operation): Operation {
  return async (call) => {
    if (call.bucket !== undefined) checkBucketName(call.bucket);
    checkOwners(call);
    return run(call);
  };
}

/** By these a client makes sure that it does not write to, or read from, a bucket of the same name that somebody else has. */
function checkOwners({ request: { headers }, bucket, caller: { user } }: S3Call): void {
  const given = ['x-amz-expected-bucket-owner', 'x-amz-source-expected-bucket-owner'].map((name) =>
    headers.get(name),
  );
  if (bucket !== undefined && given.some((owner) => owner !== undefined && owner !== user))
    throw new BucketError('access-denied', 'Access Denied');
}
