import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { quote, unquote, type ByteString } from '../../http/bytes';
import type { Headers } from '../../http/headers';
import type { Query } from '../query';
import { ALGORITHM, formatScope, type Scope, type Signing } from './signing';

/** What of a request is signed. */
export interface Signed {
  readonly method: string;
  readonly path: string;
  readonly headers: Headers;
  readonly query: Query;
}

/**
 * What is signed in the end: the digest of the request in its canonical form, in which each part is decoded and encoded anew, so that what is
 * signed is what is understood.
 */
export function stringToSign(request: Signed, signing: Signing): string {
  const { timestamp, scope } = signing;
  return [
    ALGORITHM,
    timestamp,
    formatScope(scope),
    sha256(canonicalRequest(request, signing)),
  ].join('\n');
}

/** The canonical request of Signature Version 4, as S3 has it: paths are encoded once, and dots in them stay. */
export function canonicalRequest(
  { method, path, headers, query }: Signed,
  { from, signedHeaders, payload }: Signing,
): ByteString {
  const sent = headers.bySpelling();
  return [
    method,
    path.split('/').map(reencoded).join('/'),
    canonicalQuery(query, from),
    ...signedHeaders.map((name) => `${name}:${collapsed(sent.get(name) ?? '')}`),
    '',
    signedHeaders.join(';'),
    payload,
  ].join('\n');
}

function canonicalQuery(query: Query, from: Signing['from']): string {
  return [...query]
    .filter(([name]) => from === 'header' || name !== 'X-Amz-Signature')
    .map(([name, value]) => [encoded(name), encoded(value)] as const)
    .sort(([a, x], [b, y]) => compare(a, b) || compare(x, y))
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function reencoded(segment: string): string {
  return encoded(unquote(segment));
}

function encoded(bytes: ByteString): string {
  return quote(bytes).replaceAll('/', '%2F');
}

/** A header's value as it is signed: one space for each run of spaces and tabs, none at the ends. */
export function collapsed(value: ByteString): ByteString {
  return value.replace(/[ \t]+/g, ' ').replace(/^ | $/g, '');
}

/** The key that signs in a scope. */
export function signingKey(secret: ByteString, { date, region }: Scope): Buffer {
  const first = hmac(Buffer.from(`AWS4${secret}`, 'latin1'), date);
  return [region, 's3', 'aws4_request'].reduce((key, part) => hmac(key, part), first);
}

function hmac(key: Buffer, text: ByteString): Buffer {
  return createHmac('sha256', key).update(text, 'latin1').digest();
}

/** A key's signature of a text, in hex. */
export function sign(key: Buffer, text: ByteString): string {
  return hmac(key, text).toString('hex');
}

/** Whether a signature is a key's over a text, in a time that does not tell how much of it is right. */
export function isSignature(key: Buffer, text: ByteString, signature: string): boolean {
  const expected = Buffer.from(sign(key, text));
  const bytes = Buffer.from(signature, 'latin1');
  return expected.length === bytes.length && timingSafeEqual(expected, bytes);
}

/** The SHA-256 of bytes, in hex. */
export function sha256(bytes: ByteString | Buffer): string {
  const data = typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes;
  return createHash('sha256').update(data).digest('hex');
}

/** That of no bytes at all. */
export const NOTHING = sha256('');
