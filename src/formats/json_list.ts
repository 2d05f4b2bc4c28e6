import { TurnBudget } from '../util/turns';
import { decodeJson, hasMoreMarks, readJsonText, UnreadableJson } from './json';

/** The JSON is not a list. */
export class NotAList extends Error {
  override readonly name = 'NoList';
}

/** Min characters to parse at once. */
const BATCH = 16 * 1024;
/** Characters to scan in one turn. */
const TURN = 64 * 1024;
/**
 * Max commas and brackets in JSON that is not a list, and so is useless: parsing more of
 * them in one go takes too long.
 */
const MAX_MARKS = 100_000;

/**
 * Reads a list like `readJson`, but in batches of items, and yields to the event loop in
 * between.
 *
 * @throws UnreadableJson if `readJson` would
 * @throws NotAList if it is not a list
 */
export async function* readJsonList(bytes: Buffer): AsyncGenerator<readonly unknown[], void> {
  const text = decodeJson(bytes);
  const start = skipSpace(text);
  if (text[start] !== '[') {
    if (hasMoreMarks(text, MAX_MARKS)) throw new UnreadableJson('it is not a list');
    readJsonText(text);
    throw new NotAList('it is not a list');
  }
  const turns = new TurnBudget(TURN);
  let isFirst = true;
  for (const { length, items, isLast } of splitList(text, start + 1)) {
    if (items !== undefined) yield parseItems(items, isFirst && isLast === true);
    if (items !== undefined) isFirst = false;
    await turns.spend(length);
  }
}

/** Returns the index of the first character that is not white space. */
function skipSpace(text: string, from = 0): number {
  let at = from;
  while (at < text.length && ' \t\n\r'.includes(text.charAt(at))) at++;
  return at;
}

function parseItems(items: string, mayBeEmpty: boolean): readonly unknown[] {
  // in brackets, nothing between two commas would parse as an empty list
  if (!mayBeEmpty && skipSpace(items) === items.length)
    throw new UnreadableJson('an item is missing');
  return readJsonText(`[${items}]`) as readonly unknown[];
}

/** A stretch of a list: its length in characters, and the items that end with it. */
interface Piece {
  readonly length: number;
  readonly items?: string;
  readonly isLast?: boolean;
}

const Mark = { Quote: 0x22, Comma: 0x2c, Backslash: 0x5c } as const;

/**
 * Splits the text of a list at commas between items. Does not check that the items are
 * JSON.
 *
 * @param from the index after the opening bracket
 * @throws UnreadableJson if the list does not end, or if something follows it
 */
function* splitList(text: string, from: number): Generator<Piece, void> {
  let [start, pieceStart, depth, isInText] = [from, from, 1, false];
  for (let at = from; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (isInText) {
      if (code === Mark.Backslash) at++;
      else if (code === Mark.Quote) isInText = false;
    } else if (code === Mark.Quote) isInText = true;
    else if (code === 0x5b || code === 0x7b) depth++;
    else if (code === 0x5d || code === 0x7d) depth--;
    if (depth === 0) {
      // only a bracket closes a list; brackets inside it are checked when the items are
      // parsed
      if (text[at] !== ']') throw new UnreadableJson('the list does not end');
      if (skipSpace(text, at + 1) < text.length)
        throw new UnreadableJson('something follows the list');
      yield { length: at - pieceStart, items: text.slice(start, at), isLast: true };
      return;
    }
    const isBetween = code === Mark.Comma && depth === 1 && !isInText && at - start >= BATCH;
    if (!isBetween && at - pieceStart < TURN) continue;
    yield { length: at - pieceStart, ...(isBetween ? { items: text.slice(start, at) } : {}) };
    pieceStart = at;
    if (isBetween) start = at + 1;
  }
  throw new UnreadableJson('the list does not end');
}
