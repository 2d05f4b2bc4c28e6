/**
 * Names and header values are byte strings here: one character for each byte (latin1), as in WSGI. Node's own HTTP
 * parser yields them so, undici takes them so, and nothing is lost when a name is not valid UTF-8. The length of a byte
 * string is the length in bytes that Swift counts.
 */
export type ByteString = string;

/** The UTF-8 bytes of a JavaScript string (from JSON, a configuration) as a byte string. */
export function toBytes(text: string): ByteString {
  return Buffer.from(text, 'utf8').toString('latin1');
}

/** The text that a byte string's UTF-8 bytes spell; broken sequences become U+FFFD. For logs and messages only. */
export function toText(bytes: ByteString): string {
  return Buffer.from(bytes, 'latin1').toString('utf8');
}

/** Percent-decodes as Python's `urllib.parse.unquote_to_bytes`: what is not a valid escape stays as it is. */
export function unquote(quoted: ByteString): ByteString {
  if (!quoted.includes('%')) return quoted;
  return quoted.replace(/%([0-9a-fA-F]{2})/g, (_, hex: string) =>
    String.fromCharCode(parseInt(hex, 16)),
  );
}

/** Percent-encodes all but unreserved characters and `/`, as Swift's `wsgi_quote` does. */
export function quote(bytes: ByteString): string {
  return bytes.replace(
    /[^A-Za-z0-9_.~/-]/g,
    (char) => '%' + char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0'),
  );
}

/** A whole number as Python's `int` reads it; undefined for what is none. */
export function parseInteger(text: ByteString): number | undefined {
  const trimmed = text.trim();
  return /^[+-]?\d+(_\d+)*$/.test(trimmed) ? Number(trimmed.replaceAll('_', '')) : undefined;
}

/** Swift's `config_true_value`: which texts mean yes in its options, query parameters and headers. */
export function isTrueValue(value: string | undefined): boolean {
  return value !== undefined && ['true', '1', 'yes', 'on', 't', 'y'].includes(value.toLowerCase());
}

/** Whether bytes are UTF-8 without NUL (Swift's `check_utf8`; the empty string passes). */
export function isText(bytes: ByteString): boolean {
  if (bytes.includes('\0')) return false;
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(bytes, 'latin1'));
    return true;
  } catch {
    return false;
  }
}

/** Without the white space around it that Python's `bytes.strip` takes away: JavaScript's own would take parts of characters. */
export function strip(bytes: ByteString): ByteString {
  return trimmed(bytes, ' \t\n\r\v\f');
}

/** Without those of some characters that stand at its ends. */
export function trimmed(bytes: ByteString, characters: string): ByteString {
  let start = 0;
  while (start < bytes.length && characters.includes(bytes.charAt(start))) start++;
  return trimmedEnd(bytes.slice(start), characters);
}

/**
 * Without those of some characters that stand at its end. In a time that grows with their number only: a regular expression
 * takes the square of that where many of them stand elsewhere, and what clients send is long.
 */
export function trimmedEnd(bytes: ByteString, characters: string): ByteString {
  let end = bytes.length;
  while (end > 0 && characters.includes(bytes.charAt(end - 1))) end--;
  return bytes.slice(0, end);
}
