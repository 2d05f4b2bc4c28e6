import { HEADER, NODE, NodeKind, OVERFLOW_RECORD, PageKind, readNumber } from './format';

/** What a page says of itself, at its beginning. */
export interface PageHeader {
  readonly number: number;
  /** The transaction that wrote it. */
  readonly transaction: number;
  readonly kind: number;
  /** Of an overflow page: how many pages it begins. */
  readonly pages: number;
}

export function readPageHeader(page: Buffer): PageHeader {
  return {
    number: readNumber(page, 0),
    transaction: readNumber(page, 8),
    kind: page.readUInt16LE(18),
    pages: page.readUInt32LE(20),
  };
}

/**
 * The nodes of the branch or leaf in a buffer, once `judge` has found them to be in order: within the
 * page, and none over another.
 */
export class Nodes {
  count = 0;
  readonly #size: number;
  /** The page as numbers of 16 bits: all that is read here begins at an even offset. */
  readonly #words: Uint16Array;
  /** Where each node begins, in the order of the keys. */
  readonly #starts: Uint16Array;
  readonly #sorted: Uint16Array;
  /** The size of the node that begins there, by half of its offset. */
  readonly #sizes: Uint16Array;

  /** @param page has the size of a page, and an even offset in its memory */
  constructor(page: Buffer) {
    this.#size = page.length;
    this.#words = new Uint16Array(page.buffer, page.byteOffset, page.length / 2);
    this.#starts = new Uint16Array(page.length / 2);
    this.#sorted = new Uint16Array(page.length / 2);
    this.#sizes = new Uint16Array(page.length / 2);
  }

  /**
   * Judges what is in the buffer now. Nodes fill all of a page behind its free space, as LMDB keeps them.
   *
   * @returns what is wrong with them; then there are none
   */
  judge(kind: number, fewest: number): string | undefined {
    this.count = 0;
    const lower = this.#word(20);
    const upper = this.#word(22) + HEADER;
    if (lower % 2 !== 0 || lower + HEADER > upper || upper > this.#size)
      return `its free space lies between ${lower + HEADER} and ${upper}`;
    const count = lower / 2;
    if (count < fewest) return `it has ${count} nodes`;
    for (let i = 0; i < count; i++) {
      const start = this.#word(HEADER + 2 * i) + HEADER;
      if (start < upper || start % 2 !== 0 || start + NODE > this.#size)
        return `its node ${i} begins at ${start}`;
      this.#starts[i] = start;
      const size =
        NODE + this.#word(start + 6) + (kind === PageKind.Leaf ? this.#dataInPage(i) : 0);
      if (start + size > this.#size) return `its node ${i} has ${size} bytes`;
      this.#sizes[start / 2] = size + (size % 2);
    }
    if (!this.#fill(count, upper)) return 'its nodes have gaps, or lie one over the other';
    this.count = count;
    return undefined;
  }

  keyStart(i: number): number {
    return (this.#starts[i] ?? 0) + NODE;
  }

  keyEnd(i: number): number {
    const start = this.#starts[i] ?? 0;
    return start + NODE + this.#word(start + 6);
  }

  /** Of a branch's node: the page that it leads to. */
  child(i: number): number {
    const at = this.#starts[i] ?? 0;
    return this.#word(at) + this.#word(at + 2) * 2 ** 16 + this.#word(at + 4) * 2 ** 32;
  }

  /** Of a leaf's node, the `NodeKind`. */
  kind(i: number): number {
    return this.#word((this.#starts[i] ?? 0) + 4);
  }

  /** Of a leaf's node: the size of its data, wherever that lies. */
  dataSize(i: number): number {
    const at = this.#starts[i] ?? 0;
    return this.#word(at) + this.#word(at + 2) * 2 ** 16;
  }

  #word(at: number): number {
    return this.#words[at >> 1] ?? 0;
  }

  #dataInPage(i: number): number {
    return this.kind(i) === NodeKind.Big ? OVERFLOW_RECORD : this.dataSize(i);
  }

  /** Whether the nodes, from the first to the last, are all that is there. */
  #fill(count: number, upper: number): boolean {
    const sorted = this.#sorted.subarray(0, count);
    sorted.set(this.#starts.subarray(0, count));
    sorted.sort();
    let at = upper;
    for (let i = 0; i < count; i++) {
      if (sorted[i] !== at) return false;
      at += this.#sizes[at >> 1] ?? 0;
    }
    return at === this.#size;
  }
}

/** Where a key lies. */
export interface Key {
  readonly bytes: Buffer;
  readonly start: number;
  readonly end: number;
}

/** As LMDB sorts keys (mdb_cmp_memn), or numbers of 64 bits (mdb_cmp_long). */
export function compareKeys(a: Key, b: Key, asNumbers: boolean): number {
  if (asNumbers) return readNumber(a.bytes, a.start) - readNumber(b.bytes, b.start);
  return a.bytes.compare(b.bytes, b.start, b.end, a.start, a.end);
}
