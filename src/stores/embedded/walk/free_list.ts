import { readNumber } from './format';
import type { Entry } from './tree';
import type { WalkState } from './state';

/** The name of the free list in reports. */
export const FREE_LIST = 'the free list';

/** Bytes of a record read at a time, a multiple of 8. */
const PIECE = 64 * 1024;

/**
 * Notes the pages in a record of the free list: the count of numbers that follow, then
 * the numbers. A page number stands alone, or follows the negative count of consecutive
 * pages that begin with it; 0 means none. This is the format of mdb_midl_xmerge of lmdb
 * 3.5.6, which differs here from upstream LMDB.
 */
export function readFreeRecord(state: WalkState, entry: Entry): void {
  const flaw = checkRecord(state, entry);
  if (flaw !== undefined) state.report('free', { page: entry.page, tree: FREE_LIST }, flaw);
}

function checkRecord(state: WalkState, entry: Entry): string | undefined {
  const transaction = readNumber(entry.key.bytes, entry.key.start);
  if (transaction < 1 || transaction > state.meta.transaction)
    return `it has pages freed by the impossible transaction ${transaction}`;
  const numbers = new Numbers(state, entry);
  const count = numbers.next();
  if (count === undefined || count < 0 || (count + 1) * 8 > numbers.size || numbers.size % 8 !== 0)
    return `a record of ${numbers.size} bytes has the count ${count ?? 'none'}`;
  for (let i = 0; i < count && !state.isFull; i++) {
    const number = numbers.next();
    if (number === 0) continue;
    if (number !== undefined && number > 0) state.release(number, 1, FREE_LIST);
    else if (!releaseRun(state, numbers, number)) return 'a record is truncated';
    else i++;
  }
  return undefined;
}

function releaseRun(state: WalkState, numbers: Numbers, length: number | undefined): boolean {
  const first = numbers.next();
  if (length === undefined || first === undefined) return false;
  state.release(first, -length, FREE_LIST);
  return true;
}

/** Reads the signed 64-bit numbers in an entry's data. */
class Numbers {
  readonly size: number;
  readonly #state: WalkState;
  readonly #entry: Entry;
  #piece: Buffer = Buffer.alloc(0);
  /** The offset of the next number: in the piece, and overall. */
  #at = 0;
  #offset = 0;

  constructor(state: WalkState, entry: Entry) {
    this.#state = state;
    this.#entry = entry;
    const { data } = entry;
    this.size = 'size' in data ? data.size : data.end - data.start;
    if (!('size' in data)) this.#piece = data.bytes.subarray(data.start, data.end);
  }

  /** Returns undefined at the end, or if the number cannot be read. */
  next(): number | undefined {
    if (this.#offset + 8 > this.size) return undefined;
    if (this.#at === this.#piece.length && !this.#read()) return undefined;
    const low = this.#piece.readUInt32LE(this.#at);
    const high = this.#piece.readInt32LE(this.#at + 4);
    this.#at += 8;
    this.#offset += 8;
    return low + high * 2 ** 32;
  }

  #read(): boolean {
    const { data, page } = this.#entry;
    if (!('size' in data)) return false;
    const length = Math.min(PIECE, this.size - this.#offset);
    this.#piece = Buffer.alloc(length);
    this.#at = 0;
    const reason = this.#state.file.read(this.#piece, length, data.position + this.#offset);
    if (reason === undefined) return true;
    this.#state.report('page', { page, tree: FREE_LIST }, `a record ${reason}`);
    return false;
  }
}
