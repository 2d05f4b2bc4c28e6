import { BucketError } from '../../../src/buckets/errors';

/** One range, as the document on common headers has it: `bytes=FIRST-LAST`, `bytes=FIRST-` or `bytes=-LENGTH`. */
const RANGE = /^bytes=(\d+-\d*|-\d+)$/;

/**
 * Checks a range: where HTTP would have one that is malformed ignored, QingStor refuses it, and it
 * has no several ranges at once.
 *
 * @throws BucketError `invalid-range`
 */
export function checkRange(range: string | undefined): void {
  if (range === undefined) return;
  const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(range) ?? [];
  const isBackwards = first !== undefined && Number(first) > Number(last);
  if (isBackwards || !RANGE.test(range)) throw badRange(range);
}

/** The error for a range that is none. */
export function badRange(range: string): BucketError {
  return new BucketError('invalid-range', 'The range is malformed, or goes beyond the object.', {
    fields: { RangeRequested: range },
  });
}
