import { BucketError } from '../../buckets/errors';
import type { ByteString } from '../../http/bytes';
import { parseDate } from '../../http/dates';
import type { Headers } from '../../http/headers';
import type { Query } from '../query';

export const ALGORITHM = 'AWS4-HMAC-SHA256';

/** The scope of a signing key: a day and a region. */
export interface Scope {
  /** `20231114`. */
  readonly date: string;
  readonly region: string;
}

/** The signature of a request (Signature Version 4) as stated, valid or not. */
export interface Signing {
  readonly from: 'header' | 'query';
  readonly accessKey: ByteString;
  readonly scope: Scope;
  /** In lower case, as listed. */
  readonly signedHeaders: readonly string[];
  /** 64 hex digits. */
  readonly signature: string;
  /** As signed: `20231114T221320Z`. */
  readonly timestamp: string;
  /** Seconds for which a presigned URL is valid. */
  readonly expires: number | undefined;
  /** The signed payload: its SHA-256 in hex, or a literal in its place. */
  readonly payload: string;
  /**
   * Whether no payload hash is given; the signature may then also cover an empty body, as
   * from signers that do not know S3.
   */
  readonly mayBeOfNothing: boolean;
}

/** Formats a scope. */
export function formatScope({ date, region }: Scope): string {
  return `${date}/${region}/s3/aws4_request`;
}

export const UNSIGNED = 'UNSIGNED-PAYLOAD';

/** S3 rejects numbers from here on. */
const TOO_LONG = 2n ** 63n;

/** The query parameters of a signature, in lower case. */
const SIGNING_PARAMETERS: ReadonlySet<string> = new Set([
  'x-amz-algorithm',
  'x-amz-content-sha256',
  'x-amz-credential',
  'x-amz-date',
  'x-amz-expires',
  'x-amz-security-token',
  'x-amz-signature',
  'x-amz-signedheaders',
]);

export function signsQuery(name: string): boolean {
  return SIGNING_PARAMETERS.has(name.toLowerCase());
}

/**
 * Reads the signature of a request.
 *
 * @throws BucketError if it is malformed, or of another kind
 */
export function readSigning(headers: Headers, query: Query): Signing {
  const isPresigned = query.has('X-Amz-Algorithm') || query.has('X-Amz-Signature');
  return isPresigned
    ? readPresigned(headers, query)
    : readHeader(headers.get('authorization') ?? '', headers);
}

/** AWS's message for other kinds of signatures. */
export const ONLY_V4 = `The authorization mechanism you have provided is not supported. Please use ${ALGORITHM}.`;

function malformed(message: string): BucketError {
  return new BucketError('malformed-authorization', message);
}

function readHeader(authorization: ByteString, headers: Headers): Signing {
  const [algorithm = '', ...rest] = authorization.split(' ');
  if (algorithm !== ALGORITHM) throw new BucketError('invalid-request', ONLY_V4);
  const parts = rest
    .join(' ')
    .split(',')
    .map((part) => part.trim());
  const value = (name: string) => {
    const matches = parts.filter((part) => part.startsWith(`${name}=`));
    const [only] = matches;
    if (parts.length !== 3 || matches.length !== 1 || only === undefined)
      throw malformed(
        `The authorization header is malformed; it must have exactly one ${name}, and nothing but Credential, SignedHeaders and Signature.`,
      );
    return only.slice(name.length + 1);
  };
  const payload = headers.get('x-amz-content-sha256');
  if (payload === undefined)
    throw new BucketError(
      'invalid-request',
      'Missing required header for this request: x-amz-content-sha256',
    );
  // before the rest, as in S3: a client without a date gets to know that
  const timestamp = timestampIn(headers);
  return {
    from: 'header',
    ...readCredential(value('Credential')),
    signedHeaders: readNames(value('SignedHeaders')),
    signature: readSignature(value('Signature')),
    timestamp,
    expires: undefined,
    payload,
    mayBeOfNothing: false,
  };
}

function readPresigned(headers: Headers, query: Query): Signing {
  const value = (name: string) => {
    const text = query.get(name);
    if (text === undefined)
      throw malformed(`Query-string authentication version 4 requires the parameter ${name}.`);
    return text;
  };
  if (value('X-Amz-Algorithm') !== ALGORITHM)
    throw malformed(`X-Amz-Algorithm only supports "${ALGORITHM}".`);
  const expires = value('X-Amz-Expires');
  if (!/^[-+]?\d+$/.test(expires) || BigInt(expires) >= TOO_LONG)
    throw malformed('X-Amz-Expires should be a number');
  // S3's own texts begin like these
  if (Number(expires) < 1) throw malformed('X-Amz-Expires must be non-negative, and more than 0');
  if (Number(expires) > MAX_EXPIRES)
    throw malformed(`X-Amz-Expires must be less than ${MAX_EXPIRES} seconds, which is a week`);
  const timestamp = value('X-Amz-Date');
  if (!TIMESTAMP.test(timestamp)) throw malformed(BAD_DATE);
  const signedPayload = headers.get('x-amz-content-sha256') ?? query.get('X-Amz-Content-Sha256');
  return {
    from: 'query',
    ...readCredential(value('X-Amz-Credential')),
    signedHeaders: readNames(value('X-Amz-SignedHeaders')),
    signature: readSignature(value('X-Amz-Signature')),
    timestamp,
    expires: Number(expires),
    payload: signedPayload ?? UNSIGNED,
    mayBeOfNothing: signedPayload === undefined,
  };
}

const MAX_EXPIRES = 7 * 86_400;
const TIMESTAMP = /^\d{8}T\d{6}Z$/;
const BAD_DATE = "X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"";

/** Parses a credential; the access key may contain slashes. */
export function readCredential(credential: ByteString): Pick<Signing, 'accessKey' | 'scope'> {
  const parts = credential.split('/');
  const [date = '', region = '', service, terminator] = parts.splice(-4);
  const accessKey = parts.join('/');
  if (accessKey === '' || !/^\d{8}$/.test(date) || region === '')
    throw malformed(
      'The Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".',
    );
  if (service !== 's3')
    throw malformed(`The Credential is for the service "${service ?? ''}"; expected "s3".`);
  if (terminator !== 'aws4_request') throw malformed('The Credential must end in "aws4_request".');
  return { accessKey, scope: { date, region } };
}

function readNames(list: ByteString): string[] {
  const names = list.split(';');
  if (names.some((name) => !/^[!#$%&'*+.^`|~0-9a-z_-]+$/.test(name)))
    throw malformed('SignedHeaders must be lower-case header names separated by semicolons.');
  // otherwise a long value listed many times would inflate a small request
  if (new Set(names).size < names.length) throw malformed('SignedHeaders lists a name twice.');
  return names;
}

export function readSignature(signature: ByteString): string {
  if (!/^[0-9a-f]{64}$/.test(signature))
    throw malformed('The Signature must be 64 hexadecimal digits.');
  return signature;
}

function timestampIn(headers: Headers): string {
  const amzDate = headers.get('x-amz-date');
  if (amzDate !== undefined && TIMESTAMP.test(amzDate)) return amzDate;
  const time = amzDate === undefined ? parseDate(headers.get('date')) : undefined;
  if (time === undefined) throw invalidDate();
  return new Date(time).toISOString().replace(/[-:]|\.\d+/g, '');
}

/** Returns the error for a request without a time. */
export function invalidDate(): BucketError {
  return new BucketError(
    'access-denied',
    'AWS authentication requires a valid Date or x-amz-date header',
  );
}
