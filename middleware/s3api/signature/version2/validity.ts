import { BucketError } from '../../../../src/buckets/errors';
import type { ByteString } from '../../../../src/http/bytes';
import { parseDate } from '../../../../src/http/dates';
import type { Headers } from '../../../../src/http/headers';
import { expired, tooSkewed } from '../validity';
import { invalidDate } from '../../../../src/dialects/sigv4/signing';

/** Bounds on the times of signatures, in milliseconds. */
export interface TimeBounds {
  /** By how much the clock of a client may differ. */
  readonly skew: number;
  /** For how long a URL or a form may be valid from now on. */
  readonly maxAge: number;
}

/**
 * Checks that a signature is valid now.
 *
 * @param expires of a URL, seconds since 1970; undefined if the header is signed
 * @throws BucketError with the reason if it is not
 */
export function checkTimeV2(
  headers: Headers,
  expires: string | undefined,
  now: number,
  bounds: TimeBounds,
): void {
  if (expires === undefined) checkDate(headers, now, bounds.skew);
  else checkExpires(Number(expires) * 1000, now, bounds);
}

/** Date is not signed if `x-amz-date` is there, and then does not count. */
function checkDate(headers: Headers, now: number, skew: number): void {
  const date: ByteString = headers.get('x-amz-date') ?? headers.get('date') ?? '';
  const time = parseDate(date, now);
  if (time === undefined) throw invalidDate();
  if (Math.abs(now - time) > skew) throw tooSkewed(date, now, skew);
}

/** From this second on, Swift's s3api takes an Expires for a mistake. */
const NO_TIME = 2 ** 31;

function checkExpires(time: number, now: number, { maxAge, skew }: TimeBounds): void {
  if (now > time) throw expired(time, now);
  if (time >= NO_TIME * 1000)
    throw new BucketError(
      'access-denied',
      `Invalid date (should be seconds since epoch): ${time / 1000}`,
    );
  if (time > now + maxAge + skew)
    throw new BucketError(
      'access-denied',
      `The Expires of a URL with a signature of version 2 must be at most ${maxAge / 1000} seconds from now.`,
      { fields: { Expires: String(time / 1000) } },
    );
}
