import { BucketError } from '../../../src/buckets/errors';
import { parseBasicDate } from '../../../src/http/dates';
import { Headers } from '../../../src/http/headers';
import { collapsed } from '../../../src/dialects/sigv4/canonical';
import type { Signing } from '../../../src/dialects/sigv4/signing';

/**
 * Checks that a signature could be valid for a request now, whoever made it.
 *
 * @param skew milliseconds by which the clocks may differ
 * @throws BucketError with the reason if it cannot
 */
export function checkValidity(signing: Signing, headers: Headers, now: number, skew: number): void {
  checkTime(signing, now, skew);
  const signed = new Set(signing.signedHeaders);
  const unsigned = unsignedOf(headers, signed);
  if (!signed.has('host')) unsigned.unshift('host');
  if (unsigned.length > 0)
    throw new BucketError(
      'access-denied',
      'There were headers present in the request which were not signed',
      { fields: { HeadersNotSigned: unsigned.join(', ') } },
    );
  checkUnambiguous(signing, headers);
}

/**
 * S3's headers that affect no operation: users' metadata, and what clients say about
 * themselves.
 */
const DESCRIBING = /^x-amz-(meta-|user-agent$)/;

/**
 * Checks that no request with another meaning has the same canonical form, in which a
 * missing header is empty, spaces are collapsed, and headers stand in the order of their
 * list.
 *
 * @throws BucketError `access-denied`
 */
function checkUnambiguous({ signedHeaders, from }: Signing, headers: Headers): void {
  const sent = headers.bySpelling();
  const keys = new Set<string>();
  for (const name of signedHeaders) {
    const value = sent.get(name);
    if (value === undefined) throw ambiguous(name, 'is signed but missing');
    const isText = from === 'header' && (!name.startsWith('x-amz-') || DESCRIBING.test(name));
    if (!isText && value !== collapsed(value))
      throw ambiguous(name, 'has spaces that are not signed');
    const key = Headers.key(name);
    // metadata keep their spelling
    if (keys.has(key) && !key.startsWith('x-amz-meta-'))
      throw ambiguous(name, 'appears in two spellings');
    keys.add(key);
  }
}

function ambiguous(name: string, why: string): BucketError {
  return new BucketError('access-denied', `The header ${name} ${why}.`);
}

/**
 * Returns the headers that must be signed but are not, as spelled: those of S3, and those
 * that would be read as part of a signed one, since the rest of the proxy reads `_` as
 * `-`.
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
  const time = parseBasicDate(timestamp);
  if (time === undefined || !timestamp.startsWith(scope.date))
    throw new BucketError(
      'malformed-authorization',
      `Invalid credential date "${scope.date}". This date is not the same as X-Amz-Date: "${timestamp.slice(0, 8)}".`,
    );
  if (expires === undefined) {
    if (Math.abs(now - time) > skew) throw tooSkewed(timestamp, now, skew);
    return;
  }
  if (time - now > skew) throw new BucketError('access-denied', 'Request is not valid yet');
  const end = time + expires * 1000;
  if (now > end) throw expired(end, now, { 'X-Amz-Expires': String(expires) });
}

/** Returns the error for a URL that was valid until `end`. */
export function expired(
  end: number,
  now: number,
  more: Readonly<Record<string, string>> = {},
): BucketError {
  return new BucketError('expired', 'Request has expired', {
    fields: { ...more, Expires: iso(end), ServerTime: iso(now) },
  });
}

/** Returns the error for a time that differs too much from the server's. */
export function tooSkewed(timestamp: string, now: number, skew: number): BucketError {
  const message = 'The difference between the request time and the current time is too large.';
  return new BucketError('clock-skew', message, {
    fields: {
      RequestTime: timestamp,
      ServerTime: iso(now),
      MaxAllowedSkewMilliseconds: String(skew),
    },
  });
}

function iso(time: number): string {
  return new Date(time).toISOString().replace(/\.\d+/, '');
}
