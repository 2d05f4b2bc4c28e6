import type { Transaction } from 'lmdb';
import { BLOCK, BlockSums } from './block_sums';
import type { Table } from './table';

/** The blocks whose checksums one record holds: with LMDB's header they fill a page. */
const BLOCKS_IN_PART = 960;

const PART = BLOCKS_IN_PART * BLOCK;
const BYTES_IN_PART = BLOCKS_IN_PART * 4;

/** Within a commit: keeps the checksums of a content. */
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

/** The checksums of the blocks from one byte to another, both counted. */
export function getSums(
  table: Table<Buffer>,
  id: number,
  first: number,
  last: number,
  transaction?: Transaction,
): BlockSums {
  const where = transaction && { transaction };
  const parts: Buffer[] = [];
  const from = Math.floor(first / PART);
  for (let part = from; part * PART <= last; part++)
    parts.push(table.get(sumsKey(id, part), where) ?? Buffer.alloc(0));
  const [only] = parts;
  const bytes = parts.length === 1 && only ? only : Buffer.concat(parts);
  return new BlockSums(bytes, from * BLOCKS_IN_PART);
}

/** The content and the part of a key. */
export function partOf(key: Buffer): { readonly id: number; readonly part: number } {
  return { id: Number(key.readBigUInt64BE(0)), part: key.readUInt32BE(8) };
}

function sumsKey(id: number, part: number): Buffer {
  const key = Buffer.allocUnsafe(12);
  key.writeBigUInt64BE(BigInt(id), 0);
  key.writeUInt32BE(part, 8);
  return key;
}
