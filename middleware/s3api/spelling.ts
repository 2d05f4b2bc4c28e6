import type { Spelling } from '../../src/dialects/call';
import { errorElement } from '../../src/dialects/s3_family/errors';
import { locationOf } from '../../src/dialects/s3_family/uploads';
import { xml } from '../../src/dialects/xml';

/** How S3 writes what other dialects write otherwise. */
export const SPELLING: Spelling = {
  namespace: 'http://s3.amazonaws.com/doc/2006-03-01/',
  person: (user) => [xml('ID', user), xml('DisplayName', user)],
  everybody: 'http://acs.amazonaws.com/groups/global/AllUsers',
  location: locationOf,
  errors: { codes: {}, element: errorElement },
};
