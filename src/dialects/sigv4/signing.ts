import { BucketError } from '../../buckets/errors';
import type { ByteString } from '../../http/bytes';
import type { Headers } from '../../http/headers';
import type { Query } from '../query';

export const ALGORITHM = 'AWS4-HMAC-SHA256';

/** For what a key is derived: a day, in a region. */
export interface Scope {
  /** `20231114`. */
  readonly date: string;
  readonly region: string;
}

/** How a request says that it is signed (Signature Version 4), whether that is right or not. */
export interface Signing {
  readonly from: 'header' | 'query';
  readonly accessKey: ByteString;
  readonly scope: Scope;
  /** In lower case, as listed. */
  readonly signedHeaders: readonly string[];
  /** 64 hex digits. */
  readonly signature: string;
  /** As it is signed: `20231114T221320Z`. */
  readonly timestamp: string;
  /** Seconds for which a presigned URL is good. */
  readonly expires: number | undefined;
  /** What is signed for the body: its SHA-256 in hex, or what is said instead. */
  readonly payload: string;
  /** Whether the payload is not told, so that the signature may also be over that of an empty body, as signers that know no S3 have it. */
  readonly mayBeOfNothing: boolean;
}

/** The scope as it is written. */
export function formatScope({ date, region }: Scope): string {
  return `${date}/${region}/s3/aws4_request`;
}

export const UNSIGNED = 'UNSIGNED-PAYLOAD';

/** What S3 takes for no number. */
const LONG = 2n ** 63n;

/** What of a query signs it, by names in lower case. */
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
 * Reads how a request is signed.
 *
 * @throws BucketError where that is not told as it must be, or in two ways, or is no way that is known here
 */
export function readSigning(headers: Headers, query: Query): Signing {
  const header = headers.get('authorization');
  const isPresigned = query.has('X-Amz-Algorithm') || query.has('X-Amz-Signature');
  const isPresignedV2 = query.has('AWSAccessKeyId') && query.has('Signature');
  if (header !== undefined && (isPresigned || isPresignedV2))
    throw new BucketError('invalid-argument', TWO_WAYS);
  if (headers.has('x-amz-security-token') || query.has('X-Amz-Security-Token'))
    throw new BucketError(
      'invalid-request',
      'Temporary credentials (X-Amz-Security-Token) are not known here.',
    );
  if (isPresignedV2 || /^AWS\s/i.test(header ?? ''))
    throw new BucketError('invalid-request', ONLY_V4);
  return isPresigned ? presigned(headers, query) : inHeader(header ?? '', headers);
}

const TWO_WAYS =
  'Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string parameter or the Authorization header should be specified';
const ONLY_V4 = `The authorization mechanism you have provided is not supported. Please use ${ALGORITHM}.`;

function malformed(what: string): BucketError {
  return new BucketError('malformed-authorization', what);
}

function inHeader(authorization: ByteString, headers: Headers): Signing {
  const [algorithm = '', ...rest] = authorization.split(' ');
  if (algorithm !== ALGORITHM) throw new BucketError('invalid-request', ONLY_V4);
  const parts = rest
    .join(' ')
    .split(',')
    .map((part) => part.trim());
  const value = (name: string) => {
    const found = parts.filter((part) => part.startsWith(`${name}=`));
    const [only] = found;
    if (parts.length !== 3 || found.length !== 1 || only === undefined)
      throw malformed(
        `The authorization header is malformed; it must have one ${name}, and nothing else.`,
      );
    return only.slice(name.length + 1);
  };
  const payload = headers.get('x-amz-content-sha256');
  if (payload === undefined)
    throw new BucketError(
      'invalid-request',
      'Missing required header for this request: x-amz-content-sha256',
    );
  return {
    from: 'header',
    ...readCredential(value('Credential')),
    signedHeaders: readNames(value('SignedHeaders')),
    signature: readSignature(value('Signature')),
    timestamp: timestampIn(headers),
    expires: undefined,
    payload,
    mayBeOfNothing: false,
  };
}

function presigned(headers: Headers, query: Query): Signing {
  const value = (name: string) => {
    const found = query.get(name);
    if (found === undefined)
      throw malformed(`Query-string authentication version 4 requires the parameter ${name}.`);
    return found;
  };
  if (value('X-Amz-Algorithm') !== ALGORITHM)
    throw malformed(`X-Amz-Algorithm only supports "${ALGORITHM}".`);
  const expires = value('X-Amz-Expires');
  if (!/^[-+]?\d+$/.test(expires) || BigInt(expires) >= LONG)
    throw malformed('X-Amz-Expires should be a number');
  if (Number(expires) < 1) throw malformed('X-Amz-Expires must be non-negative, and more than 0');
  if (Number(expires) > MAX_EXPIRES)
    throw malformed(`X-Amz-Expires must be less than ${MAX_EXPIRES} seconds, which is a week`);
  const timestamp = value('X-Amz-Date');
  if (!TIMESTAMP.test(timestamp)) throw malformed(BAD_DATE);
  const told = headers.get('x-amz-content-sha256') ?? query.get('X-Amz-Content-Sha256');
  return {
    from: 'query',
    ...readCredential(value('X-Amz-Credential')),
    signedHeaders: readNames(value('X-Amz-SignedHeaders')),
    signature: readSignature(value('X-Amz-Signature')),
    timestamp,
    expires: Number(expires),
    payload: told ?? UNSIGNED,
    mayBeOfNothing: told === undefined,
  };
}

const MAX_EXPIRES = 7 * 86_400;
const TIMESTAMP = /^\d{8}T\d{6}Z$/;
const BAD_DATE = "X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"";

/** A credential as it is written in what is signed; the access key may have slashes. */
export function readCredential(credential: ByteString): Pick<Signing, 'accessKey' | 'scope'> {
  const parts = credential.split('/');
  const [date = '', region = '', service, terminator] = parts.splice(-4);
  const accessKey = parts.join('/');
  if (accessKey === '' || !/^\d{8}$/.test(date) || region === '')
    throw malformed(
      'The Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".',
    );
  if (service !== 's3')
    throw malformed(`The Credential is for the service "${service ?? ''}"; this is "s3".`);
  if (terminator !== 'aws4_request') throw malformed('The Credential must end in "aws4_request".');
  return { accessKey, scope: { date, region } };
}

function readNames(list: ByteString): string[] {
  const names = list.split(';');
  if (names.some((name) => !/^[!#$%&'*+.^`|~0-9a-z_-]+$/.test(name)))
    throw malformed(
      'SignedHeaders must be names of headers in lower case with semicolons between them.',
    );
  // a long value that is listed often would make much of little
  if (new Set(names).size < names.length) throw malformed('SignedHeaders has a name twice.');
  return names;
}

export function readSignature(signature: ByteString): string {
  if (!/^[0-9a-f]{64}$/.test(signature))
    throw malformed('The Signature must be 64 hexadecimal digits.');
  return signature;
}

function timestampIn(headers: Headers): string {
  const own = headers.get('x-amz-date');
  if (own !== undefined && TIMESTAMP.test(own)) return own;
  const time = own === undefined ? Date.parse(headers.get('date') ?? '') : NaN;
  if (Number.isNaN(time))
    throw new BucketError(
      'access-denied',
      'AWS authentication requires a valid Date or x-amz-date header',
    );
  return new Date(time).toISOString().replace(/[-:]|\.\d+/g, '');
}

/** The time of a timestamp, in milliseconds since 1970; NaN for one of a day or an hour that there is not. */
export function timeOf(timestamp: string): number {
  return Date.parse(
    timestamp.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'),
  );
}
