import { checkBucketName } from '../../../src/buckets/bucket';
import { BucketError } from '../../../src/buckets/errors';
import { isText } from '../../../src/http/bytes';
import type { Operation, Route } from '../call';
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
    if (call.key !== undefined && !isText(call.key))
      throw new BucketError('invalid-argument', 'The key is not UTF-8, or has a NUL.');
    return run(call);
  };
}
