import { createHash, createHmac } from 'node:crypto';
import { quote, unquote, type ByteString } from '../../http/bytes';
import { isSameSignature } from '../../http/digest';
import type { Headers } from '../../http/headers';
import type { Query } from '../query';
import { ALGORITHM, formatScope, type Scope, type Signing } from './signing';

/** The signed elements of a request. */
export interface SignedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Headers;
  readonly query: Query;
}

/**
 * Returns the string to sign. It has the digest of the canonical request, in which each
 * part is decoded and encoded again, so that what is signed is what is understood.
 */
export function stringToSign(request: SignedRequest, signing: Signing): string {
  const { timestamp, scope } = signing;
  return [
    ALGORITHM,
    timestamp,
    formatScope(scope),
    sha256(canonicalRequest(request, signing)),
  ].join('\n');
}

/**
 * Returns the canonical request of Signature Version 4 as S3 has it: paths are encoded
 * once, and dots in them stay.
 */
export function canonicalRequest(
  { method, path, headers, query }: SignedRequest,
  { from, signedHeaders, payload }: Signing,
): ByteString {
  const fields = headers.bySpelling();
  return [
    method,
    path.split('/').map(reencode).join('/'),
    canonicalQuery(query, from),
    ...signedHeaders.map((name) => `${name}:${collapsed(fields.get(name) ?? '')}`),
    '',
    signedHeaders.join(';'),
    payload,
  ].join('\n');
}

function canonicalQuery(query: Query, from: Signing['from']): string {
  return [...query]
    .filter(([name]) => from === 'header' || name !== 'X-Amz-Signature')
    .map(([name, value]) => [encode(name), encode(value)] as const)
    .sort(([a, x], [b, y]) => compare(a, b) || compare(x, y))
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function reencode(segment: string): string {
  return encode(unquote(segment));
}

function encode(bytes: ByteString): string {
  return quote(bytes).replaceAll('/', '%2F');
}

/**
 * Normalizes a header value for signing: one space for each run of spaces and tabs, none
 * at the ends.
 */
export function collapsed(value: ByteString): ByteString {
  return value.replace(/[ \t]+/g, ' ').replace(/^ | $/g, '');
}

/** Returns the signing key for a scope. */
export function signingKey(secret: ByteString, { date, region }: Scope): Buffer {
  const first = hmac(Buffer.from(`AWS4${secret}`, 'latin1'), date);
  return [region, 's3', 'aws4_request'].reduce((key, part) => hmac(key, part), first);
}

function hmac(key: Buffer, text: ByteString): Buffer {
  return createHmac('sha256', key).update(text, 'latin1').digest();
}

/** Returns the signature of a text, in hex. */
export function sign(key: Buffer, text: ByteString): string {
  return hmac(key, text).toString('hex');
}

/** Whether a signature is valid; takes constant time, so as not to leak the right one. */
export function isSignature(key: Buffer, text: ByteString, signature: string): boolean {
  return isSameSignature(signature, sign(key, text));
}

/** Returns the SHA-256 of bytes, in hex. */
export function sha256(bytes: ByteString | Buffer): string {
  const data = typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes;
  return createHash('sha256').update(data).digest('hex');
}

/** The SHA-256 of no bytes, in hex. */
export const EMPTY_SHA256 = sha256('');
