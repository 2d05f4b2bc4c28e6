import { parseDate } from '../http/dates';
import { textResponse, type DialectContext, type ReplacedObject } from '../swift_api/message';
import { BucketError } from './errors';
import { etagOfReplaced, withoutQuotes } from './etag';

/** Conditions on the current object, as in the headers of RFC 9110. */
export interface Conditions {
  readonly ifMatch?: string | undefined;
  readonly ifNoneMatch?: string | undefined;
  readonly ifModifiedSince?: string | undefined;
  readonly ifUnmodifiedSince?: string | undefined;
}

/** The validators that conditions are compared with. */
export interface Validators {
  /** Without quotes. */
  readonly etag: string;
  /** Milliseconds, whole seconds. */
  readonly modified: number;
}

/** The result of evaluating conditions. */
export type Judgement = 'hold' | 'not-modified' | 'failed';

/**
 * Evaluates the conditions of a read in the order of RFC 9110 (13.2.2), which is also
 * S3's: a matching etag overrides a date that fails, and a date does not override an etag
 * that fails. Invalid dates are ignored.
 */
export function evaluateConditions(conditions: Conditions, current: Validators): Judgement {
  const { ifMatch, ifNoneMatch } = conditions;
  const [unmodifiedSince, modifiedSince] = [
    parseDate(conditions.ifUnmodifiedSince),
    parseDate(conditions.ifModifiedSince),
  ];
  if (ifMatch !== undefined) {
    if (!matches(ifMatch, current.etag)) return 'failed';
  } else if (unmodifiedSince !== undefined && current.modified > unmodifiedSince) {
    return 'failed';
  }
  if (ifNoneMatch !== undefined)
    return matches(ifNoneMatch, current.etag) ? 'not-modified' : 'hold';
  return modifiedSince !== undefined && current.modified <= modifiedSince ? 'not-modified' : 'hold';
}

/** Whether one of the entity tags of a header, or its `*`, matches an etag. */
function matches(header: string, etag: string): boolean {
  return header.split(',').some((tag) => tag.trim() === '*' || withoutQuotes(tag) === etag);
}

/** Conditions on the object that a write replaces. */
export type WriteCondition = Pick<Conditions, 'ifMatch' | 'ifNoneMatch'>;

/**
 * Conditions on what a delete removes: on the current version, or on the one that is
 * named by its id (AWS, "How to perform conditional deletes"). A delete marker is nothing
 * that is there.
 */
export interface RemoveCondition extends WriteCondition {
  /** Bytes; holds if there is nothing to remove. */
  readonly ifSize?: number | undefined;
  /** Milliseconds; holds if there is nothing to remove. */
  readonly ifModified?: number | undefined;
}

/** What conditions on a write or a delete are compared with. */
export interface ReplacedState extends Validators {
  /** Bytes, of the whole object. */
  readonly size: number;
}

/** Returns whether a write or a delete has a condition. */
export function isConditional(condition: RemoveCondition = {}): boolean {
  return Object.values(condition).some((each) => each !== undefined);
}

/** Returns the error for a write or a delete if its condition fails. */
export function writeConditionError(
  { ifMatch, ifNoneMatch, ifSize, ifModified }: RemoveCondition,
  current: ReplacedState | undefined,
): BucketError | undefined {
  if (current === undefined)
    return ifMatch === undefined
      ? undefined
      : new BucketError('no-such-key', 'The specified key does not exist.');
  if (ifMatch !== undefined && !matches(ifMatch, current.etag))
    return preconditionFailed('If-Match');
  if (ifNoneMatch !== undefined && matches(ifNoneMatch, current.etag))
    return preconditionFailed('If-None-Match');
  if (ifSize !== undefined && ifSize !== current.size) return preconditionFailed('Size');
  if (ifModified !== undefined && ifModified !== current.modified)
    return preconditionFailed('LastModifiedTime');
  return undefined;
}

/** Returns the error for a condition that does not hold, by its name. */
export function preconditionFailed(condition: string): BucketError {
  const message = 'At least one of the pre-conditions you specified did not hold';
  return new BucketError('precondition-failed', message, { fields: { Condition: condition } });
}

/** A condition that is checked again when no other write can interfere. */
export interface RecheckedWrite {
  /** To be sent with the request. */
  readonly dialect: DialectContext;
  /** Returns why the request was refused, if that was because of the condition. */
  readonly failure: () => BucketError | undefined;
}

/**
 * Has the condition of a write or a delete checked again when no other write can
 * interfere: in containers that keep versions, and by a store that removes an object only
 * if it is still the same.
 */
export function recheckingWrite(condition: RemoveCondition = {}): RecheckedWrite {
  if (!isConditional(condition)) return { dialect: {}, failure: () => undefined };
  let error: BucketError | undefined;
  const refusal = (replaced: ReplacedObject | undefined) => {
    error = writeConditionError(condition, replaced && stateOfReplaced(replaced));
    return error && textResponse(412, 'The condition does not hold\n');
  };
  return { dialect: { refusal }, failure: () => error };
}

/** Returns the state of an object that a write would replace. */
export function stateOfReplaced(replaced: ReplacedObject): ReplacedState {
  const { size, modified } = replaced;
  return { etag: etagOfReplaced(replaced), size, modified };
}
