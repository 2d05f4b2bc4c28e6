import { BucketError } from '../../../src/buckets/errors';
import { Headers } from '../../../src/http/headers';
import { timeOf, type Signing } from '../../../src/dialects/sigv4/signing';

/**
 * Whether a signature could be good for a request now, whoever made it.
 *
 * @param skew milliseconds by which the clocks may differ
 * @throws BucketError that says why it cannot
 */
export function checkValidity(signing: Signing, headers: Headers, now: number, skew: number): void {
  checkTime(signing, now, skew);
  const signed = new Set(signing.signedHeaders);
  const unsigned = unsignedOf(headers, signed);
  if (!signed.has('host')) unsigned.unshift('host');
  if (unsigned.length === 0) return;
  throw new BucketError('access-denied', 'There were headers present in the request which were not signed', {
    fields: { HeadersNotSigned: unsigned.join(', ') },
  });
}

/**
 * The headers that must be signed and are not, each as it is spelled: those of S3, and those that would be read as part of a signed one, since
 * the rest of the proxy takes `_` for `-`.
 */
function unsignedOf(headers: Headers, signed: ReadonlySet<string>): string[] {
  const keys = new Set([...signed].map((name) => Headers.key(name)));
  const unsigned: string[] = [];
  headers.filter((key, name) => {
    const lower = name.toLowerCase();
    if ((key.startsWith('x-amz-') || keys.has(key)) && !signed.has(lower)) unsigned.push(lower);
    return true;
  });
  return unsigned;
}

function checkTime({ scope, timestamp, expires }: Signing, now: number, skew: number): void {
  const time = timeOf(timestamp);
  if (Number.isNaN(time) || !timestamp.startsWith(scope.date))
    throw new BucketError(
      'malformed-authorization',
      `Invalid credential date "${scope.date}". This date is not the same as X-Amz-Date: "${timestamp.slice(0, 8)}".`,
    );
  if (expires === undefined) {
    if (Math.abs(now - time) > skew) throw tooSkewed(timestamp, now, skew);
    return;
  }
  if (time - now > skew) throw new BucketError('access-denied', 'Request is not valid yet');
  if (now > time + expires * 1000)
    throw new BucketError('expired', 'Request has expired', {
      fields: {
        'X-Amz-Expires': String(expires),
        Expires: iso(time + expires * 1000),
        ServerTime: iso(now),
      },
    });
}

function tooSkewed(timestamp: string, now: number, skew: number): BucketError {
  const message = 'The difference between the request time and the current time is too large.';
  return new BucketError('clock-skew', message, {
    fields: { RequestTime: timestamp, ServerTime: iso(now), MaxAllowedSkewMilliseconds: String(skew) },
  });
}

function iso(time: number): string {
  return new Date(time).toISOString().replace(/\.\d+/, '');
}
