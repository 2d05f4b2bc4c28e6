import type { WireFormat } from '../../src/dialects/s3/call';
import { errorElement } from '../../src/dialects/s3/errors';
import { locationOf } from '../../src/dialects/s3/uploads';
import { xml } from '../../src/dialects/xml';

/** Bytes, by S3's table of limits for multipart uploads. */
export const MIN_PART_SIZE = 5 * 1024 * 1024;

/** How S3 differs from other dialects on the wire. */
export const WIRE_FORMAT: WireFormat = {
  namespace: 'http://s3.amazonaws.com/doc/2006-03-01/',
  owner: ({ caller: { user } }) => [xml('ID', user), xml('DisplayName', user)],
  encodingElements: ['EncodingType'],
  minPartSize: MIN_PART_SIZE,
  hasCapitals: false,
  // by the document of CreateBucket, "BucketAlreadyOwnedByYou"
  recreatesIn: 'us-east-1',
  everybody: ['http://acs.amazonaws.com/groups/global/AllUsers'],
  groups: [
    'http://acs.amazonaws.com/groups/global/AuthenticatedUsers',
    'http://acs.amazonaws.com/groups/s3/LogDelivery',
  ],
  location: locationOf,
  errors: { codes: {}, element: errorElement },
};
