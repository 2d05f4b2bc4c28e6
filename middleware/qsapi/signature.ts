import { createHmac, timingSafeEqual } from 'node:crypto';
import { BucketError } from '../../src/buckets/errors';
import { strip, type ByteString } from '../../src/http/bytes';
import { Headers } from '../../src/http/headers';
import { parseQuery, queryPairs, withoutParameter } from '../../src/swift_api/target';

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

/** Signed parameters whose values may be any text. */
const FREE: ReadonlySet<string> = new Set([
  'image',
  'response-expires',
  'response-cache-control',
  'response-content-type',
  'response-content-language',
  'response-content-encoding',
  'response-content-disposition',
]);

/** The parameters that are signed. */
export const SIGNED: ReadonlySet<string> = new Set([
  ...(
    'acl append cname cors delete lifecycle logging mirror notification part_number policy ' +
    'position replication stats uploads upload_id'
  ).split(' '),
  ...FREE,
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
  return {
    accessKey: only('access_key_id'),
    base64: only('signature').replaceAll(' ', '+'),
    expires,
  };
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
    if (now > Number(signature.expires) * 1000)
      throw new BucketError('expired', 'The request has expired.');
    return;
  }
  const time = Date.parse(dateOf(request.headers) ?? '');
  if (Number.isNaN(time)) throw malformed('a date is needed in x-qs-date or Date');
  if (Math.abs(now - time) > skew)
    throw new BucketError(
      'expired',
      'The time of the request differs too much from that of the server.',
    );
}

function isRight(signature: QsSignature, secret: ByteString, request: QsSigned): boolean {
  const expected = Buffer.from(qsSignatureOf(request, secret, signature.expires));
  const bytes = Buffer.from(signature.base64, 'latin1');
  return bytes.length === expected.length && timingSafeEqual(bytes, expected);
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
export function qsSignatureOf(
  request: QsSigned,
  secret: ByteString,
  expires: string | undefined,
): string {
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
    if (!name.startsWith(OWN))
      throw new BucketError('bad-signature', `The header ${name} is not signed.`);
    checkSpelling(name, [...own.keys()]);
    own.set(name, own.has(name) ? `${own.get(name) ?? ''},${value}` : value);
  }
  const lines = [...own.keys()].sort().map((name) => `${name}:${strip(own.get(name) ?? '')}\n`);
  return lines.join('');
}

/** Headers that are one to all but metadata are read in the order in which they come, which is not signed. */
function checkSpelling(name: string, others: readonly string[]): void {
  const isTwin = (other: string) => other !== name && Headers.key(other) === Headers.key(name);
  if (!name.startsWith(`${OWN}meta-`) && others.some(isTwin))
    throw new BucketError('bad-signature', `The header ${name} is there in two spellings.`);
}

function resource(path: string, query: string): string {
  const signed = signedParameters(query).map(({ text }) => text);
  return signed.length === 0 ? path : `${path}?${signed.join('&')}`;
}

/** A parameter as it is signed: its value decoded, whatever that has in it. */
interface SignedParameter {
  readonly name: string;
  readonly text: string;
}

/** Those of a query, in the order in which they are signed. */
function signedParameters(query: string): SignedParameter[] {
  return queryPairs(query)
    .filter(([name]) => SIGNED.has(name))
    .map(([name, value]) => ({ name, text: value === '' ? name : `${name}=${value}` }))
    .sort((a, b) => (a.text < b.text ? -1 : 1));
}

/**
 * Checks that no other request has the same string to sign. Values are signed as they are, so
 * that an `&` in one may be the beginning of the next parameter: a value with one is refused if
 * it is no free text. In a URL, free text must be the last of what is signed: whoever may choose
 * the text that somebody signs (the name of a file, say) would also choose what follows it.
 *
 * @param withFreeText whether URLs are good all the same that have free text before the last
 * @throws BucketError `access-denied`
 */
export function checkUnambiguous(
  { expires }: QsSignature,
  query: string,
  withFreeText: boolean,
): void {
  const parameters = signedParameters(query);
  const joined = parameters.find(({ name, text }) => !FREE.has(name) && text.includes('&'));
  if (joined) throw new BucketError('access-denied', `The value of ${joined.name} has an & in it.`);
  if (expires === undefined || withFreeText) return;
  const at = parameters.findIndex(({ name }) => FREE.has(name));
  const [free, next] = at < 0 ? [] : parameters.slice(at);
  if (free && next)
    throw new BucketError(
      'access-denied',
      `A signed URL cannot have ${free.name} and ${next.name}: its signature does not tell where the first of them ends.`,
    );
}

function dateOf(headers: Headers): string | undefined {
  return headers.get('x-qs-date') ?? headers.get('date');
}

function malformed(why: string): BucketError {
  return new BucketError('malformed-authorization', `The authorization is malformed: ${why}.`);
}
