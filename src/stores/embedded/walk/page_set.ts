const PAGES = 2 ** 15;

/** The chunk with all of its pages. It is shared and never changed. */
const FULL = new Uint8Array(PAGES / 8).fill(0xff);

/**
 * A set of page numbers: one bit a page, in chunks. Empty chunks are not stored, and all
 * full ones share an array.
 */
export class PageSet {
  readonly #chunks = new Map<number, Uint8Array>();

  /** Returns the first of these pages that is in the set. */
  findFirst(first: number, count: number): number | undefined {
    for (let page = first; page < first + count;) {
      const chunk = this.#chunks.get(Math.floor(page / PAGES));
      const end = Math.min(first + count, endOfChunk(page));
      if (chunk === FULL) return page;
      for (; chunk && page < end; page++) if (isIn(chunk, page % PAGES)) return page;
      page = end;
    }
    return undefined;
  }

  add(first: number, count: number): void {
    for (let page = first; page < first + count;) {
      const index = Math.floor(page / PAGES);
      const end = Math.min(first + count, endOfChunk(page));
      if (end - page === PAGES) this.#chunks.set(index, FULL);
      else setBits(this.#writableChunk(index), page % PAGES, end - page);
      page = end;
    }
  }

  #writableChunk(index: number): Uint8Array {
    const chunk = this.#chunks.get(index);
    if (chunk !== undefined) return chunk === FULL ? new Uint8Array(PAGES / 8) : chunk;
    const newChunk = new Uint8Array(PAGES / 8);
    this.#chunks.set(index, newChunk);
    return newChunk;
  }
}

function endOfChunk(page: number): number {
  return (Math.floor(page / PAGES) + 1) * PAGES;
}

function isIn(chunk: Uint8Array, bit: number): boolean {
  return ((chunk[bit >> 3] ?? 0) & (1 << (bit & 7))) !== 0;
}

function setBits(chunk: Uint8Array, first: number, count: number): void {
  for (let bit = first; bit < first + count; bit++)
    chunk[bit >> 3] = (chunk[bit >> 3] ?? 0) | (1 << (bit & 7));
}
