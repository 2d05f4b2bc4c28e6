import { MAX_FLAWS, type Flaw, type FlawKind } from './flaw';
import type { Meta } from './header';
import type { PageFile } from './page_file';
import { PageSet } from './page_set';

/** The place of a flaw. */
export interface FlawLocation {
  readonly page?: number;
  /** The name of the table, or a description for the two trees without one. */
  readonly tree: string;
}

/** What the walks of a state's trees share: the places of its pages, and the flaws. */
export class WalkState {
  readonly flaws: Flaw[] = [];
  /** Pages read so far. */
  pagesRead = 0;
  readonly #used = new PageSet();
  readonly #free = new PageSet();
  #fileSize = 0;

  constructor(
    readonly file: PageFile,
    readonly meta: Meta,
    private readonly onPage: (read: number) => void,
  ) {}

  /** Whether there are so many flaws that the search ends. */
  get isFull(): boolean {
    return this.flaws.length >= MAX_FLAWS;
  }

  report(flaw: FlawKind, { page, tree }: FlawLocation, what: string): void {
    if (this.isFull) return;
    const at = page === undefined ? tree : `${tree}, page ${page}`;
    const text = `${at}: ${what}`;
    this.flaws.push({
      kind: 'structure',
      flaw,
      text,
      ...(page === undefined ? {} : { page }),
      table: tree,
    });
  }

  /** Reads the beginning of a page. Reports a flaw and returns false on failure. */
  readPage(where: FlawLocation & { readonly page: number }, into: Buffer, length: number): boolean {
    this.onPage(++this.pagesRead);
    const reason = this.file.read(into, length, where.page * this.meta.pageSize);
    if (reason === undefined) return true;
    this.report('page', where, `it ${reason}`);
    return false;
  }

  /** Whether the file has all pages before this one. */
  reaches(page: number): boolean {
    const end = page * this.meta.pageSize;
    if (end > this.#fileSize) this.#fileSize = this.file.size();
    return end <= this.#fileSize;
  }

  /**
   * Notes that a tree uses pages, which nothing else may. Reports a flaw and returns
   * false if they cannot be used.
   */
  use(first: number, count: number, tree: string): boolean {
    if (first < 2 || count < 1 || first + count - 1 > this.meta.lastPage) {
      this.report('place', { page: first, tree }, `${describePages(count)} not in the database`);
      return false;
    }
    const duplicate = this.#used.findFirst(first, count);
    if (duplicate !== undefined) {
      this.report('place', { page: duplicate, tree }, 'it is used in two places');
      return false;
    }
    this.#used.add(first, count);
    const free = this.#free.findFirst(first, count);
    if (free === undefined) return true;
    this.report('free', { page: free, tree }, 'it is in use, but also in the free list');
    return false;
  }

  /** Notes pages of the free list, and reports a flaw if they cannot be free. */
  release(first: number, count: number, tree: string): void {
    const flaw = this.#releaseFlaw(first, count);
    if (flaw === undefined) this.#free.add(first, count);
    else this.report('free', { page: flaw.page, tree }, flaw.what);
  }

  #releaseFlaw(first: number, count: number): { page: number; what: string } | undefined {
    if (first < 2 || count < 1 || first + count - 1 > this.meta.lastPage)
      return { page: first, what: `${describePages(count)} not in the database` };
    const used = this.#used.findFirst(first, count);
    if (used !== undefined) return { page: used, what: 'it is in use, but also in the free list' };
    const duplicate = this.#free.findFirst(first, count);
    return duplicate === undefined
      ? undefined
      : { page: duplicate, what: 'it is in the free list twice' };
  }
}

function describePages(count: number): string {
  return count === 1 ? 'it is' : `it and the ${count - 1} after it are`;
}
