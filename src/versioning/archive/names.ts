import type { ByteString } from '../../http/bytes';

/**
 * Returns the prefix of the names of an object's entries: the length of its name in
 * bytes, as three hex digits, and its name.
 */
export function archivePrefix(object: ByteString): ByteString {
  return `${object.length.toString(16).padStart(3, '0')}${object}/`;
}

/**
 * Returns the name of the entry for the state of an object with that timestamp. It
 * depends on nothing else, so that archiving twice is harmless.
 */
export function archiveName(object: ByteString, timestamp: string): ByteString {
  return archivePrefix(object) + timestamp;
}

/** Returns the timestamp that ends an entry's name. */
export function timestampOf(entry: ByteString): string {
  return entry.slice(entry.lastIndexOf('/') + 1);
}

/** Whether `text` begins with a timestamp, as Swift writes it. */
export function isTimestamp(text: string): boolean {
  return /^\d{10}\.\d{5}/.test(text);
}

/** Formats milliseconds since 1970 as Swift does: ten digits, a point, five digits. */
export function formatTimestamp(milliseconds: number): string {
  return (milliseconds / 1000).toFixed(5).padStart(16, '0');
}

/**
 * Returns a timestamp for now that sorts after another one, even if this machine's clock
 * is behind the store's.
 *
 * @param milliseconds the time now
 * @param after a timestamp as the store writes it
 */
export function timestampAfter(milliseconds: number, after: string | undefined): string {
  const now = formatTimestamp(milliseconds);
  return after === undefined || after < now ? now : nextTimestamp(after);
}

/** Returns the first timestamp of five decimals after another one. */
export function nextTimestamp(after: string): string {
  const [whole = '0', fraction = ''] = after.split('.');
  const next = BigInt(whole) * 100_000n + BigInt(fraction.slice(0, 5).padEnd(5, '0')) + 1n;
  return `${String(next / 100_000n).padStart(10, '0')}.${String(next % 100_000n).padStart(5, '0')}`;
}

/**
 * Whether a timestamp may be one of whole seconds, as from a store without `X-Timestamp`.
 * Two states of one object can then have the same.
 */
export function isWholeSecond(timestamp: string): boolean {
  return /\.0*$/.test(timestamp) || !timestamp.includes('.');
}
