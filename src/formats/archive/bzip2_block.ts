import type { BitReader } from './bit_reader';
import { TurnBudget } from '../../util/turns';
import { BrokenArchive } from './broken_archive';

/** Constants of the format. */
export const BZIP2 = {
  magic: 0x42_5a_68,
  blockMagic: [0x31_41_59, 0x26_53_59],
  endMagic: [0x17_72_45, 0x38_50_90],
  headBytes: 4,
  /** Max bytes of a block per level, before its runs are expanded. */
  blockUnit: 100_000,
} as const;

/** Symbols to read, or bytes to move, in one turn. */
const STEPS = 50_000;
const LONGEST_CODE = 20;
/** Symbols after which another table is selected. */
const GROUP = 50;

/**
 * One block: its bytes with their runs still folded, and the CRC of the expanded bytes.
 */
export interface Block {
  readonly bytes: Uint8Array;
  readonly checksum: number;
}

/** A Huffman table: the codes of one length are consecutive numbers. */
interface Table {
  /** For each length, the last code; -1 if it has none. */
  readonly last: Int32Array;
  /** For each length, what to subtract from a code to get its index in `symbols`. */
  readonly offset: Int32Array;
  /** The symbols in the order of their codes. */
  readonly symbols: Uint16Array;
}

/**
 * Reads a block that starts after its magic number.
 *
 * @param max bytes that it may have
 * @throws BrokenArchive if it is malformed
 * @throws OutOfBytes if it breaks off
 */
export async function readBlock(bits: BitReader, max: number): Promise<Block> {
  const checksum = (bits.read(16) << 16) | bits.read(16);
  // randomized blocks have not been written since 1997
  if (bits.read(1) === 1) throw broken();
  const origin = bits.read(24);
  const usedBytes = readUsedBytes(bits);
  const tableCount = bits.read(3);
  const selectorCount = bits.read(15);
  if (usedBytes.length === 0 || tableCount < 2 || tableCount > 6 || selectorCount === 0)
    throw broken();
  const selectors = readSelectors(bits, selectorCount, tableCount);
  const tables = Array.from({ length: tableCount }, () => readTable(bits, usedBytes.length + 2));
  const next = symbolReader(bits, selectors, tables);
  const columns = await readColumns(next, usedBytes, max);
  return { bytes: await untransform(columns, origin), checksum };
}

/** Reads which bytes occur, in order. */
function readUsedBytes(bits: BitReader): Uint8Array {
  const used: number[] = [];
  const groups = bits.read(16);
  for (let high = 0; high < 16; high++) {
    if (((groups >> (15 - high)) & 1) === 0) continue;
    const group = bits.read(16);
    for (let low = 0; low < 16; low++) if ((group >> (15 - low)) & 1) used.push(high * 16 + low);
  }
  return Uint8Array.from(used);
}

/** Reads which table each group of symbols uses. */
function readSelectors(bits: BitReader, count: number, tables: number): Uint8Array {
  const order = Uint8Array.from({ length: tables }, (_, at) => at);
  return Uint8Array.from({ length: count }, () => {
    let at = 0;
    while (bits.read(1) === 1) if (++at >= tables) throw broken();
    return moveToFront(order, at);
  });
}

/** Moves an entry to the front and returns it. */
function moveToFront(order: Uint8Array, at: number): number {
  const entry = order[at] ?? 0;
  order.copyWithin(1, 0, at);
  order[0] = entry;
  return entry;
}

function readTable(bits: BitReader, symbolCount: number): Table {
  const lengths = new Uint8Array(symbolCount);
  let length = bits.read(5);
  for (let symbol = 0; symbol < symbolCount; symbol++) {
    for (;;) {
      if (length < 1 || length > LONGEST_CODE) throw broken();
      if (bits.read(1) === 0) break;
      length += bits.read(1) === 0 ? 1 : -1;
    }
    lengths[symbol] = length;
  }
  const last = new Int32Array(LONGEST_CODE + 1).fill(-1);
  const offset = new Int32Array(LONGEST_CODE + 1);
  const symbols: number[] = [];
  for (let codeLength = 1, code = 0; codeLength <= LONGEST_CODE; codeLength++, code <<= 1) {
    offset[codeLength] = code - symbols.length;
    for (let symbol = 0; symbol < symbolCount; symbol++) {
      if (lengths[symbol] !== codeLength) continue;
      symbols.push(symbol);
      last[codeLength] = code++;
    }
  }
  return { last, offset, symbols: Uint16Array.from(symbols) };
}

/** Returns a function that reads the next symbol. */
function symbolReader(
  bits: BitReader,
  selectors: Uint8Array,
  tables: readonly Table[],
): () => number {
  let group = 0;
  let left = 0;
  let table: Table | undefined;
  return () => {
    if (left === 0) {
      table = tables[selectors[group++] ?? -1];
      left = GROUP;
    }
    left--;
    if (table === undefined) throw broken();
    let code = 0;
    for (let length = 1; length <= LONGEST_CODE; length++) {
      code = (code << 1) | bits.read(1);
      if (code > (table.last[length] ?? -1)) continue;
      const symbol = table.symbols[code - (table.offset[length] ?? 0)];
      if (symbol === undefined) break;
      return symbol;
    }
    throw broken();
  };
}

/**
 * Undoes run-length and move-to-front coding; returns the last column of the sorted
 * block.
 */
async function readColumns(
  next: () => number,
  usedBytes: Uint8Array,
  max: number,
): Promise<Uint8Array> {
  const columns = new Uint8Array(max);
  const order = usedBytes.slice();
  const end = usedBytes.length + 1;
  let count = 0;
  const turns = new TurnBudget(STEPS);
  for (let run = 0, weight = 1; ;) {
    if (turns.isSpent()) await turns.next();
    const symbol = next();
    if (symbol <= 1) {
      run += weight << symbol;
      weight <<= 1;
      if (count + run > max) throw broken();
      continue;
    }
    if (run > 0) columns.fill(order[0] ?? 0, count, (count += run));
    [run, weight] = [0, 1];
    if (symbol === end) return columns.subarray(0, count);
    if (count >= max) throw broken();
    columns[count++] = moveToFront(order, symbol - 1);
  }
}

/** Undoes the Burrows-Wheeler transform. */
async function untransform(columns: Uint8Array, origin: number): Promise<Uint8Array> {
  if (origin >= columns.length) throw broken();
  const starts = new Int32Array(256);
  for (const byte of columns) starts[byte] = (starts[byte] ?? 0) + 1;
  let sum = 0;
  for (const [byte, count] of starts.entries()) {
    starts[byte] = sum;
    sum += count;
  }
  const successors = new Int32Array(columns.length);
  const turns = new TurnBudget(STEPS);
  for (let at = 0; at < columns.length; at++) {
    if (turns.isSpent()) await turns.next();
    const byte = columns[at] ?? 0;
    const start = starts[byte] ?? 0;
    successors[start] = at;
    starts[byte] = start + 1;
  }
  const bytes = new Uint8Array(columns.length);
  let at = successors[origin] ?? 0;
  for (let i = 0; i < bytes.length; i++) {
    if (turns.isSpent()) await turns.next();
    bytes[i] = columns[at] ?? 0;
    at = successors[at] ?? 0;
  }
  return bytes;
}

function broken(): BrokenArchive {
  return new BrokenArchive('invalid compressed data');
}
