import { BucketError } from '../../buckets/errors';
import type { Call } from './call';

/**
 * What AWS lets everybody do with a bucket whose ACL is `public-read`, if the store does:
 * to read its objects and to list it, but no configuration of it or of an object.
 */
const OF_EVERYBODY: ReadonlySet<string> = new Set([
  'GetObject',
  'HeadObject',
  'HeadBucket',
  'ListObjects',
  'ListObjectsV2',
  'ListObjectVersions',
  'ListMultipartUploads',
]);

/**
 * Refuses operations that are for signed requests only.
 *
 * @param name of the route
 * @throws BucketError `access-denied`
 */
export function checkAnonymous({ caller }: Pick<Call, 'caller'>, name: string): void {
  if (caller.isAnonymous && !OF_EVERYBODY.has(name))
    throw new BucketError('access-denied', 'Access Denied');
}
