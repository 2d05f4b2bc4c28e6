import { createHmac, timingSafeEqual } from 'node:crypto';
import { trimEndChars, type ByteString } from './bytes';

/** The digests that clients may sign with, weakest first. */
export const DIGESTS = ['sha1', 'sha256', 'sha512'] as const;
const DEPRECATED: readonly string[] = ['sha1'];
const HEX_LENGTHS: Readonly<Record<number, string>> = { 40: 'sha1', 64: 'sha256', 128: 'sha512' };

/** The part of `/info` about the allowed digests. */
export function digestInfo(allowed: readonly string[]): Readonly<Record<string, string[]>> {
  const deprecated = allowed.filter((name) => DEPRECATED.includes(name));
  const info = { allowed_digests: [...allowed].sort() };
  return deprecated.length > 0 ? { ...info, deprecated_digests: deprecated } : info;
}

/** A signature as the client sent it. */
export interface Signature {
  readonly digest: string;
  readonly hex: string;
}

/**
 * Parses `HEX`, whose length determines the digest, or `DIGEST:BASE64` in either alphabet
 * (Swift's `extract_digest_and_algorithm`). Undefined if it is neither.
 */
export function parseSignature(value: ByteString): Signature | undefined {
  const colon = value.indexOf(':');
  if (colon < 0) {
    const digest = HEX_LENGTHS[value.length];
    return digest !== undefined && /^[0-9a-fA-F]+$/.test(value)
      ? { digest, hex: value }
      : undefined;
  }
  const text = trimEndChars(value.slice(colon + 1), '=');
  const isUrlSafe = /[-_]/.test(text) && !/[+/]/.test(text);
  if (!(isUrlSafe ? /^[\w-]*$/ : /^[A-Za-z0-9+/]*$/).test(text) || text.length % 4 === 1)
    return undefined;
  return { digest: value.slice(0, colon), hex: Buffer.from(text, 'base64').toString('hex') };
}

/** Signs a message with a key. Returns hex digits. */
export function signMessage(key: ByteString, message: ByteString, digest: string): string {
  return createHmac(digest, Buffer.from(key, 'latin1')).update(message, 'latin1').digest('hex');
}

/** Whether a signature is that of the key over the message; compares in constant time. */
export function verifySignature(
  key: ByteString,
  message: ByteString,
  { digest, hex }: Signature,
): boolean {
  return isSameSignature(hex, signMessage(key, message, digest));
}

/**
 * Whether two signatures are equal; takes constant time, so as not to leak the right one.
 */
export function isSameSignature(actual: ByteString, expected: ByteString): boolean {
  const [one, other] = [Buffer.from(actual, 'latin1'), Buffer.from(expected, 'latin1')];
  return one.length === other.length && timingSafeEqual(one, other);
}
