/**
 * The text is not JSON, or is JSON that some readers do not understand or understand
 * differently.
 */
export class UnreadableJson extends Error {
  override readonly name = 'UnreadableJson';
}

/** The JSON has a lone surrogate, which no name and no text in a store has. */
export class LoneSurrogate extends UnreadableJson {}

/** Keeps a byte order mark, which then is not JSON. */
const UTF_8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Parses JSON like Swift (Python's `json.loads`), or rejects it. Python detects
 * encodings, so it reads UTF-16, UTF-32 and text after a byte order mark; it also reads
 * lone surrogates, NaN and Infinity. All of these are rejected. Of duplicate members the
 * last counts, as in Python. Numbers are doubles: code that depends on one checks that it
 * is safe.
 *
 * @throws UnreadableJson
 */
export function readJson(bytes: Buffer): unknown {
  return readJsonText(decodeJson(bytes));
}

/**
 * Decodes JSON for `readJsonText`.
 *
 * @throws UnreadableJson if it is not UTF-8
 */
export function decodeJson(bytes: Buffer): string {
  try {
    return UTF_8.decode(bytes);
  } catch (cause) {
    throw new UnreadableJson('it is not UTF-8', { cause });
  }
}

/**
 * Like `readJson`, for decoded text.
 *
 * @throws UnreadableJson
 */
export function readJsonText(text: string): unknown {
  const value = parse(text);
  if (hasLoneSurrogate(text)) throw new LoneSurrogate('it contains a lone surrogate');
  return value;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new UnreadableJson(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

/**
 * Whether a text has more than `max` commas and opening brackets, which bound its number
 * of values.
 */
export function hasMoreMarks(text: Buffer | string, max: number): boolean {
  let count = 0;
  for (let at = 0; at < text.length; at++) {
    const code = typeof text === 'string' ? text.charCodeAt(at) : text[at];
    if ((code === 0x2c || code === 0x5b || code === 0x7b) && ++count > max) return true;
  }
  return false;
}

/** UTF-8 cannot encode lone surrogates, so only escapes can spell one. */
function hasLoneSurrogate(json: string): boolean {
  if (!/\\u[dD]/.test(json)) return false;
  let at = json.indexOf('\\');
  while (at >= 0) {
    const unit = escapedUnit(json, at);
    const isPair = isHighSurrogate(unit) && isLowSurrogate(escapedUnit(json, at + 6));
    if (!isPair && (isHighSurrogate(unit) || isLowSurrogate(unit))) return true;
    at = json.indexOf('\\', at + (isPair ? 12 : 2));
  }
  return false;
}

/**
 * The code unit of the `\uXXXX` at an index; NaN, which is no surrogate, if there is
 * none.
 */
function escapedUnit(json: string, at: number): number {
  return json.startsWith('\\u', at) ? parseInt(json.slice(at + 2, at + 6), 16) : NaN;
}

const isHighSurrogate = (unit: number) => unit >= 0xd800 && unit < 0xdc00;
const isLowSurrogate = (unit: number) => unit >= 0xdc00 && unit < 0xe000;
