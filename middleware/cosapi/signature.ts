import { createHash, createHmac } from 'node:crypto';
import { BucketError } from '../../src/buckets/errors';
import { soleValue } from '../../src/dialects/query';
import { quote, unquote, type ByteString } from '../../src/http/bytes';
import { isSameSignature } from '../../src/http/digest';
import { Headers } from '../../src/http/headers';
import { parseQueryPairs } from '../../src/swift_api/target';

/** A period in seconds since 1970, both ends included. */
type Period = readonly [from: number, to: number];

/** The signature of a request: from `Authorization`, or the same from its query. */
export interface CosSignature {
  /** A signed URL is for whoever holds it. */
  readonly from: 'header' | 'query';
  readonly accessKey: ByteString;
  /** Both times as received: both are signed. */
  readonly signTime: string;
  readonly keyTime: string;
  /** The names of the signed headers and parameters, in canonical form. */
  readonly headers: readonly string[];
  readonly parameters: readonly string[];
  readonly hex: string;
}

/** The parts of a request that are signed. */
export interface CosSignedRequest {
  readonly method: string;
  /** Decoded. */
  readonly path: ByteString;
  readonly query: string;
  readonly headers: Headers;
}

/** Whether a parameter is part of the signature of a URL, and thus not signed itself. */
export function isSignatureParameter(name: string): boolean {
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
  return parseQueryPairs(query).some(([name]) => name === 'q-signature');
}

/**
 * Returns the access key that a request names, in its URL or in `Authorization`, without
 * verifying anything; undefined if it names none, or more than one.
 */
export function cosAccessKeyIn(
  authorization: string | undefined,
  query: string,
): ByteString | undefined {
  const inHeader = authorization?.trim().replaceAll('+', '%2B');
  const named = [soleValue(inHeader ?? '', 'q-ak'), soleValue(query, 'q-ak')];
  const keys = named.filter((each) => each !== undefined);
  return keys.length === 1 ? keys[0] : undefined;
}

/**
 * Reads the signature of a request; the header takes precedence over the query.
 *
 * @throws BucketError `malformed-authorization` that names the problem
 */
export function readCosSignature(authorization: string | undefined, query: string): CosSignature {
  const values = new Map<string, ByteString>();
  for (const [name, value] of parseQueryPairs(
    authorization?.trim().replaceAll('+', '%2B') ?? query,
  )) {
    if (!isSignatureParameter(name)) continue;
    if (values.has(name)) throw malformed(`${name} is given twice`);
    values.set(name, value);
  }
  const field = (name: (typeof FIELDS)[number]) => {
    const value = values.get(name);
    if (value === undefined) throw malformed(`${name} is missing`);
    return value;
  };
  if (field('q-sign-algorithm') !== 'sha1') throw malformed('q-sign-algorithm must be sha1');
  const [signTime, keyTime] = [field('q-sign-time'), field('q-key-time')];
  for (const time of [signTime, keyTime])
    if (!parsePeriod(time))
      throw malformed(`${time} is not a period: expected START;END in seconds since 1970`);
  return {
    from: authorization === undefined ? 'query' : 'header',
    accessKey: field('q-ak'),
    signTime,
    keyTime,
    headers: parseList(field('q-header-list')),
    parameters: parseList(field('q-url-param-list')),
    hex: field('q-signature'),
  };
}

/**
 * Checks a signature as the SDKs of COS make it (`util.getAuth` of cos-nodejs-sdk-v5):
 * only the headers and parameters that it lists are signed.
 *
 * @param requests forms of the request, any of which may be the signed one
 * @param now milliseconds since 1970
 * @param skew milliseconds by which a client's clock may be ahead
 * @throws BucketError `bad-signature`; `expired` and `clock-skew` if the signature was
 *   valid before, or will be
 */
export function verifyCosSignature(
  signature: CosSignature,
  secret: ByteString,
  requests: readonly CosSignedRequest[],
  now: number,
  skew = 0,
): void {
  const matches = (request: CosSignedRequest) =>
    isComplete(signature, request) &&
    isSameSignature(signature.hex, computeCosSignature(signature, secret, request));
  if (!requests.some(matches))
    throw new BucketError('bad-signature', 'The Signature you specified is invalid.');
  for (const [from, to] of [parsePeriod(signature.signTime), parsePeriod(signature.keyTime)].filter(
    isPeriod,
  )) {
    if (now / 1000 > to) throw new BucketError('expired', 'Request has expired');
    if ((now + skew) / 1000 < from) throw new BucketError('clock-skew', TOO_SKEWED);
  }
}

const TOO_SKEWED = 'The difference between the request time and the current time is too large.';

/** Computes the signature of a request with a secret, in hex. */
export function computeCosSignature(
  { signTime, keyTime, headers, parameters }: CosSignature,
  secret: ByteString,
  request: CosSignedRequest,
): string {
  const queryValues = new Map(
    parseQueryPairs(request.query).map(([name, value]) => [toListedName(name), value]),
  );
  const headerValues = new Map(
    spelledHeaders(request.headers).map(([name, value]) => [toListedName(name), value]),
  );
  const text = [
    request.method.toLowerCase(),
    request.path,
    formatPairs(parameters, queryValues),
    formatPairs(headers, headerValues),
    '',
  ].join('\n');
  const digest = createHash('sha1').update(text, 'latin1').digest('hex');
  const key = hmac(Buffer.from(secret, 'latin1'), keyTime);
  return hmac(key, `sha1\n${signTime}\n${digest}\n`);
}

/**
 * Checks that every signed header appears once: what is read of a request must be what is
 * signed, and the rest of the proxy reads `_` as `-`, except in the names of metadata.
 *
 * @throws BucketError `access-denied`
 */
export function checkSignedHeaders({ headers: signed }: CosSignature, headers: Headers): void {
  const [names, keys] = [new Set(signed), new Set(signed.map((name) => Headers.key(name)))];
  const seen = new Set<string>();
  headers.filter((key, spelled) => {
    const name = toListedName(spelled);
    const identity = key.startsWith(META) ? name : key;
    const isAmbiguous = seen.has(identity) || !names.has(name);
    if (keys.has(key) && isAmbiguous)
      throw new BucketError('access-denied', `A header that is signed is given twice: ${spelled}`);
    seen.add(identity);
    return true;
  });
}

/** Returns the names as spelled, with their values. */
function spelledHeaders(headers: Headers): [name: string, value: ByteString][] {
  const raw = headers.toRaw();
  return raw.flatMap((name, at): [string, ByteString][] =>
    at % 2 === 0 ? [[name, raw[at + 1] ?? '']] : [],
  );
}

function hmac(key: Buffer | string, text: string): string {
  return createHmac('sha1', key).update(text, 'latin1').digest('hex');
}

/**
 * Whether everything listed is present, since a missing value is signed like an empty
 * one.
 */
function isComplete({ headers, parameters }: CosSignature, request: CosSignedRequest): boolean {
  const queryNames = new Set(parseQueryPairs(request.query).map(([name]) => toListedName(name)));
  const headerNames = new Set(spelledHeaders(request.headers).map(([name]) => toListedName(name)));
  return (
    parameters.every((name) => queryNames.has(name)) &&
    headers.every((name) => headerNames.has(name))
  );
}

/** Formats the listed names and their values as they are signed. */
function formatPairs(names: readonly string[], values: ReadonlyMap<string, ByteString>): string {
  return names.map((name) => `${name}=${encode(values.get(name) ?? '')}`).join('&');
}

function encode(text: ByteString): string {
  return quote(text).replaceAll('/', '%2F');
}

/** Returns a name in the form used in lists. */
export function toListedName(name: ByteString): string {
  return encode(name).toLowerCase();
}

/** Parses a list; its semicolons may be encoded once more. */
function parseList(text: ByteString): string[] {
  const list = text.includes(';') ? text : unquote(text.replaceAll(/%(?!3b)/gi, '%25'));
  const names = list.split(';').flatMap((name) => (name === '' ? [] : [name.toLowerCase()]));
  // repeating a long value many times would turn a small request into much work
  if (new Set(names).size < names.length) throw malformed('a list contains a name twice');
  return names;
}

function parsePeriod(text: string): Period | undefined {
  const [, from, to] = /^(\d{1,12});(\d{1,12})$/.exec(text) ?? [];
  return from === undefined || to === undefined ? undefined : [Number(from), Number(to)];
}

function isPeriod(value: Period | undefined): value is Period {
  return value !== undefined;
}

function malformed(why: string): BucketError {
  return new BucketError('malformed-authorization', `The authorization is malformed: ${why}.`);
}
