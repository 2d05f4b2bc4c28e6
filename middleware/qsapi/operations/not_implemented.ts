import { BucketError } from '../../../src/buckets/errors';
import type { Route } from '../../../src/dialects/call';

/** What else QingStor knows of buckets, and of objects, and we do not. */
const OF_BUCKETS = [
  ...[
    'acl',
    'cname',
    'cors',
    'lifecycle',
    'logging',
    'mirror',
    'notification',
    'policy',
    'replication',
    'stats',
  ],
  ...['versioning', 'versions', 'uploads', 'delete'],
];
const OF_OBJECTS = ['acl', 'append', 'image', 'position', 'uploads'];
const OF_WRITES = ['x-qs-fetch-source'];

const METHODS = ['GET', 'PUT', 'POST', 'DELETE', 'HEAD'];

function missing(what: string): Pick<Route, 'name' | 'run'> {
  return {
    name: 'NotImplemented',
    run: () => Promise.reject(new BucketError('not-implemented', `${what} is not implemented.`)),
  };
}

function known(on: 'bucket' | 'object', parameters: readonly string[]): Route[] {
  return parameters.flatMap((parameter) =>
    METHODS.map((method) => ({ ...missing(`?${parameter}`), method, on, parameters: [parameter] })),
  );
}

/** Behind all that is: what QingStor knows and we do not. */
export const notImplementedRoutes: readonly Route[] = [
  ...known('bucket', OF_BUCKETS),
  ...known('object', OF_OBJECTS),
  ...OF_WRITES.map((header): Route => ({
    ...missing(header),
    method: 'PUT',
    on: 'object',
    header,
  })),
];
