import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { BucketError } from '../../src/buckets/errors';
import { quote, unquote, type ByteString } from '../../src/http/bytes';
import { Headers } from '../../src/http/headers';
import { queryPairs } from '../../src/swift_api/target';

/** A period in seconds since 1970, both ends included. */
type Period = readonly [from: number, to: number];

/** What a request shows of its signature: `Authorization`, or the same in its query. */
export interface CosSignature {
  /** A URL that is signed is for whoever has it. */
  readonly from: 'header' | 'query';
  readonly accessKey: ByteString;
  /** As they came: both are signed. */
  readonly signTime: string;
  readonly keyTime: string;
  /** Which headers and parameters are signed, in the form in which they are compared. */
  readonly headers: readonly string[];
  readonly parameters: readonly string[];
  readonly hex: string;
}

/** What is signed of a request. */
export interface CosSigned {
  readonly method: string;
  /** Decoded. */
  readonly path: ByteString;
  readonly query: string;
  readonly headers: Headers;
}

/** Parameters that are the signature of a URL, and not signed themselves. */
export function signsQuery(name: string): boolean {
  return FIELDS.some((field) => field === name);
}

const META = 'x-cos-meta-';

const FIELDS = [
  'q-sign-algorithm',
  'q-ak',
  'q-sign-time',
  'q-key-time',
  'q-header-list',
  'q-url-param-list',
  'q-signature',
] as const;

/** Whether a request is signed as clients of COS sign. */
export function isSignedForCos(authorization: string | undefined, query: string): boolean {
  if (/^q-sign-algorithm=/i.test(authorization?.trimStart() ?? '')) return true;
  return queryPairs(query).some(([name]) => name === 'q-signature');
}

/**
 * Reads the signature of a request; the header counts where there are both.
 *
 * @throws BucketError `malformed-authorization` that names what is wrong
 */
export function readCosSignature(authorization: string | undefined, query: string): CosSignature {
  const given = new Map<string, ByteString>();
  for (const [name, value] of queryPairs(authorization?.trim().replaceAll('+', '%2B') ?? query)) {
    if (!signsQuery(name)) continue;
    if (given.has(name)) throw malformed(`${name} is given twice`);
    given.set(name, value);
  }
  const field = (name: (typeof FIELDS)[number]) => {
    const value = given.get(name);
    if (value === undefined) throw malformed(`${name} is missing`);
    return value;
  };
  if (field('q-sign-algorithm') !== 'sha1') throw malformed('q-sign-algorithm must be sha1');
  const [signTime, keyTime] = [field('q-sign-time'), field('q-key-time')];
  for (const time of [signTime, keyTime])
    if (!period(time)) throw malformed(`${time} is no period: START;END in seconds since 1970`);
  return {
    from: authorization === undefined ? 'query' : 'header',
    accessKey: field('q-ak'),
    signTime,
    keyTime,
    headers: listOf(field('q-header-list')),
    parameters: listOf(field('q-url-param-list')),
    hex: field('q-signature'),
  };
}

/**
 * Checks a signature as the SDKs of COS make it (`util.getAuth` of cos-nodejs-sdk-v5): only the headers and parameters that it lists are signed.
 *
 * @param requests forms of the request, any of which may be what was signed
 * @param now milliseconds since 1970
 * @param skew milliseconds by which a client's clock may be ahead
 * @throws BucketError `bad-signature`; `expired` and `clock-skew` where the signature was good before, or will be
 */
export function verifyCosSignature(
  signature: CosSignature,
  secret: ByteString,
  requests: readonly CosSigned[],
  now: number,
  skew = 0,
): void {
  const isOf = (request: CosSigned) =>
    isWhole(signature, request) &&
    isEqual(signature.hex, cosSignatureOf(signature, secret, request));
  if (!requests.some(isOf))
    throw new BucketError('bad-signature', 'The Signature you specified is invalid.');
  for (const [from, to] of [period(signature.signTime), period(signature.keyTime)].filter(
    isPeriod,
  )) {
    if (now / 1000 > to) throw new BucketError('expired', 'Request has expired');
    if ((now + skew) / 1000 < from) throw new BucketError('clock-skew', TOO_SKEWED);
  }
}

const TOO_SKEWED = 'The difference between the request time and the current time is too large.';

/** The signature of a request by a secret, in hex. */
export function cosSignatureOf(
  { signTime, keyTime, headers, parameters }: CosSignature,
  secret: ByteString,
  request: CosSigned,
): string {
  const asked = new Map(queryPairs(request.query).map(([name, value]) => [listed(name), value]));
  const sent = new Map(spelledIn(request.headers).map(([name, value]) => [listed(name), value]));
  const text = [
    request.method.toLowerCase(),
    request.path,
    formatted(parameters, asked),
    formatted(headers, sent),
    '',
  ].join('\n');
  const digest = createHash('sha1').update(text, 'latin1').digest('hex');
  const key = hmac(Buffer.from(secret, 'latin1'), keyTime);
  return hmac(key, `sha1\n${signTime}\n${digest}\n`);
}

/**
 * Checks that all that is signed is there once: what is read of a request must be what is signed,
 * and the rest of the proxy takes `_` for `-`, but in the names of metadata.
 *
 * @throws BucketError `access-denied`
 */
export function checkSigned({ headers: signed }: CosSignature, headers: Headers): void {
  const [names, keys] = [new Set(signed), new Set(signed.map((name) => Headers.key(name)))];
  const seen = new Set<string>();
  headers.filter((key, spelled) => {
    const name = listed(spelled);
    const same = key.startsWith(META) ? name : key;
    const isTwice = seen.has(same) || !names.has(name);
    if (keys.has(key) && isTwice)
      throw new BucketError('access-denied', `A header that is signed is given twice: ${spelled}`);
    seen.add(same);
    return true;
  });
}

/** Names as they are spelled, with their values. */
function spelledIn(headers: Headers): [name: string, value: ByteString][] {
  const raw = headers.toRaw();
  return raw.flatMap((name, at): [string, ByteString][] =>
    at % 2 === 0 ? [[name, raw[at + 1] ?? '']] : [],
  );
}

function hmac(key: Buffer | string, text: string): string {
  return createHmac('sha1', key).update(text, 'latin1').digest('hex');
}

/** Whether all that is listed is there: what is empty would be signed as if it were not. */
function isWhole({ headers, parameters }: CosSignature, request: CosSigned): boolean {
  const asked = new Set(queryPairs(request.query).map(([name]) => listed(name)));
  const sent = new Set(spelledIn(request.headers).map(([name]) => listed(name)));
  return parameters.every((name) => asked.has(name)) && headers.every((name) => sent.has(name));
}

/** Those of a list, as they are signed. */
function formatted(names: readonly string[], values: ReadonlyMap<string, ByteString>): string {
  return names.map((name) => `${name}=${encoded(values.get(name) ?? '')}`).join('&');
}

function encoded(text: ByteString): string {
  return quote(text).replaceAll('/', '%2F');
}

/** A name as lists have it. */
export function listed(name: ByteString): string {
  return encoded(name).toLowerCase();
}

/** Lists may come with their semicolons encoded once more. */
function listOf(text: ByteString): string[] {
  const list = text.includes(';') ? text : unquote(text.replaceAll(/%(?!3b)/gi, '%25'));
  const names = list.split(';').flatMap((name) => (name === '' ? [] : [name.toLowerCase()]));
  // a long value that is listed often would make much of little
  if (new Set(names).size < names.length) throw malformed('a list has a name twice');
  return names;
}

function period(text: string): Period | undefined {
  const [, from, to] = /^(\d{1,12});(\d{1,12})$/.exec(text) ?? [];
  return from === undefined || to === undefined ? undefined : [Number(from), Number(to)];
}

function isPeriod(value: Period | undefined): value is Period {
  return value !== undefined;
}

function isEqual(given: string, expected: string): boolean {
  const [one, other] = [Buffer.from(given, 'latin1'), Buffer.from(expected, 'latin1')];
  return one.length === other.length && timingSafeEqual(one, other);
}

function malformed(why: string): BucketError {
  return new BucketError('malformed-authorization', `The authorization is malformed: ${why}.`);
}
