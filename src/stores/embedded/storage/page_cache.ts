import { closeSync, openSync, readFileSync, readSync, statSync } from 'node:fs';
import path from 'node:path';

/** Bytes of the database that may become resident before they are given back. */
const MAX = 48 * 1024 * 1024;

/** Looks between two checks: each may map some pages, and with each page its neighbours. */
const LOOKS = 64;

const PAGE = 4096;
const MADV_DONTNEED = 4;

/**
 * Keeps the pages of the database that reads have mapped from piling up in this process's resident memory, which they would until all of the file
 * is in it. Where they are wanted again they are still in the system's cache. Only Linux tells what is mapped where; elsewhere nothing is done.
 */
export class PageCache {
  readonly #line = Buffer.alloc(128);
  #looks = 0;
  /** Resident bytes of files, the program's own among them, beyond which pages are given back. */
  #limit = MAX;

  private constructor(
    private readonly file: string,
    private readonly statm: number,
    private readonly advise: Advise,
  ) {}

  /**
   * @param folder where the database lies
   * @returns undefined where nothing can be done
   */
  static async open(folder: string): Promise<PageCache | undefined> {
    if (process.platform !== 'linux') return undefined;
    try {
      const { load } = await import('koffi');
      const advise = load(null).func(
        'int madvise(uintptr_t address, size_t length, int advice)',
      ) as Advise;
      return new PageCache(
        path.join(folder, 'data.mdb'),
        openSync('/proc/self/statm', 'r'),
        advise,
      );
    } catch {
      return undefined;
    }
  }

  close(): void {
    closeSync(this.statm);
  }

  /** Called before each read. */
  look(): void {
    if (++this.#looks < LOOKS) return;
    this.#looks = 0;
    if (this.#ofFiles() < this.#limit) return;
    try {
      this.#giveBack();
    } catch {
      // no file can be opened just now: the next look tries again
    }
    this.#limit = this.#ofFiles() + MAX;
  }

  #ofFiles(): number {
    const length = readSync(this.statm, this.#line, 0, this.#line.length, 0);
    const [, , pages] = this.#line.toString('latin1', 0, length).split(' ');
    return Number(pages) * PAGE;
  }

  #giveBack(): void {
    const { ino } = statSync(this.file);
    for (const line of readFileSync('/proc/self/maps', 'latin1').split('\n')) {
      const [range = '', , , , inode] = line.split(/ +/);
      const [from, to] = range.split('-').map((hex) => BigInt(`0x${hex || 0}`));
      if (Number(inode) === ino && from !== undefined && to !== undefined)
        this.advise(from, to - from, MADV_DONTNEED);
    }
  }
}

/** The system's `madvise`. */
type Advise = (address: bigint, length: bigint, advice: number) => number;
