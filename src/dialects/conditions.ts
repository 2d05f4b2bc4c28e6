import { BucketError } from '../buckets/errors';
import type { Conditions, WriteCondition } from '../buckets/preconditions';
import type { Call } from './call';

/**
 * Returns the conditions from the headers.
 *
 * @param prefix of the names of the headers
 */
export function conditionsOf(
  { request: { headers } }: Pick<Call, 'request'>,
  prefix = '',
): Conditions {
  return {
    ifMatch: headers.get(`${prefix}if-match`),
    ifNoneMatch: headers.get(`${prefix}if-none-match`),
    ifModifiedSince: headers.get(`${prefix}if-modified-since`),
    ifUnmodifiedSince: headers.get(`${prefix}if-unmodified-since`),
  };
}

/**
 * Returns the condition on a write: that an etag matches, or that there is no object.
 *
 * @throws BucketError `not-implemented` for any other
 */
export function writeConditionOf(call: Pick<Call, 'request'>): WriteCondition {
  const { ifMatch, ifNoneMatch, ifModifiedSince, ifUnmodifiedSince } = conditionsOf(call);
  const isOther =
    ifMatch?.trim() === '*' || (ifNoneMatch !== undefined && ifNoneMatch.trim() !== '*');
  if (isOther || ifModifiedSince !== undefined || ifUnmodifiedSince !== undefined)
    throw new BucketError(
      'not-implemented',
      'A header you provided implies functionality that is not implemented',
    );
  return { ifMatch, ifNoneMatch };
}
