const PAGES = 2 ** 15;

/** A chunk that has all of its pages. Nobody changes it: what could be added is there. */
const FULL = new Uint8Array(PAGES / 8).fill(0xff);

/**
 * A set of page numbers: one bit for each page, in chunks, of which only those are kept that have
 * any, and full ones once.
 */
export class PageSet {
  readonly #chunks = new Map<number, Uint8Array>();

  /** The least of these pages that is in it. */
  firstOf(first: number, count: number): number | undefined {
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
      else setBits(this.#chunkToChange(index), page % PAGES, end - page);
      page = end;
    }
  }

  #chunkToChange(index: number): Uint8Array {
    const found = this.#chunks.get(index);
    if (found !== undefined) return found === FULL ? new Uint8Array(PAGES / 8) : found;
    const made = new Uint8Array(PAGES / 8);
    this.#chunks.set(index, made);
    return made;
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
