import type { GroupCommit } from './group_commit';
import { idKey } from './keys';
import type { Tables } from './tables';

/**
 * How many numbers to allocate at once, for small contents and for files. Each number for
 * a file is in the journal until it is used.
 */
const blockSize = 4096;
const fileBlockSize = 32;

/**
 * Numbers for contents, allocated in blocks ahead of need so that an upload does not wait
 * for a commit of its own. A number for a file is in the journal `arriving` before it is
 * handed out, so that its file can be found after a crash.
 */
export class ContentIds {
  readonly #small: Pool;
  readonly #files: Pool;

  constructor(tables: Tables, commits: GroupCommit, session: number) {
    this.#small = new Pool(async () => {
      const first = await commits.run((commit) => commit.allocateIds(blockSize));
      return range(first, blockSize);
    }, 64);
    this.#files = new Pool(async () => {
      const first = await commits.run((commit) => {
        const first = commit.allocateIds(fileBlockSize);
        for (const id of range(first, fileBlockSize)) tables.arriving.putSync(idKey(id), session);
        return first;
      });
      return range(first, fileBlockSize);
    }, fileBlockSize / 2);
  }

  /** Returns a number for a content without a file. */
  async forSmall(): Promise<number> {
    return this.#small.take();
  }

  /** Returns a number for a content with a file. */
  async forFile(): Promise<number> {
    return this.#files.take();
  }

  /** Returns the numbers for files that were never handed out. */
  unusedForFiles(): number[] {
    return this.#files.drain();
  }
}

class Pool {
  readonly #refill: () => Promise<number[]>;
  readonly #low: number;
  #free: number[] = [];
  #refilling: Promise<void> | undefined;

  constructor(refill: () => Promise<number[]>, low: number) {
    this.#refill = refill;
    this.#low = low;
  }

  async take(): Promise<number> {
    for (;;) {
      const id = this.#free.shift();
      if (this.#free.length < this.#low) {
        const refilled = this.#fill();
        // A caller that got a number ignores a failed refill. One that needs a number
        // retries and sees the error.
        if (id === undefined) await refilled;
        else refilled.catch(() => undefined);
      }
      if (id !== undefined) return id;
    }
  }

  drain(): number[] {
    return this.#free.splice(0);
  }

  #fill(): Promise<void> {
    this.#refilling ??= this.#refill()
      .then((ids) => void this.#free.push(...ids))
      .finally(() => (this.#refilling = undefined));
    return this.#refilling;
  }
}

function range(first: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => first + i);
}
