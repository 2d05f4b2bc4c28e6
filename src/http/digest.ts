import { createHmac, timingSafeEqual } from 'node:crypto';
import { trimmedEnd, type ByteString } from './bytes';

/** The digests that clients may sign with, Swift's weakest first. */
export const DIGESTS = ['sha1', 'sha256', 'sha512'] as const;
const DEPRECATED: readonly string[] = ['sha1'];
const HEX_LENGTHS: Readonly<Record<number, string>> = { 40: 'sha1', 64: 'sha256', 128: 'sha512' };

/** What `/info` tells of the digests that are allowed. */
export function digestInfo(allowed: readonly string[]): Readonly<Record<string, string[]>> {
  const deprecated = allowed.filter((name) => DEPRECATED.includes(name));
  const own = { allowed_digests: [...allowed].sort() };
  return deprecated.length > 0 ? { ...own, deprecated_digests: deprecated } : own;
}

/** A signature as a client gave it. */
export interface Signature {
  readonly digest: string;
  readonly hex: string;
}

/**
 * Reads `HEX`, whose length tells the digest, or `DIGEST:BASE64`, of either alphabet (Swift's `extract_digest_and_algorithm`). Undefined
 * for what is neither.
 */
export function parseSignature(value: ByteString): Signature | undefined {
  const colon = value.indexOf(':');
  if (colon < 0) {
    const digest = HEX_LENGTHS[value.length];
    return digest !== undefined && /^[0-9a-fA-F]+$/.test(value)
      ? { digest, hex: value }
      : undefined;
  }
  const text = trimmedEnd(value.slice(colon + 1), '=');
  const isUrlSafe = /[-_]/.test(text) && !/[+/]/.test(text);
  if (!(isUrlSafe ? /^[\w-]*$/ : /^[A-Za-z0-9+/]*$/).test(text) || text.length % 4 === 1)
    return undefined;
  return { digest: value.slice(0, colon), hex: Buffer.from(text, 'base64').toString('hex') };
}

/** A key's signature of a message, in hex. */
export function signatureOf(key: ByteString, message: ByteString, digest: string): string {
  return createHmac(digest, Buffer.from(key, 'latin1')).update(message, 'latin1').digest('hex');
}

/** Whether a signature is a key's over a message, in a time that does not tell how much of it is right. */
export function isSignedBy(
  key: ByteString,
  message: ByteString,
  { digest, hex }: Signature,
): boolean {
  const expected = signatureOf(key, message, digest);
  return (
    expected.length === hex.length &&
    timingSafeEqual(Buffer.from(expected), Buffer.from(hex, 'latin1'))
  );
}
