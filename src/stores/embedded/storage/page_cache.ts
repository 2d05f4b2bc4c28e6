import { closeSync, openSync, readFileSync, readSync, statSync } from 'node:fs';
import path from 'node:path';

/** Bytes of the database that may become resident before they are released. */
const MAX_RESIDENT = 48 * 1024 * 1024;

/**
 * Reads between two checks. Each read may map some pages together with their neighbours.
 */
const READS_PER_CHECK = 64;

const MADV_DONTNEED = 4;

/**
 * Releases pages of the database that reads have mapped. Otherwise they accumulate in
 * this process's resident memory until the whole file is in it. Released pages usually
 * stay in the system's cache. Works only on Linux, which reports mappings.
 */
export class PageCache {
  readonly #line = Buffer.alloc(128);
  #reads = 0;
  /**
   * Resident bytes of files, including the program's own, above which pages are released.
   */
  #limit = MAX_RESIDENT;

  private constructor(
    private readonly file: string,
    private readonly statm: number,
    private readonly system: System,
  ) {}

  /**
   * @param folder the folder of the database
   * @returns undefined if the system does not support it
   */
  static async open(folder: string): Promise<PageCache | undefined> {
    if (process.platform !== 'linux') return undefined;
    try {
      const system = await loadSystem();
      const statm = openSync('/proc/self/statm', 'r');
      return new PageCache(path.join(folder, 'data.mdb'), statm, system);
    } catch {
      return undefined;
    }
  }

  close(): void {
    closeSync(this.statm);
  }

  /** Called before each read. */
  releaseIfLarge(): void {
    if (++this.#reads < READS_PER_CHECK) return;
    this.#reads = 0;
    if (this.#residentFileBytes() < this.#limit) return;
    try {
      this.#release();
    } catch {
      // no file can be opened at the moment: the next check tries again
    }
    this.#limit = this.#residentFileBytes() + MAX_RESIDENT;
  }

  #residentFileBytes(): number {
    const length = readSync(this.statm, this.#line, 0, this.#line.length, 0);
    return residentFileBytes(this.#line.toString('latin1', 0, length), this.system.pageSize);
  }

  #release(): void {
    const { ino } = statSync(this.file);
    for (const line of readFileSync('/proc/self/maps', 'latin1').split('\n')) {
      const [range = '', , , , inode] = line.split(/ +/);
      const [from, to] = range.split('-').map((hex) => BigInt(`0x${hex || 0}`));
      if (Number(inode) === ino && from !== undefined && to !== undefined)
        this.system.advise(from, to - from, MADV_DONTNEED);
    }
  }
}

/** What the system's C library offers. */
interface System {
  /** `madvise`. */
  readonly advise: (address: bigint, length: bigint, advice: number) => number;
  /** Bytes of a page of memory, which differ from system to system. */
  readonly pageSize: number;
}

/** @throws Error if the library lacks one of them */
export async function loadSystem(): Promise<System> {
  const { load } = await import('koffi');
  const library = load(null);
  const advise = library.func('int madvise(uintptr_t address, size_t length, int advice)');
  const getPageSize = library.func('int getpagesize()') as () => number;
  return { advise: advise as System['advise'], pageSize: getPageSize() };
}

/**
 * Returns the resident bytes of files.
 *
 * @param statm the text of `/proc/self/statm`, which counts pages of memory
 */
export function residentFileBytes(statm: string, pageSize: number): number {
  const [, , pages] = statm.split(' ');
  return Number(pages) * pageSize;
}
