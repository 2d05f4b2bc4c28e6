import { textResponse, type ForDialect } from '../swift_api/message';
import { BucketError } from './errors';
import { etagOfReplaced, unquoted } from './etag';

/** Conditions on what is there, as the headers of RFC 9110 have them. */
export interface Conditions {
  readonly ifMatch?: string | undefined;
  readonly ifNoneMatch?: string | undefined;
  readonly ifModifiedSince?: string | undefined;
  readonly ifUnmodifiedSince?: string | undefined;
}

/** What conditions are judged by. */
export interface Known {
  /** Without quotes. */
  readonly etag: string;
  /** Milliseconds, whole seconds. */
  readonly modified: number;
}

/** What conditions come to. */
export type Judgement = 'hold' | 'not-modified' | 'failed';

/**
 * Judges the conditions of a read in the order of RFC 9110 (13.2.2), which is also S3's: an etag that matches makes up for a date that does not, and one
 * that does not is not made up for by a date. What is no date does not count.
 */
export function judged(conditions: Conditions, known: Known): Judgement {
  const { ifMatch, ifNoneMatch } = conditions;
  const [unmodified, modified] = [
    timeOf(conditions.ifUnmodifiedSince),
    timeOf(conditions.ifModifiedSince),
  ];
  if (ifMatch !== undefined) {
    if (!matches(ifMatch, known.etag)) return 'failed';
  } else if (unmodified !== undefined && known.modified > unmodified) {
    return 'failed';
  }
  if (ifNoneMatch !== undefined) return matches(ifNoneMatch, known.etag) ? 'not-modified' : 'hold';
  return modified !== undefined && known.modified <= modified ? 'not-modified' : 'hold';
}

/** Whether one of the entity tags of a header, or its `*`, means an etag. */
export function matches(header: string, etag: string): boolean {
  return header.split(',').some((tag) => tag.trim() === '*' || unquoted(tag) === etag);
}

/** In the forms that HTTP and mail know: JavaScript takes much else for a date. */
const DATE =
  /\b\d{1,2}[ -][A-Za-z]{3}[ -]\d{2,4} \d\d:\d\d|[A-Za-z]{3} +\d{1,2} \d\d:\d\d:\d\d \d{4}$/;

function timeOf(date = ''): number | undefined {
  const time = DATE.test(date) ? Date.parse(date) : NaN;
  return Number.isNaN(time) ? undefined : time;
}

/** Conditions on what a write or a delete replaces. */
export type WriteCondition = Pick<Conditions, 'ifMatch' | 'ifNoneMatch'>;

/** The error that a write whose condition does not hold gets; undefined where it does. */
export function refusedBy(
  { ifMatch, ifNoneMatch }: WriteCondition,
  etag: string | undefined,
): BucketError | undefined {
  if (ifMatch !== undefined && etag === undefined)
    return new BucketError('no-such-key', 'The specified key does not exist.');
  if (ifMatch !== undefined && etag !== undefined && !matches(ifMatch, etag))
    return failed('If-Match');
  if (ifNoneMatch !== undefined && etag !== undefined && matches(ifNoneMatch, etag))
    return failed('If-None-Match');
  return undefined;
}

/** The error for a condition that does not hold, by its name. */
export function failed(condition: string): BucketError {
  const message = 'At least one of the pre-conditions you specified did not hold';
  return new BucketError('precondition-failed', message, { fields: { Condition: condition } });
}

/** Has a write judged once more when nothing can come between: where the container keeps versions. */
export function judgedAgain(condition: WriteCondition | undefined): ForDialect {
  if (condition?.ifMatch === undefined && condition?.ifNoneMatch === undefined) return {};
  return {
    refusal: (replaced) => {
      const etag = replaced && etagOfReplaced(replaced);
      return refusedBy(condition, etag) && textResponse(412, 'The condition does not hold\n');
    },
  };
}
