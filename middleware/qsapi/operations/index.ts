import { checkBucketName } from '../../../src/buckets/bucket';
import { BucketError } from '../../../src/buckets/errors';
import type { Operation, Route } from '../../../src/dialects/call';
import { aclRoutes } from './acls';
import { plainBucketRoutes, versioningRoutes } from './buckets';
import { copyRoutes } from './copies';
import { plainListingRoutes, versionListingRoutes } from './listings';
import { multiDeleteRoutes } from './multi_delete';
import { notImplementedRoutes } from './not_implemented';
import { plainObjectRoutes } from './objects';
import { serviceRoutes } from './service';
import { partRoutes } from './upload_parts';
import { uploadRoutes } from './uploads';

/** The operations that there are, by the names that QingStor's documentation has for them; the first that fits a request answers it. */
export const operations: readonly Route[] = [
  // by what a request has beside its name
  ...versioningRoutes,
  ...versionListingRoutes,
  ...aclRoutes,
  ...multiDeleteRoutes,
  ...uploadRoutes,
  ...partRoutes,
  ...notImplementedRoutes,
  // where nothing of that is there
  ...serviceRoutes,
  ...plainBucketRoutes,
  ...plainListingRoutes,
  ...copyRoutes,
  ...plainObjectRoutes,
];

/** The same, asked for what has a name that can be one. */
export const routes: readonly Route[] = operations.map((route) => ({
  ...route,
  run: named(route.run),
}));

function named(run: Operation): Operation {
  return async (call) => {
    const { bucket, key, caller } = call;
    if (bucket !== undefined) checkBucketName(bucket);
    // what a public bucket lets anybody do is to read its objects
    if (caller.isAnonymous && key === undefined)
      throw new BucketError('access-denied', 'Only those who sign may ask for a bucket itself.');
    return run(call);
  };
}
