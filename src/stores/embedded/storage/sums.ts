import type { Transaction } from 'lmdb';
import { BLOCK, BlockSums } from './block_sums';
import type { Table } from './table';

/** Blocks whose checksums share a record: with LMDB's header they fill a page. */
const BLOCKS_IN_PART = 960;

const PART = BLOCKS_IN_PART * BLOCK;
const BYTES_IN_PART = BLOCKS_IN_PART * 4;

/** Within a commit: stores the checksums of a content. */
export function putSums(table: Table<Buffer>, id: number, { bytes }: BlockSums): void {
  for (let part = 0; part * BYTES_IN_PART < bytes.length; part++) {
    const start = part * BYTES_IN_PART;
    table.putSync(sumsKey(id, part), bytes.subarray(start, start + BYTES_IN_PART));
  }
}

/** Within a commit: removes the checksums of a content. */
export function removeSums(table: Table<Buffer>, id: number, size: number): void {
  for (let part = 0; part * PART < size; part++) table.removeSync(sumsKey(id, part));
}

/**
 * Returns the checksums of the blocks with the bytes `first` to `last`, both inclusive.
 */
export function getSums(
  table: Table<Buffer>,
  id: number,
  first: number,
  last: number,
  transaction?: Transaction,
): BlockSums {
  const options = transaction && { transaction };
  const parts: Buffer[] = [];
  const firstPart = Math.floor(first / PART);
  for (let part = firstPart; part * PART <= last; part++)
    parts.push(table.get(sumsKey(id, part), options) ?? Buffer.alloc(0));
  const [only] = parts;
  const bytes = parts.length === 1 && only ? only : Buffer.concat(parts);
  return new BlockSums(bytes, firstPart * BLOCKS_IN_PART);
}

/** Splits a key into the content's number and the part. */
export function parseSumsKey(key: Buffer): { readonly id: number; readonly part: number } {
  return { id: Number(key.readBigUInt64BE(0)), part: key.readUInt32BE(8) };
}

function sumsKey(id: number, part: number): Buffer {
  const key = Buffer.allocUnsafe(12);
  key.writeBigUInt64BE(BigInt(id), 0);
  key.writeUInt32BE(part, 8);
  return key;
}
