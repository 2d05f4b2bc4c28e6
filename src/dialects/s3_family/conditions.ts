import type { Conditions, WriteCondition } from '../../buckets/preconditions';
import { checkVersionId } from '../../buckets/versions';
import type { Call } from '../call';
import { notImplemented } from './refusal';

/** The conditions that headers put, by what their names begin with. */
export function conditionsOf({ request: { headers } }: Call, prefix = ''): Conditions {
  return {
    ifMatch: headers.get(`${prefix}if-match`),
    ifNoneMatch: headers.get(`${prefix}if-none-match`),
    ifModifiedSince: headers.get(`${prefix}if-modified-since`),
    ifUnmodifiedSince: headers.get(`${prefix}if-unmodified-since`),
  };
}

/** The condition on a write: an etag that is there, or nothing at all. @throws S3Refusal for any other */
export function writeConditionOf(call: Call): WriteCondition {
  const { ifMatch, ifNoneMatch, ifModifiedSince, ifUnmodifiedSince } = conditionsOf(call);
  const isOther = ifMatch?.trim() === '*' || (ifNoneMatch !== undefined && ifNoneMatch.trim() !== '*');
  if (isOther || ifModifiedSince !== undefined || ifUnmodifiedSince !== undefined)
    throw notImplemented('A header you provided implies functionality that is not implemented');
  return { ifMatch, ifNoneMatch };
}

/** The version that a request is about. @throws BucketError `invalid-argument` */
export function versionOf({ parameters }: Call): string | undefined {
  const given = parameters.get('versionId');
  return given === undefined ? undefined : checkVersionId(given, 'versionId');
}
