import { checkBucketName } from '../../../src/buckets/bucket';
import type { Operation, Route } from '../../../src/dialects/s3/call';
import { aclRoutes } from '../../../src/dialects/s3/acls';
import { bucketRoutes, plainBucketRoutes } from '../../../src/dialects/s3/buckets';
import { plainListing } from '../../../src/dialects/s3/listings';
import { multiDeleteRoutes } from '../../../src/dialects/s3/multi_delete';
import { plainReadRoutes } from '../../../src/dialects/s3/reads';
import { withRefusals, notImplemented as refusal } from '../../../src/dialects/s3/refusal';
import { taggingRoutes } from '../../../src/dialects/s3/tagging';
import { partRoutes } from '../../../src/dialects/s3/upload_parts';
import { uploadRoutes } from '../../../src/dialects/s3/uploads';
import { plainWriteRoutes } from '../../../src/dialects/s3/writes';
import { copyRoutes } from './copies';
import { locationRoutes } from './location';
import { serviceRoutes } from './service';
import { notImplemented, unsetRoutes } from './unset';
import { versionListingRoutes } from './version_listings';

/** By what a request has beside its name: of these the first that fits. */
const particular: readonly Route[] = [
  ...locationRoutes,
  ...bucketRoutes.filter(({ name }) => name !== 'GetBucketLocation'),
  ...versionListingRoutes,
  ...multiDeleteRoutes,
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

/** The operations of the API, by the names that S3 has for them; the first that fits a request answers it. */
export const routes: readonly Route[] = [
  ...particular,
  ...unsetRoutes,
  ...notImplemented,
  ...plain,
].map((route) => ({ ...route, run: withRefusals(checked(route.run)) }));

/** What a request is about has a name that can be one, and nothing is promised that would not be kept. */
function checked(run: Operation): Operation {
  return async (call) => {
    if (call.bucket !== undefined) checkBucketName(call.bucket);
    if (/^true$/i.test(call.request.headers.get('x-amz-forbid-overwrite') ?? ''))
      throw refusal('x-amz-forbid-overwrite is not implemented: If-None-Match: * says the same.');
    return run(call);
  };
}
