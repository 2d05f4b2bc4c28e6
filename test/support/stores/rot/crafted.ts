const PAGE = 4096;
const HEADER = 24;
const NONE = 2n ** 64n - 1n;

/** A table's record; omitted fields are 0. */
export interface CraftedTree {
  readonly root?: number;
  readonly depth?: number;
  readonly branches?: number;
  readonly leaves?: number;
  readonly overflow?: number;
  readonly entries?: number;
  readonly flags?: number;
  readonly pad?: number;
}

/**
 * A node: its key, its data or the page that it leads to, and the kind of a leaf's node.
 */
export type CraftedNode = readonly [
  key: Buffer | string,
  data: Buffer | number,
  kind?: number,
  size?: number,
];

/** Writes a database page by page, with any content. */
export class Crafted {
  bytes: Buffer;

  constructor(pages: number) {
    this.bytes = Buffer.alloc(pages * PAGE);
  }

  meta(
    page: 0 | 1,
    record: { transaction: number; main: CraftedTree; freeList: CraftedTree; lastPage: number },
  ): void {
    const at = this.#begin(page, 0, 8) + HEADER;
    this.bytes.writeUInt32LE(0xbeefc0de, at);
    this.bytes.writeUInt32LE(2, at + 4);
    this.bytes.writeBigUInt64LE(2n ** 40n, at + 16);
    tree({ pad: PAGE, flags: 8, ...record.freeList }).copy(this.bytes, at + 24);
    tree(record.main).copy(this.bytes, at + 72);
    this.bytes.writeBigUInt64LE(BigInt(record.lastPage), at + 120);
    this.bytes.writeBigUInt64LE(BigInt(record.transaction), at + 128);
  }

  leaf(page: number, transaction: number, nodes: readonly CraftedNode[]): void {
    this.#nodes(this.#begin(page, transaction, 2), nodes);
  }

  branch(page: number, transaction: number, nodes: readonly CraftedNode[]): void {
    this.#nodes(this.#begin(page, transaction, 1), nodes);
  }

  overflow(page: number, transaction: number, pages: number): void {
    this.bytes.writeUInt32LE(pages, this.#begin(page, transaction, 4) + 20);
  }

  #begin(page: number, transaction: number, kind: number): number {
    const at = page * PAGE;
    this.bytes.fill(0, at, at + PAGE);
    this.bytes.writeBigUInt64LE(BigInt(page), at);
    this.bytes.writeBigUInt64LE(BigInt(transaction), at + 8);
    this.bytes.writeUInt16LE(kind, at + 18);
    return at;
  }

  #nodes(at: number, nodes: readonly CraftedNode[]): void {
    let upper = PAGE;
    for (const [i, [name, data, kind = 0, size]] of nodes.entries()) {
      const key = Buffer.from(name);
      const value = typeof data === 'number' ? Buffer.alloc(0) : data;
      upper -= 8 + key.length + value.length;
      upper -= upper % 2;
      this.bytes.writeUInt16LE(upper - HEADER, at + HEADER + 2 * i);
      if (typeof data === 'number') this.bytes.writeUIntLE(data, at + upper, 6);
      else {
        this.bytes.writeUInt32LE(size ?? value.length, at + upper);
        this.bytes.writeUInt16LE(kind, at + upper + 4);
      }
      this.bytes.writeUInt16LE(key.length, at + upper + 6);
      key.copy(this.bytes, at + upper + 8);
      value.copy(this.bytes, at + upper + 8 + key.length);
    }
    this.bytes.writeUInt16LE(2 * nodes.length, at + 20);
    this.bytes.writeUInt16LE(upper - HEADER, at + 22);
  }
}

/** A table's record, as bytes. */
export function tree(record: CraftedTree): Buffer {
  const bytes = Buffer.alloc(48);
  bytes.writeUInt32LE(record.pad ?? 0, 0);
  bytes.writeUInt16LE(record.flags ?? 0, 4);
  bytes.writeUInt16LE(record.depth ?? 0, 6);
  const { branches = 0, leaves = 0, overflow = 0, entries = 0 } = record;
  for (const [i, number] of [branches, leaves, overflow, entries].entries())
    bytes.writeBigUInt64LE(BigInt(number), 8 + 8 * i);
  bytes.writeBigUInt64LE(record.root === undefined ? NONE : BigInt(record.root), 40);
  return bytes;
}

/**
 * 64-bit numbers: keys and records of a free list, and a node's reference to overflow
 * pages.
 */
export function words(...numbers: readonly number[]): Buffer {
  const bytes = Buffer.alloc(8 * numbers.length);
  for (const [i, number] of numbers.entries()) bytes.writeBigInt64LE(BigInt(number), 8 * i);
  return bytes;
}
