import { parseDate } from '../http/dates';
import { textResponse, type DialectContext } from '../swift_api/message';
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

/** Conditions on the object that a write or a delete replaces. */
export type WriteCondition = Pick<Conditions, 'ifMatch' | 'ifNoneMatch'>;

/** Returns the error for a write whose condition fails; undefined if it holds. */
export function writeConditionError(
  { ifMatch, ifNoneMatch }: WriteCondition,
  etag: string | undefined,
): BucketError | undefined {
  if (ifMatch !== undefined && etag === undefined)
    return new BucketError('no-such-key', 'The specified key does not exist.');
  if (ifMatch !== undefined && etag !== undefined && !matches(ifMatch, etag))
    return preconditionFailed('If-Match');
  if (ifNoneMatch !== undefined && etag !== undefined && matches(ifNoneMatch, etag))
    return preconditionFailed('If-None-Match');
  return undefined;
}

/** Returns the error for a condition that does not hold, by its name. */
export function preconditionFailed(condition: string): BucketError {
  const message = 'At least one of the pre-conditions you specified did not hold';
  return new BucketError('precondition-failed', message, { fields: { Condition: condition } });
}

/**
 * Has a write's condition checked again when no other write can interfere, in containers
 * that keep versions.
 */
export function recheckingWrite(condition: WriteCondition | undefined): DialectContext {
  if (condition?.ifMatch === undefined && condition?.ifNoneMatch === undefined) return {};
  return {
    refusal: (replaced) => {
      const etag = replaced && etagOfReplaced(replaced);
      return (
        writeConditionError(condition, etag) && textResponse(412, 'The condition does not hold\n')
      );
    },
  };
}
