import { BucketError } from '../../buckets/errors';
import type { Headers } from '../../http/headers';
import { isAlgorithm, isBase64, isChecksum, type Algorithm } from './checksums';

/** What a body must sum to, and what is said where it does not: made only then, since an error costs more than a small request. */
export interface DeclaredDigest {
  readonly algorithm: Algorithm | 'md5';
  readonly sum: Buffer;
  readonly otherwise: () => BucketError;
}

/** What of a body's checksums headers tell. */
export interface DeclaredChecksums {
  /** By algorithm, base64. */
  readonly given: ReadonlyMap<Algorithm, string>;
  /** The one that comes behind the body. */
  readonly trailing: Algorithm | undefined;
}

const HEADER = /^x-amz-checksum-(.+)$/;

/** Headers that begin so, and are about checksums without being one. */
const ABOUT: ReadonlySet<string> = new Set(['algorithm', 'mode', 'type']);

/**
 * Reads what is told of checksums.
 *
 * @throws BucketError for one that is none, that is not known, or where what is told does not agree
 */
export function readChecksums(headers: Headers, hasTrailer: boolean): DeclaredChecksums {
  const given = new Map<Algorithm, string>();
  for (const [name, value] of headers.entries()) {
    const algorithm = HEADER.exec(name)?.[1];
    if (algorithm === undefined || ABOUT.has(algorithm)) continue;
    if (!isAlgorithm(algorithm)) throw notKnown(name);
    if (given.size > 0)
      throw invalid(
        'Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.',
      );
    if (!isChecksum(algorithm, value)) throw invalid(`Value for ${name} header is invalid.`);
    given.set(algorithm, value);
  }
  const trailing = trailerOf(headers, hasTrailer);
  if (trailing !== undefined && given.size > 0)
    throw invalid('Expecting a single x-amz-checksum- header or trailer.');
  checkAgreement(headers, given, trailing);
  return { given, trailing };
}

function trailerOf(headers: Headers, hasTrailer: boolean): Algorithm | undefined {
  const name = headers.get('x-amz-trailer')?.trim().toLowerCase();
  if (name === undefined) return undefined;
  if (!hasTrailer)
    throw invalid('x-amz-trailer needs an x-amz-content-sha256 that announces a trailer.');
  const algorithm = HEADER.exec(name)?.[1];
  if (algorithm === undefined || !isAlgorithm(algorithm))
    throw invalid('The value specified in the x-amz-trailer header is not supported');
  return algorithm;
}

function checkAgreement(
  headers: Headers,
  given: ReadonlyMap<Algorithm, string>,
  trailing: Algorithm | undefined,
): void {
  const told = headers.get('x-amz-sdk-checksum-algorithm')?.toLowerCase();
  if (told === undefined) return;
  if (
    !isAlgorithm(told) ||
    [trailing, ...given.keys()].some((each) => each !== undefined && each !== told)
  )
    throw invalid('Value for x-amz-sdk-checksum-algorithm header is invalid.');
  if (trailing === undefined && given.size === 0)
    throw invalid(
      'x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers were found.',
    );
}

/** What a body must be by its checksums, by Content-MD5, and by the hash that is signed. */
export function declaredDigests(
  headers: Headers,
  given: ReadonlyMap<Algorithm, string>,
  sha256: string,
): DeclaredDigest[] {
  const promised = [...given].map(([algorithm, value]) => declaredChecksum(algorithm, value));
  const md5 = headers.get('content-md5');
  if (md5 !== undefined) promised.push(declaredMd5(md5));
  if (HEX.test(sha256)) promised.push(promisedHash(sha256));
  return promised;
}

export const HEX = /^[0-9a-fA-F]{64}$/;

export function declaredChecksum(algorithm: Algorithm, value: string): DeclaredDigest {
  const message = `The ${algorithm.toUpperCase()} you specified did not match the calculated checksum.`;
  const sum = Buffer.from(value, 'base64');
  return { algorithm, sum, otherwise: () => new BucketError('bad-digest', message) };
}

/** What a Content-MD5 promises. @throws BucketError `invalid-digest` */
export function declaredMd5(value: string): DeclaredDigest {
  if (!isBase64(value, 16))
    throw new BucketError('invalid-digest', 'The Content-MD5 you specified was invalid.', {
      fields: { 'Content-MD5': value },
    });
  const message = 'The Content-MD5 you specified did not match what we received.';
  return {
    algorithm: 'md5',
    sum: Buffer.from(value, 'base64'),
    otherwise: () => new BucketError('bad-digest', message, { fields: { ExpectedDigest: value } }),
  };
}

function promisedHash(value: string): DeclaredDigest {
  const message = "The provided 'x-amz-content-sha256' header does not match what was computed.";
  const fields = { ClientComputedContentSHA256: value };
  return {
    algorithm: 'sha256',
    sum: Buffer.from(value, 'hex'),
    otherwise: () => new BucketError('content-mismatch', message, { fields }),
  };
}

function invalid(message: string): BucketError {
  return new BucketError('invalid-request', message);
}

function notKnown(header: string): BucketError {
  return new BucketError('not-implemented', `The checksum of ${header} is not known here.`);
}
