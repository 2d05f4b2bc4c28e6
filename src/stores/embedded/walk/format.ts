/**
 * LMDB's file format, data version 2 (libraries/liblmdb/mdb.c of lmdb 3.5.6, the source
 * of all names in capitals). Numbers are little-endian on all machines that lmdb has
 * prebuilt binaries for.
 */

export const MAGIC = 0xbeefc0de;
export const DATA_VERSION = 2;

/** PAGEHDRSZ. Offsets within a page count from the end of its header (PAGEBASE). */
export const HEADER_SIZE = 24;

/** End of the used part of a meta page: the header and an MDB_meta. */
export const META_END = 168;

/** P_BRANCH, P_LEAF, P_OVERFLOW, P_META. */
export const PageKind = { Branch: 1, Leaf: 2, Overflow: 4, Meta: 8 } as const;

/** F_BIGDATA, F_SUBDATA: what a leaf's node has instead of its data. */
export const NodeKind = { Plain: 0, Big: 1, Table: 2 } as const;

/** MDB_INTEGERKEY: the keys of the free list are numbers. */
export const INTEGER_KEYS = 8;

/** NODESIZE: the bytes before a node's key. */
export const NODE_HEADER_SIZE = 8;

/** The size of an MDB_ovpage, and of an MDB_db. */
export const OVERFLOW_RECORD_SIZE = 24;
export const TREE_RECORD_SIZE = 48;

/** CURSOR_STACK: the max depth of a tree. */
export const MAX_DEPTH = 32;

/** MAX_PAGESIZE, and the smallest page size of any system. */
export const PAGE_SIZES = { min: 512, max: 0x10000 } as const;

/** LMDB's record of a tree (MDB_db). */
export interface TreeRecord {
  readonly pad: number;
  readonly flags: number;
  readonly depth: number;
  readonly branches: number;
  readonly leaves: number;
  /** In pages. */
  readonly overflow: number;
  readonly entries: number;
  /** Undefined for an empty tree. */
  readonly root: number | undefined;
}

export function readTreeRecord(from: Buffer, at: number): TreeRecord {
  return {
    pad: from.readUInt32LE(at),
    flags: from.readUInt16LE(at + 4),
    depth: from.readUInt16LE(at + 6),
    branches: readNumber(from, at + 8),
    leaves: readNumber(from, at + 16),
    overflow: readNumber(from, at + 24),
    entries: readNumber(from, at + 32),
    root: isNone(from, at + 40) ? undefined : readNumber(from, at + 40),
  };
}

/** Reads a 64-bit number. It is inexact above 2^53, but no valid number is that large. */
export function readNumber(from: Buffer, at: number): number {
  return from.readUInt32LE(at) + from.readUInt32LE(at + 4) * 2 ** 32;
}

/** P_INVALID. */
function isNone(from: Buffer, at: number): boolean {
  return from.readUInt32LE(at) === 0xffffffff && from.readUInt32LE(at + 4) === 0xffffffff;
}
