/** A text is no JSON, or is JSON that not all readers understand, or not all alike. */
export class UnreadableJson extends Error {
  override readonly name = 'UnreadableJson';
}

/** It is JSON, but has a half of a surrogate pair, which no name and no text of a store has. */
export class HalfCharacter extends UnreadableJson {}

/** A byte order mark is kept, and is no JSON then. */
const UTF_8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Reads JSON as Swift does (Python's `json.loads`), or refuses it. Python detects encodings, so that it reads UTF-16,
 * UTF-32 and what stands behind a byte order mark; it reads halves of surrogate pairs, NaN and Infinity, too. All of
 * these are refused. Of two members of one name the last counts, as in Python. Numbers are doubles: code that decides
 * by one checks that it is safe.
 *
 * @throws UnreadableJson
 */
export function readJson(bytes: Buffer): unknown {
  return readJsonText(decodeJson(bytes));
}

/**
 * The text of JSON, which `readJsonText` then reads.
 *
 * @throws UnreadableJson for what is not UTF-8
 */
export function decodeJson(bytes: Buffer): string {
  try {
    return UTF_8.decode(bytes);
  } catch (cause) {
    throw new UnreadableJson('it is not UTF-8', { cause });
  }
}

/**
 * The same for a text that is decoded already.
 *
 * @throws UnreadableJson
 */
export function readJsonText(text: string): unknown {
  const value = parse(text);
  if (hasHalfCharacter(text)) throw new HalfCharacter('a half of a surrogate pair stands alone');
  return value;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new UnreadableJson(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

/** Whether a text has more commas and brackets that open than it may: as many as it has values, or more. */
export function hasMoreMarks(text: Buffer | string, max: number): boolean {
  let count = 0;
  for (let at = 0; at < text.length; at++) {
    const code = typeof text === 'string' ? text.charCodeAt(at) : text[at];
    if ((code === 0x2c || code === 0x5b || code === 0x7b) && ++count > max) return true;
  }
  return false;
}

/** UTF-8 has no halves of pairs, so only escapes can spell one. */
function hasHalfCharacter(json: string): boolean {
  if (!/\\u[dD]/.test(json)) return false;
  let at = json.indexOf('\\');
  while (at >= 0) {
    const unit = escapedUnit(json, at);
    const isPair = isFirstHalf(unit) && isSecondHalf(escapedUnit(json, at + 6));
    if (!isPair && (isFirstHalf(unit) || isSecondHalf(unit))) return true;
    at = json.indexOf('\\', at + (isPair ? 12 : 2));
  }
  return false;
}

/** The unit that a `\uXXXX` at a place spells; no half of a pair if there is none. */
function escapedUnit(json: string, at: number): number {
  return json.startsWith('\\u', at) ? parseInt(json.slice(at + 2, at + 6), 16) : NaN;
}

const isFirstHalf = (unit: number) => unit >= 0xd800 && unit < 0xdc00;
const isSecondHalf = (unit: number) => unit >= 0xdc00 && unit < 0xe000;
