import { headBucket } from '../../../src/buckets/bucket';
import type { Operation, Route } from '../../../src/dialects/s3/call';
import { bucketOf } from '../../../src/dialects/s3/arguments';
import { document, xml } from '../../../src/dialects/xml';

export const locationRoutes: readonly Route[] = [
  {
    name: 'GetBucketLocation',
    method: 'GET',
    on: 'bucket',
    parameters: ['location'],
    run: (call) => locate(call),
  },
];

const locate: Operation = async (call) => {
  await headBucket(call.caller, bucketOf(call));
  return document(200, xml('LocationConstraint', call.location));
};
