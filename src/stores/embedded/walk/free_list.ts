import { readNumber } from './format';
import type { Entry } from './tree';
import type { State } from './state';

/** What the free list is called in reports. */
export const FREE_LIST = 'the free list';

/** How much of a record is read at one time: whole numbers. */
const PIECE = 64 * 1024;

/**
 * Notes the pages that a record of the free list has: how many numbers follow, and these. A page's
 * number may stand alone, or behind the negative count of pages that begin with it; 0 is none. So
 * says mdb_midl_xmerge of lmdb 3.5.6, which differs there from the LMDB that others have.
 */
export function readFreeRecord(state: State, entry: Entry): void {
  const flaw = whyNoRecord(state, entry);
  if (flaw !== undefined) state.report('free', { page: entry.page, tree: FREE_LIST }, flaw);
}

function whyNoRecord(state: State, entry: Entry): string | undefined {
  const transaction = readNumber(entry.key.bytes, entry.key.start);
  if (transaction < 1 || transaction > state.meta.transaction)
    return `it has pages that the transaction ${transaction} freed`;
  const numbers = new Numbers(state, entry);
  const count = numbers.next();
  if (count === undefined || count < 0 || (count + 1) * 8 > numbers.size || numbers.size % 8 !== 0)
    return `a record of ${numbers.size} bytes counts ${count ?? 'nothing'}`;
  for (let i = 0; i < count && !state.isFull; i++) {
    const number = numbers.next();
    if (number === 0) continue;
    if (number !== undefined && number > 0) state.release(number, 1, FREE_LIST);
    else if (!takeRun(state, numbers, number)) return 'a record breaks off';
    else i++;
  }
  return undefined;
}

function takeRun(state: State, numbers: Numbers, length: number | undefined): boolean {
  const first = numbers.next();
  if (length === undefined || first === undefined) return false;
  state.release(first, -length, FREE_LIST);
  return true;
}

/** The numbers of 64 bits, with a sign, in an entry's data. */
class Numbers {
  readonly size: number;
  readonly #state: State;
  readonly #entry: Entry;
  #piece: Buffer = Buffer.alloc(0);
  /** Where the next number is: in the piece, and in all. */
  #at = 0;
  #done = 0;

  constructor(state: State, entry: Entry) {
    this.#state = state;
    this.#entry = entry;
    const { data } = entry;
    this.size = 'size' in data ? data.size : data.end - data.start;
    if (!('size' in data)) this.#piece = data.bytes.subarray(data.start, data.end);
  }

  /** Undefined at the end, and if it could not be read. */
  next(): number | undefined {
    if (this.#done + 8 > this.size) return undefined;
    if (this.#at === this.#piece.length && !this.#read()) return undefined;
    const low = this.#piece.readUInt32LE(this.#at);
    const high = this.#piece.readInt32LE(this.#at + 4);
    this.#at += 8;
    this.#done += 8;
    return low + high * 2 ** 32;
  }

  #read(): boolean {
    const { data, page } = this.#entry;
    if (!('size' in data)) return false;
    const length = Math.min(PIECE, this.size - this.#done);
    this.#piece = Buffer.alloc(length);
    this.#at = 0;
    const reason = this.#state.file.read(this.#piece, length, data.position + this.#done);
    if (reason === undefined) return true;
    this.#state.report('page', { page, tree: FREE_LIST }, `a record ${reason}`);
    return false;
  }
}
