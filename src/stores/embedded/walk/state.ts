import { MAX_FLAWS, type Flaw, type FlawKind } from './flaw';
import type { Meta } from './header';
import type { PageFile } from './page_file';
import { PageSet } from './page_set';

/** Where something wrong was found. */
export interface Where {
  readonly page?: number;
  /** A table's name, or what stands for the two trees that have none. */
  readonly tree: string;
}

/** What walks of the trees of one state of a database share: where its pages are, and the flaws. */
export class State {
  readonly flaws: Flaw[] = [];
  /** How many pages were read. */
  read = 0;
  readonly #used = new PageSet();
  readonly #free = new PageSet();
  #fileSize = 0;

  constructor(
    readonly file: PageFile,
    readonly meta: Meta,
    private readonly onPage: (read: number) => void,
  ) {}

  /** There are so many flaws that no more are looked for. */
  get isFull(): boolean {
    return this.flaws.length >= MAX_FLAWS;
  }

  report(flaw: FlawKind, { page, tree }: Where, what: string): void {
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

  /** Reads the beginning of a page. Undefined, and reported, if that cannot be done. */
  readPage(where: Where & { readonly page: number }, into: Buffer, length: number): boolean {
    this.onPage(++this.read);
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

  /** Notes that a tree uses pages, which nothing else may. False, and reported, if they cannot be used. */
  use(first: number, count: number, tree: string): boolean {
    if (first < 2 || count < 1 || first + count - 1 > this.meta.lastPage) {
      this.report('place', { page: first, tree }, `${pages(count)} not in the database`);
      return false;
    }
    const twice = this.#used.firstOf(first, count);
    if (twice !== undefined) {
      this.report('place', { page: twice, tree }, 'it is in two places');
      return false;
    }
    this.#used.add(first, count);
    const free = this.#free.firstOf(first, count);
    if (free === undefined) return true;
    this.report('free', { page: free, tree }, 'it is in use, and in the free list');
    return false;
  }

  /** Notes that the free list has pages. */
  release(first: number, count: number, tree: string): void {
    const flaw = this.#whyNotFree(first, count);
    if (flaw === undefined) this.#free.add(first, count);
    else this.report('free', { page: flaw.page, tree }, flaw.what);
  }

  #whyNotFree(first: number, count: number): { page: number; what: string } | undefined {
    if (first < 2 || count < 1 || first + count - 1 > this.meta.lastPage)
      return { page: first, what: `${pages(count)} not in the database` };
    const used = this.#used.firstOf(first, count);
    if (used !== undefined) return { page: used, what: 'it is in use, and in the free list' };
    const twice = this.#free.firstOf(first, count);
    return twice === undefined ? undefined : { page: twice, what: 'it is twice in the free list' };
  }
}

function pages(count: number): string {
  return count === 1 ? 'it is' : `it and the ${count - 1} behind it are`;
}
