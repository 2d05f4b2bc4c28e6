import { BucketError } from '../../../src/buckets/errors';
import type { Route } from '../../../src/dialects/call';

/** Further resources of buckets and objects in QingStor that are not implemented here. */
const BUCKET_RESOURCES = [
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
const OBJECT_RESOURCES = ['acl', 'append', 'image', 'position', 'uploads'];
const WRITE_HEADERS = ['x-qs-fetch-source'];

const METHODS = ['GET', 'PUT', 'POST', 'DELETE', 'HEAD'];

function missing(what: string): Pick<Route, 'name' | 'run'> {
  return {
    name: 'NotImplemented',
    run: () => Promise.reject(new BucketError('not-implemented', `${what} is not implemented.`)),
  };
}

function routesFor(on: 'bucket' | 'object', parameters: readonly string[]): Route[] {
  return parameters.flatMap((parameter) =>
    METHODS.map((method) => ({ ...missing(`?${parameter}`), method, on, parameters: [parameter] })),
  );
}

/**
 * Routes for what QingStor has and we do not; they come after those that are implemented.
 */
export const notImplementedRoutes: readonly Route[] = [
  ...routesFor('bucket', BUCKET_RESOURCES),
  ...routesFor('object', OBJECT_RESOURCES),
  ...WRITE_HEADERS.map((header): Route => ({
    ...missing(header),
    method: 'PUT',
    on: 'object',
    header,
  })),
];
