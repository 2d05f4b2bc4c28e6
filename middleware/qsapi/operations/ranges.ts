import { BucketError } from '../../../src/buckets/errors';

/**
 * One range, by the document on common headers: `bytes=FIRST-LAST`, `bytes=FIRST-`,
 * `bytes=-LENGTH`.
 */
const RANGE = /^bytes=(\d+-\d*|-\d+)$/;

/**
 * Checks a range. QingStor refuses a malformed one, which HTTP ignores, and several at
 * once.
 *
 * @throws BucketError `invalid-range`
 */
export function checkRange(range: string | undefined): void {
  if (range === undefined) return;
  const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(range) ?? [];
  const isBackwards = first !== undefined && Number(first) > Number(last);
  if (isBackwards || !RANGE.test(range)) throw invalidRange(range);
}

/** Builds the error for an invalid range. */
export function invalidRange(range: string): BucketError {
  return new BucketError('invalid-range', 'The range is malformed, or extends beyond the object.', {
    fields: { RangeRequested: range },
  });
}
