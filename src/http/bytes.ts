import { isUtf8 } from 'node:buffer';

/**
 * Names and header values are byte strings: one character per byte (latin1), as in WSGI.
 * Node's HTTP parser produces them and undici accepts them, and nothing is lost if a name
 * is not valid UTF-8. The length of a byte string is the length in bytes that Swift
 * counts.
 */
export type ByteString = string;

/** Encodes a JavaScript string (from JSON or the configuration) as UTF-8. */
export function toBytes(text: string): ByteString {
  return Buffer.from(text, 'utf8').toString('latin1');
}

/** Decodes UTF-8; broken sequences become U+FFFD. For logs and messages only. */
export function toText(bytes: ByteString): string {
  if (!/[\x80-\xff]/.test(bytes)) return bytes;
  return Buffer.from(bytes, 'latin1').toString('utf8');
}

/**
 * Percent-decodes like Python's `urllib.parse.unquote_to_bytes`: invalid escapes stay.
 */
export function unquote(quoted: ByteString): ByteString {
  if (!quoted.includes('%')) return quoted;
  return quoted.replace(/%([0-9a-fA-F]{2})/g, (_, hex: string) =>
    String.fromCharCode(parseInt(hex, 16)),
  );
}

/** Percent-encodes all but unreserved characters and `/`, like Swift's `wsgi_quote`. */
export function quote(bytes: ByteString): string {
  return bytes.replace(
    /[^A-Za-z0-9_.~/-]/g,
    (char) => '%' + char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0'),
  );
}

/** Parses an integer like Python's `int`; undefined if it is not one. */
export function parseInteger(text: ByteString): number | undefined {
  const trimmed = text.trim();
  return /^[+-]?\d+(_\d+)*$/.test(trimmed) ? Number(trimmed.replaceAll('_', '')) : undefined;
}

/**
 * Whether an option, a query parameter or a header is true (Swift's `config_true_value`).
 */
export function isTrueValue(value: string | undefined): boolean {
  return value !== undefined && ['true', '1', 'yes', 'on', 't', 'y'].includes(value.toLowerCase());
}

/** Whether bytes are UTF-8 without NUL (Swift's `check_utf8`; the empty string is). */
export function isText(bytes: ByteString): boolean {
  if (bytes.includes('\0')) return false;
  return !/[\x80-\xff]/.test(bytes) || isUtf8(Buffer.from(bytes, 'latin1'));
}

/**
 * Strips the white space that Python's `bytes.strip` strips. JavaScript's `trim` would
 * also strip bytes that are parts of characters.
 */
export function strip(bytes: ByteString): ByteString {
  return trimChars(bytes, ' \t\n\r\v\f');
}

/** Removes the given characters from both ends. */
export function trimChars(bytes: ByteString, characters: string): ByteString {
  let start = 0;
  while (start < bytes.length && characters.includes(bytes.charAt(start))) start++;
  return trimEndChars(bytes.slice(start), characters);
}

/**
 * Removes the given characters from the end. Takes linear time: a regular expression
 * takes quadratic time if many of them are elsewhere, and clients may send long values.
 */
export function trimEndChars(bytes: ByteString, characters: string): ByteString {
  let end = bytes.length;
  while (end > 0 && characters.includes(bytes.charAt(end - 1))) end--;
  return bytes.slice(0, end);
}
