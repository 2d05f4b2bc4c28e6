import { Turns } from '../util/turns';
import { decodeJson, hasMoreMarks, readJsonText, UnreadableJson } from './json';

/** It is JSON, but no list. */
export class NoList extends Error {
  override readonly name = 'NoList';
}

/** Characters that are parsed at once. */
const BATCH = 16 * 1024;
/** Characters that are looked at in one turn. */
const TURN = 64 * 1024;
/** Commas and brackets that JSON may have which is no list, and so of no use: more take long to read at once. */
const MAX_MARKS = 100_000;

/**
 * Reads a list in JSON as `readJson` does, but some of its items at a time, and others have their turn in between.
 *
 * @throws UnreadableJson where `readJson` does, NoList
 */
export async function* readJsonList(bytes: Buffer): AsyncGenerator<readonly unknown[], void> {
  const text = decodeJson(bytes);
  const start = startOf(text);
  if (text[start] !== '[') {
    if (hasMoreMarks(text, MAX_MARKS)) throw new UnreadableJson('it is no list');
    readJsonText(text);
    throw new NoList('it is no list');
  }
  const turns = new Turns(TURN);
  let isFirst = true;
  for (const { length, items, isLast } of piecesOf(text, start + 1)) {
    if (items !== undefined) yield itemsIn(items, isFirst && isLast === true);
    if (items !== undefined) isFirst = false;
    await turns.after(length);
  }
}

/** The place of the first character that is no white space. */
function startOf(text: string, from = 0): number {
  let at = from;
  while (at < text.length && ' \t\n\r'.includes(text.charAt(at))) at++;
  return at;
}

function itemsIn(items: string, mayBeNone: boolean): readonly unknown[] {
  // what is between two commas would be nothing, and in brackets an empty list
  if (!mayBeNone && startOf(items) === items.length) throw new UnreadableJson('an item is missing');
  return readJsonText(`[${items}]`) as readonly unknown[];
}

/** A stretch of a list: how many characters it has, and the items that have come to their end with it. */
interface Piece {
  readonly length: number;
  readonly items?: string;
  readonly isLast?: boolean;
}

const Mark = { Quote: 0x22, Comma: 0x2c, Backslash: 0x5c } as const;

/**
 * Splits the text of a list at commas between its items; whether the items are JSON is for their reader to find.
 *
 * @param from behind the bracket that opens it
 * @throws UnreadableJson if the list does not end, or is not all
 */
function* piecesOf(text: string, from: number): Generator<Piece, void> {
  let [start, looked, depth, isInText] = [from, from, 1, false];
  for (let at = from; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (isInText) {
      if (code === Mark.Backslash) at++;
      else if (code === Mark.Quote) isInText = false;
    } else if (code === Mark.Quote) isInText = true;
    else if (code === 0x5b || code === 0x7b) depth++;
    else if (code === 0x5d || code === 0x7d) depth--;
    if (depth === 0) {
      // only a bracket closes a list; whatever closes inside it is checked by its reader
      if (text[at] !== ']') throw new UnreadableJson('the list has no end');
      if (startOf(text, at + 1) < text.length)
        throw new UnreadableJson('something follows the list');
      yield { length: at - looked, items: text.slice(start, at), isLast: true };
      return;
    }
    const isBetween = code === Mark.Comma && depth === 1 && !isInText && at - start >= BATCH;
    if (!isBetween && at - looked < TURN) continue;
    yield { length: at - looked, ...(isBetween ? { items: text.slice(start, at) } : {}) };
    looked = at;
    if (isBetween) start = at + 1;
  }
  throw new UnreadableJson('the list has no end');
}
