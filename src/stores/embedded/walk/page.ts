import {
  HEADER_SIZE,
  NODE_HEADER_SIZE,
  NodeKind,
  OVERFLOW_RECORD_SIZE,
  PageKind,
  readNumber,
} from './format';

/** The header at the beginning of a page. */
export interface PageHeader {
  readonly number: number;
  /** The transaction that wrote it. */
  readonly transaction: number;
  readonly kind: number;
  /** For an overflow page: the number of pages that begin with it. */
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
 * The nodes of the branch or leaf page in a buffer, once they are checked: all within the
 * page, and without overlaps.
 */
export class Nodes {
  count = 0;
  readonly #size: number;
  /** The page as 16-bit numbers: everything read here begins at an even offset. */
  readonly #words: Uint16Array;
  /** The offset of each node, in the order of the keys. */
  readonly #starts: Uint16Array;
  readonly #sorted: Uint16Array;
  /** The size of each node, by half of its offset. */
  readonly #sizes: Uint16Array;

  /** @param page a buffer of one page, with an even offset in its memory */
  constructor(page: Buffer) {
    this.#size = page.length;
    this.#words = new Uint16Array(page.buffer, page.byteOffset, page.length / 2);
    this.#starts = new Uint16Array(page.length / 2);
    this.#sorted = new Uint16Array(page.length / 2);
    this.#sizes = new Uint16Array(page.length / 2);
  }

  /**
   * Checks the page now in the buffer. Nodes fill all of a page after its free space, as
   * LMDB arranges them.
   *
   * @returns what is wrong with the nodes, of which `count` is then 0
   */
  check(kind: number, minCount: number): string | undefined {
    this.count = 0;
    const lower = this.#word(20);
    const upper = this.#word(22) + HEADER_SIZE;
    if (lower % 2 !== 0 || lower + HEADER_SIZE > upper || upper > this.#size)
      return `its free space cannot lie between ${lower + HEADER_SIZE} and ${upper}`;
    const count = lower / 2;
    if (count < minCount) return `it has only ${count} nodes`;
    for (let i = 0; i < count; i++) {
      const start = this.#word(HEADER_SIZE + 2 * i) + HEADER_SIZE;
      if (start < upper || start % 2 !== 0 || start + NODE_HEADER_SIZE > this.#size)
        return `its node ${i} cannot begin at ${start}`;
      this.#starts[i] = start;
      const size =
        NODE_HEADER_SIZE +
        this.#word(start + 6) +
        (kind === PageKind.Leaf ? this.#dataInPage(i) : 0);
      if (start + size > this.#size) return `its node ${i} of ${size} bytes exceeds the page`;
      this.#sizes[start / 2] = size + (size % 2);
    }
    if (!this.#fill(count, upper)) return 'its nodes have gaps or overlap';
    this.count = count;
    return undefined;
  }

  keyStart(i: number): number {
    return (this.#starts[i] ?? 0) + NODE_HEADER_SIZE;
  }

  keyEnd(i: number): number {
    const start = this.#starts[i] ?? 0;
    return start + NODE_HEADER_SIZE + this.#word(start + 6);
  }

  /** For a branch's node: the page it refers to. */
  child(i: number): number {
    const at = this.#starts[i] ?? 0;
    return this.#word(at) + this.#word(at + 2) * 2 ** 16 + this.#word(at + 4) * 2 ** 32;
  }

  /** For a leaf's node: its `NodeKind`. */
  kind(i: number): number {
    return this.#word((this.#starts[i] ?? 0) + 4);
  }

  /** For a leaf's node: the size of its data, wherever that lies. */
  dataSize(i: number): number {
    const at = this.#starts[i] ?? 0;
    return this.#word(at) + this.#word(at + 2) * 2 ** 16;
  }

  #word(at: number): number {
    return this.#words[at >> 1] ?? 0;
  }

  #dataInPage(i: number): number {
    return this.kind(i) === NodeKind.Big ? OVERFLOW_RECORD_SIZE : this.dataSize(i);
  }

  /** Whether the nodes fill the page from `upper` to its end. */
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

/** The place of a key. */
export interface Key {
  readonly bytes: Buffer;
  readonly start: number;
  readonly end: number;
}

/** Compares keys like LMDB: bytes (mdb_cmp_memn), or 64-bit numbers (mdb_cmp_long). */
export function compareKeys(a: Key, b: Key, asNumbers: boolean): number {
  if (asNumbers) return readNumber(a.bytes, a.start) - readNumber(b.bytes, b.start);
  return a.bytes.compare(b.bytes, b.start, b.end, a.start, a.end);
}
