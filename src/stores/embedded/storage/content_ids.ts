import type { GroupCommit } from './group_commit';
import { idKey } from './keys';
import type { Tables } from './tables';

/** How many numbers are taken at once: of small contents, and of files (each of which is in the journal until it is used). */
const blockSize = 4096;
const fileBlockSize = 32;

/**
 * Numbers for contents, taken in blocks ahead of need so that an upload does not wait for a commit of its own. A number for a file is in
 * the journal `arriving` before it is given out: after a crash, whatever file it was used for is found there.
 */
export class ContentIds {
  readonly #small: Pool;
  readonly #files: Pool;

  constructor(tables: Tables, commits: GroupCommit, session: number) {
    this.#small = new Pool(async () => {
      const first = await commits.run((moment) => moment.numbers(blockSize));
      return range(first, blockSize);
    }, 64);
    this.#files = new Pool(async () => {
      const first = await commits.run((moment) => {
        const first = moment.numbers(fileBlockSize);
        for (const id of range(first, fileBlockSize)) tables.arriving.putSync(idKey(id), session);
        return first;
      });
      return range(first, fileBlockSize);
    }, fileBlockSize / 2);
  }

  /** A number for a content without a file. */
  async forSmall(): Promise<number> {
    return this.#small.take();
  }

  /** A number for a content with a file. */
  async forFile(): Promise<number> {
    return this.#files.take();
  }

  /** Numbers for files that were never given out. */
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
        // Who got a number does not care whether there will be more; who needs one asks again, and is told then.
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
