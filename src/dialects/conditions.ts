import { BucketError } from '../buckets/errors';
import type { Conditions, RemoveCondition, WriteCondition } from '../buckets/preconditions';
import { parseDate, parseIsoDate } from '../http/dates';
import { invalidArgument } from './arguments';
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
  const condition = etagConditionOf(call);
  if (condition.ifMatch?.trim() === '*') throw notImplemented();
  return condition;
}

/**
 * Returns the condition on a delete: that an etag, a size and a time match what is
 * removed.
 *
 * @param prefix of the names of the API's own headers
 * @throws BucketError `not-implemented` for any other condition, `invalid-argument`
 */
export function removeConditionOf(
  call: Pick<Call, 'request'>,
  prefix: 'x-amz-' | undefined,
): RemoveCondition {
  const condition = etagConditionOf(call);
  if (prefix === undefined) return condition;
  const { headers } = call.request;
  const [size, time] = [`${prefix}if-match-size`, `${prefix}if-match-last-modified-time`];
  return {
    ...condition,
    ifSize: conditionIn(size, headers.get(size), sizeIn),
    ifModified: conditionIn(time, headers.get(time), timeIn),
  };
}

function etagConditionOf(call: Pick<Call, 'request'>): WriteCondition {
  const { ifMatch, ifNoneMatch, ifModifiedSince, ifUnmodifiedSince } = conditionsOf(call);
  const isOther = ifNoneMatch !== undefined && ifNoneMatch.trim() !== '*';
  if (isOther || ifModifiedSince !== undefined || ifUnmodifiedSince !== undefined)
    throw notImplemented();
  return { ifMatch, ifNoneMatch };
}

/** Parses a size, as in a condition; undefined if it is none. */
export function sizeIn(text: string): number | undefined {
  return /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

/**
 * Parses a time, as in a condition, in milliseconds; undefined if it is none. The model
 * of S3 has the form of HTTP, and listings that of ISO 8601.
 */
export function timeIn(text: string): number | undefined {
  return parseDate(text) ?? parseIsoDate(text);
}

function conditionIn(
  name: string,
  text: string | undefined,
  parse: (text: string) => number | undefined,
): number | undefined {
  if (text === undefined) return undefined;
  const value = parse(text.trim());
  if (value === undefined) throw invalidArgument(name, text, `The value of ${name} is not valid.`);
  return value;
}

function notImplemented(): BucketError {
  return new BucketError(
    'not-implemented',
    'A header you provided implies functionality that is not implemented',
  );
}
