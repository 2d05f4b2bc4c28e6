import { createHmac, timingSafeEqual } from 'node:crypto';
import { BucketError } from '../../src/buckets/errors';
import { strip, type ByteString } from '../../src/http/bytes';
import type { Headers } from '../../src/http/headers';
import { parseQuery, queryPairs, withoutParameter } from '../../src/http/path';

const OWN = 'x-qs-';

/** What a request shows of its signature: in `Authorization`, or in its query, where it tells when it ends. */
export interface QsSignature {
  readonly accessKey: ByteString;
  readonly base64: string;
  /** Seconds since 1970; undefined for a signature in the header, which is good around the time that the request tells. */
  readonly expires: string | undefined;
}

/** What is signed of a request. */
export interface QsSigned {
  readonly method: string;
  /** As it came, still encoded; the bucket is its first segment, also where Host names it. */
  readonly path: string;
  readonly query: string;
  readonly headers: Headers;
}

/** The parameters that select versions: its documentation leaves them out of those that are signed, and its newer SDKs (Java, Go v4) sign them. */
const OF_VERSIONS = ['versioning', 'versions', 'version_id'];

/** The parameters that are signed. */
const SIGNED = new Set([
  ...(
    'acl append cname cors delete image lifecycle logging mirror notification part_number policy position replication stats uploads upload_id ' +
    'response-expires response-cache-control response-content-type response-content-language response-content-encoding ' +
    'response-content-disposition'
  ).split(' '),
  ...OF_VERSIONS,
]);

/** Whether a request is signed as clients of QingStor sign. */
export function isSignedForQs(authorization: string | undefined, query: string): boolean {
  if (/^QS(-HMAC-SHA256)? /.test(authorization ?? '')) return true;
  const parameters = parseQuery(query);
  return ['access_key_id', 'expires', 'signature'].every((name) => parameters.has(name));
}

/**
 * Reads the signature of a request; the header counts where there are both.
 *
 * @throws BucketError `malformed-authorization` that names what is wrong
 */
export function readQsSignature(authorization: string | undefined, query: string): QsSignature {
  if (authorization !== undefined) {
    const given = /^QS (.*)$/.exec(authorization.trim())?.[1] ?? '';
    // keys may have colons, signatures have none
    const at = given.lastIndexOf(':');
    if (at <= 0) throw malformed('its form is QS ACCESS_KEY_ID:SIGNATURE');
    return { accessKey: given.slice(0, at), base64: given.slice(at + 1), expires: undefined };
  }
  const pairs = queryPairs(query);
  const only = (name: string) => {
    const [value, ...others] = pairs.flatMap(([each, of]) => (each === name ? [of] : []));
    if (value === undefined || others.length > 0) throw malformed(`${name} must be given once`);
    return value;
  };
  const expires = only('expires');
  if (!/^\d{1,12}$/.test(expires)) throw malformed('expires must be a time in seconds since 1970');
  // a plus that was not encoded has become a space
  return { accessKey: only('access_key_id'), base64: only('signature').replaceAll(' ', '+'), expires };
}

/**
 * Checks a signature as the SDKs of QingStor make it (`QSSignatureUtil` of the Java SDK), with what selects versions signed: who leaves that out
 * could be made to remove another version than was meant.
 *
 * @param now milliseconds since 1970
 * @param skew milliseconds by which clocks may differ
 * @throws BucketError `bad-signature`; `expired` where it was good at another time
 */
export function verifyQsSignature(
  signature: QsSignature,
  secret: ByteString,
  request: QsSigned,
  now: number,
  skew = 900_000,
): void {
  if (!isRight(signature, secret, request)) throw wrong(signature, secret, request);
  if (signature.expires !== undefined) {
    if (now > Number(signature.expires) * 1000) throw new BucketError('expired', 'The request has expired.');
    return;
  }
  const time = Date.parse(dateOf(request.headers) ?? '');
  if (Number.isNaN(time)) throw malformed('a date is needed in x-qs-date or Date');
  if (Math.abs(now - time) > skew)
    throw new BucketError('expired', 'The time of the request differs too much from that of the server.');
}

function isRight(signature: QsSignature, secret: ByteString, request: QsSigned): boolean {
  const expected = Buffer.from(qsSignatureOf(request, secret, signature.expires));
  const given = Buffer.from(signature.base64, 'latin1');
  return given.length === expected.length && timingSafeEqual(given, expected);
}

/** Its JavaScript SDK leaves out of the signature what is given as a parameter of a request, and not in its URI. */
function wrong(signature: QsSignature, secret: ByteString, request: QsSigned): BucketError {
  const unsigned = OF_VERSIONS.filter((name) => parseQuery(request.query).has(name));
  const query = unsigned.reduce(withoutParameter, request.query);
  const isOnlyThat = unsigned.length > 0 && isRight(signature, secret, { ...request, query });
  return new BucketError(
    'bad-signature',
    isOnlyThat
      ? `The signature does not cover ${unsigned.join(', ')}, and must, since that selects what is read or removed. With the JavaScript SDK it has to be in the uri of the operation.`
      : 'The signature does not match.',
  );
}

/** The signature of a request by a secret, in base64. */
export function qsSignatureOf(request: QsSigned, secret: ByteString, expires: string | undefined): string {
  return createHmac('sha256', Buffer.from(secret, 'latin1'))
    .update(qsStringToSign(request, expires), 'latin1')
    .digest('base64');
}

/** What is signed, as messages show it to who looks for his mistake. */
export function qsStringToSign(
  { method, path, query, headers }: QsSigned,
  expires: string | undefined,
): string {
  const date = expires ?? (headers.has('x-qs-date') ? '' : (headers.get('date') ?? ''));
  const head = [method, headers.get('content-md5') ?? '', headers.get('content-type') ?? '', date];
  return `${head.join('\n')}\n${ownHeaders(headers)}${resource(path, query)}`;
}

/** By their names as they were spelled: metadata may have underscores in theirs. */
function ownHeaders(headers: Headers): string {
  const raw = headers.filter((key) => key.startsWith(OWN)).toRaw();
  const own = new Map<string, ByteString>();
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const [name = '', value = ''] = [raw[i]?.toLowerCase(), raw[i + 1]];
    // all that is read with the headers that are signed must be signed itself
    if (!name.startsWith(OWN)) throw new BucketError('bad-signature', `The header ${name} is not signed.`);
    own.set(name, own.has(name) ? `${own.get(name) ?? ''},${value}` : value);
  }
  const lines = [...own.keys()].sort().map((name) => `${name}:${strip(own.get(name) ?? '')}\n`);
  return lines.join('');
}

function resource(path: string, query: string): string {
  const signed = queryPairs(query)
    .filter(([name]) => SIGNED.has(name))
    .map(([name, value]) => (value === '' ? name : `${name}=${value}`))
    .sort();
  return signed.length === 0 ? path : `${path}?${signed.join('&')}`;
}

function dateOf(headers: Headers): string | undefined {
  return headers.get('x-qs-date') ?? headers.get('date');
}

function malformed(why: string): BucketError {
  return new BucketError('malformed-authorization', `The authorization is malformed: ${why}.`);
}
