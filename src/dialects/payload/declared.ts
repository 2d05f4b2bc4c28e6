import { BucketError } from '../../buckets/errors';
import type { Headers } from '../../http/headers';
import { isAlgorithm, isBase64, isChecksum, type Algorithm } from './checksums';

/**
 * A digest that a body must have, and the error if it does not; created only then, since
 * an error costs more than a small request.
 */
export interface DeclaredDigest {
  readonly algorithm: Algorithm | 'md5';
  readonly sum: Buffer;
  readonly createError: () => BucketError;
}

/** The checksums of a body declared in headers. */
export interface DeclaredChecksums {
  /** By algorithm, base64. */
  readonly inHeaders: ReadonlyMap<Algorithm, string>;
  /** The algorithm of the checksum in the trailer. */
  readonly trailing: Algorithm | undefined;
}

const HEADER = /^x-amz-checksum-(.+)$/;

/** Suffixes of headers with that prefix that are not checksums. */
const NOT_CHECKSUMS: ReadonlySet<string> = new Set(['algorithm', 'mode', 'type']);

/**
 * Reads the declared checksums.
 *
 * @throws BucketError if one is invalid or not supported, or if the headers contradict
 *   each other
 */
export function readChecksums(headers: Headers, hasTrailer: boolean): DeclaredChecksums {
  const inHeaders = new Map<Algorithm, string>();
  for (const [name, value] of headers.entries()) {
    const algorithm = HEADER.exec(name)?.[1];
    if (algorithm === undefined || NOT_CHECKSUMS.has(algorithm)) continue;
    if (!isAlgorithm(algorithm)) throw notSupported(name);
    if (inHeaders.size > 0)
      throw invalidRequest(
        'Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.',
      );
    if (!isChecksum(algorithm, value)) throw invalidRequest(`Value for ${name} header is invalid.`);
    inHeaders.set(algorithm, value);
  }
  const trailing = trailerOf(headers, hasTrailer);
  if (trailing !== undefined && inHeaders.size > 0)
    throw invalidRequest('Expecting a single x-amz-checksum- header or trailer.');
  checkAgreement(headers, inHeaders, trailing);
  return { inHeaders, trailing };
}

function trailerOf(headers: Headers, hasTrailer: boolean): Algorithm | undefined {
  const name = headers.get('x-amz-trailer')?.trim().toLowerCase();
  if (name === undefined) return undefined;
  if (!hasTrailer)
    throw invalidRequest(
      'x-amz-trailer requires an x-amz-content-sha256 that announces a trailer.',
    );
  const algorithm = HEADER.exec(name)?.[1];
  if (algorithm === undefined || !isAlgorithm(algorithm))
    throw invalidRequest('The value specified in the x-amz-trailer header is not supported');
  return algorithm;
}

function checkAgreement(
  headers: Headers,
  checksums: ReadonlyMap<Algorithm, string>,
  trailing: Algorithm | undefined,
): void {
  const algorithm = headers.get('x-amz-sdk-checksum-algorithm')?.toLowerCase();
  if (algorithm === undefined) return;
  if (
    !isAlgorithm(algorithm) ||
    [trailing, ...checksums.keys()].some((each) => each !== undefined && each !== algorithm)
  )
    throw invalidRequest('Value for x-amz-sdk-checksum-algorithm header is invalid.');
  if (trailing === undefined && checksums.size === 0)
    throw invalidRequest(
      'x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers were found.',
    );
}

/** Returns the digests of a body: its checksums, Content-MD5, and the signed hash. */
export function declaredDigests(
  headers: Headers,
  checksums: ReadonlyMap<Algorithm, string>,
  sha256: string,
): DeclaredDigest[] {
  const digests = [...checksums].map(([algorithm, value]) => declaredChecksum(algorithm, value));
  const md5 = headers.get('content-md5');
  if (md5 !== undefined) digests.push(declaredMd5(md5));
  if (HEX.test(sha256)) digests.push(declaredHash(sha256));
  return digests;
}

export const HEX = /^[0-9a-fA-F]{64}$/;

export function declaredChecksum(algorithm: Algorithm, value: string): DeclaredDigest {
  const message = `The ${algorithm.toUpperCase()} you specified did not match the calculated checksum.`;
  const sum = Buffer.from(value, 'base64');
  return { algorithm, sum, createError: () => new BucketError('bad-digest', message) };
}

/** Returns the digest declared by Content-MD5. @throws BucketError `invalid-digest` */
export function declaredMd5(value: string): DeclaredDigest {
  if (!isBase64(value, 16))
    throw new BucketError('invalid-digest', 'The Content-MD5 you specified was invalid.', {
      fields: { 'Content-MD5': value },
    });
  const message = 'The Content-MD5 you specified did not match what we received.';
  return {
    algorithm: 'md5',
    sum: Buffer.from(value, 'base64'),
    createError: () =>
      new BucketError('bad-digest', message, { fields: { ExpectedDigest: value } }),
  };
}

function declaredHash(value: string): DeclaredDigest {
  const message = "The provided 'x-amz-content-sha256' header does not match what was computed.";
  const fields = { ClientComputedContentSHA256: value };
  return {
    algorithm: 'sha256',
    sum: Buffer.from(value, 'hex'),
    createError: () => new BucketError('content-mismatch', message, { fields }),
  };
}

function invalidRequest(message: string): BucketError {
  return new BucketError('invalid-request', message);
}

function notSupported(header: string): BucketError {
  return new BucketError(
    'not-implemented',
    `The checksum algorithm of ${header} is not supported.`,
  );
}
