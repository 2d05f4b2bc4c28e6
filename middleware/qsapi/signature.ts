import { createHmac } from 'node:crypto';
import { BucketError } from '../../src/buckets/errors';
import { soleValue } from '../../src/dialects/query';
import { strip, type ByteString } from '../../src/http/bytes';
import { parseDate } from '../../src/http/dates';
import { isSameSignature } from '../../src/http/digest';
import { Headers } from '../../src/http/headers';
import { parseQuery, parseQueryPairs, withoutParameter } from '../../src/swift_api/target';

const QS_PREFIX = 'x-qs-';

/**
 * The signature of a request: from `Authorization`, or from its query, which also has its
 * expiry.
 */
export interface QsSignature {
  readonly accessKey: ByteString;
  readonly base64: string;
  /**
   * Seconds since 1970; undefined for a signature in the header, which is valid around
   * the time in the request.
   */
  readonly expires: string | undefined;
}

/** The parts of a request that are signed. */
export interface QsSignedRequest {
  readonly method: string;
  /**
   * As received, still encoded; the bucket is its first segment, even if Host names it.
   */
  readonly path: string;
  readonly query: string;
  readonly headers: Headers;
}

/**
 * The parameters that select versions. QingStor's documentation omits them from the
 * signed ones, but its newer SDKs (Java, Go v4) sign them.
 */
const VERSION_PARAMETERS = ['versioning', 'versions', 'version_id'];

/** Signed parameters whose values may be any text. */
const FREE_TEXT: ReadonlySet<string> = new Set([
  'image',
  'response-expires',
  'response-cache-control',
  'response-content-type',
  'response-content-language',
  'response-content-encoding',
  'response-content-disposition',
]);

/** The parameters that are signed. */
export const SIGNED_PARAMETERS: ReadonlySet<string> = new Set([
  ...(
    'acl append cname cors delete lifecycle logging mirror notification part_number policy ' +
    'position replication stats uploads upload_id'
  ).split(' '),
  ...FREE_TEXT,
  ...VERSION_PARAMETERS,
]);

/** Whether a request is signed as clients of QingStor sign. */
export function isSignedForQs(authorization: string | undefined, query: string): boolean {
  if (/^QS(-HMAC-SHA256)? /.test(authorization ?? '')) return true;
  const parameters = parseQuery(query);
  return ['access_key_id', 'expires', 'signature'].every((name) => parameters.has(name));
}

/**
 * Returns the access key that a request names, in its URL or in `Authorization`, without
 * verifying anything; undefined if it names none, or more than one.
 */
export function qsAccessKeyIn(
  authorization: string | undefined,
  query: string,
): ByteString | undefined {
  const inHeader = /^QS (.+):[^:]*$/.exec(authorization?.trim() ?? '')?.[1];
  const named = [inHeader, soleValue(query, 'access_key_id')];
  const keys = named.filter((each) => each !== undefined);
  return keys.length === 1 ? keys[0] : undefined;
}

/**
 * Reads the signature of a request; the header takes precedence over the query.
 *
 * @throws BucketError `malformed-authorization` that names the problem
 */
export function readQsSignature(authorization: string | undefined, query: string): QsSignature {
  if (authorization !== undefined) {
    const credentials = /^QS (.*)$/.exec(authorization.trim())?.[1] ?? '';
    // keys may have colons, signatures have none
    const at = credentials.lastIndexOf(':');
    if (at <= 0) throw malformed('expected QS ACCESS_KEY_ID:SIGNATURE');
    return {
      accessKey: credentials.slice(0, at),
      base64: credentials.slice(at + 1),
      expires: undefined,
    };
  }
  const pairs = parseQueryPairs(query);
  const singleValue = (name: string) => {
    const [value, ...others] = pairs.flatMap(([key, text]) => (key === name ? [text] : []));
    if (value === undefined || others.length > 0)
      throw malformed(`${name} must be given exactly once`);
    return value;
  };
  const expires = singleValue('expires');
  if (!/^\d{1,12}$/.test(expires)) throw malformed('expires must be a time in seconds since 1970');
  // an unencoded plus has become a space
  return {
    accessKey: singleValue('access_key_id'),
    base64: singleValue('signature').replaceAll(' ', '+'),
    expires,
  };
}

/**
 * Checks a signature as the SDKs of QingStor make it (`QSSignatureUtil` of the Java SDK),
 * with the parameters that select versions signed: without that, a client could be made
 * to remove another version than was meant.
 *
 * @param now milliseconds since 1970
 * @param skew milliseconds by which clocks may differ
 * @throws BucketError `bad-signature`; `expired` if it was valid at another time
 */
export function verifyQsSignature(
  signature: QsSignature,
  secret: ByteString,
  request: QsSignedRequest,
  now: number,
  skew = 900_000,
): void {
  if (!isValid(signature, secret, request)) throw mismatch(signature, secret, request);
  if (signature.expires !== undefined) {
    if (now > Number(signature.expires) * 1000)
      throw new BucketError('expired', 'The request has expired.');
    return;
  }
  const time = parseDate(dateOf(request.headers), now);
  if (time === undefined) throw malformed('a date is required in x-qs-date or Date');
  if (Math.abs(now - time) > skew)
    throw new BucketError(
      'expired',
      'The time of the request differs too much from that of the server.',
    );
}

function isValid(signature: QsSignature, secret: ByteString, request: QsSignedRequest): boolean {
  return isSameSignature(signature.base64, computeQsSignature(request, secret, signature.expires));
}

/**
 * Builds the error for a wrong signature. The JavaScript SDK does not sign what is passed
 * as a parameter of a request instead of in its URI.
 */
function mismatch(
  signature: QsSignature,
  secret: ByteString,
  request: QsSignedRequest,
): BucketError {
  const unsigned = VERSION_PARAMETERS.filter((name) => parseQuery(request.query).has(name));
  const query = unsigned.reduce(withoutParameter, request.query);
  const lacksOnlyVersion = unsigned.length > 0 && isValid(signature, secret, { ...request, query });
  return new BucketError(
    'bad-signature',
    lacksOnlyVersion
      ? `The signature does not cover ${unsigned.join(', ')}, but must, since it selects what is read or removed. With the JavaScript SDK, put it in the uri of the operation.`
      : 'The signature does not match.',
  );
}

/** Computes the signature of a request with a secret, in base64. */
export function computeQsSignature(
  request: QsSignedRequest,
  secret: ByteString,
  expires: string | undefined,
): string {
  return createHmac('sha256', Buffer.from(secret, 'latin1'))
    .update(qsStringToSign(request, expires), 'latin1')
    .digest('base64');
}

/** Returns the string to sign of a request. */
export function qsStringToSign(
  { method, path, query, headers }: QsSignedRequest,
  expires: string | undefined,
): string {
  const date = expires ?? (headers.has('x-qs-date') ? '' : (headers.get('date') ?? ''));
  const head = [method, headers.get('content-md5') ?? '', headers.get('content-type') ?? '', date];
  return `${head.join('\n')}\n${canonicalHeaders(headers)}${canonicalResource(path, query)}`;
}

/**
 * Formats the signed headers by their names as spelled: metadata names may contain
 * underscores.
 */
function canonicalHeaders(headers: Headers): string {
  const raw = headers.filter((key) => key.startsWith(QS_PREFIX)).toRaw();
  const values = new Map<string, ByteString>();
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const [name = '', value = ''] = [raw[i]?.toLowerCase(), raw[i + 1]];
    // every header that is read like a signed one must be signed itself
    if (!name.startsWith(QS_PREFIX))
      throw new BucketError('bad-signature', `The header ${name} is not signed.`);
    checkSpelling(name, [...values.keys()]);
    values.set(name, values.has(name) ? `${values.get(name) ?? ''},${value}` : value);
  }
  const lines = [...values.keys()]
    .sort()
    .map((name) => `${name}:${strip(values.get(name) ?? '')}\n`);
  return lines.join('');
}

/**
 * Refuses a header in two spellings, unless it is metadata: the rest of the proxy reads
 * both as one, in the order received, which is not signed.
 */
function checkSpelling(name: string, others: readonly string[]): void {
  const isTwin = (other: string) => other !== name && Headers.key(other) === Headers.key(name);
  if (!name.startsWith(`${QS_PREFIX}meta-`) && others.some(isTwin))
    throw new BucketError('bad-signature', `The header ${name} appears in two spellings.`);
}

function canonicalResource(path: string, query: string): string {
  const signed = signedParameters(query).map(({ text }) => text);
  return signed.length === 0 ? path : `${path}?${signed.join('&')}`;
}

/** A parameter as it is signed: its value decoded, whatever that contains. */
interface SignedParameter {
  readonly name: string;
  readonly text: string;
}

/** Returns the signed parameters of a query, in the order in which they are signed. */
function signedParameters(query: string): SignedParameter[] {
  return parseQueryPairs(query)
    .filter(([name]) => SIGNED_PARAMETERS.has(name))
    .map(([name, value]) => ({ name, text: value === '' ? name : `${name}=${value}` }))
    .sort((a, b) => (a.text < b.text ? -1 : 1));
}

/**
 * Checks that no other request has the same string to sign. Values are signed as they
 * are, so an `&` in one may begin the next parameter: such a value is refused unless it
 * is free text. In a URL, free text must be the last signed parameter: whoever may choose
 * the text that somebody signs (the name of a file, say) would also choose what follows
 * it.
 *
 * @param withFreeText whether URLs with free text before the last parameter are accepted
 *   all the same
 * @throws BucketError `access-denied`
 */
export function checkUnambiguous(
  { expires }: QsSignature,
  query: string,
  withFreeText: boolean,
): void {
  const parameters = signedParameters(query);
  const joined = parameters.find(({ name, text }) => !FREE_TEXT.has(name) && text.includes('&'));
  if (joined) throw new BucketError('access-denied', `The value of ${joined.name} has an & in it.`);
  if (expires === undefined || withFreeText) return;
  const at = parameters.findIndex(({ name }) => FREE_TEXT.has(name));
  const [free, next] = at < 0 ? [] : parameters.slice(at);
  if (free && next)
    throw new BucketError(
      'access-denied',
      `A signed URL cannot have ${free.name} and ${next.name}: its signature does not determine where the first one ends.`,
    );
}

function dateOf(headers: Headers): string | undefined {
  return headers.get('x-qs-date') ?? headers.get('date');
}

function malformed(why: string): BucketError {
  return new BucketError('malformed-authorization', `The authorization is malformed: ${why}.`);
}
