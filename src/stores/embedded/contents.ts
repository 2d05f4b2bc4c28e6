import type { Readable } from 'node:stream';
import { Arrival, type Harbour } from './arrival';
import type { Commits, Moment } from './commits';
import type { ContentFiles } from './content_files';
import { idKey, idOf } from './keys';
import { Numbers } from './numbers';
import { parseContentId, Place } from './records';
import type { ContentRef, Incoming } from './storage';
import { StorageError } from './storage_error';
import type { Tables } from './tables';

/**
 * The bytes of objects, each content kept once and counted by the records that have it. Where its file may exist without a record, or its
 * record no more but its file still, the tables `arriving` and `gone` say so, and these are all that is looked at after a crash.
 */
export class Contents implements Harbour {
  readonly files: ContentFiles;
  readonly numbers: Numbers;
  readonly inlineLimit: number;
  readonly #tables: Tables;
  readonly #commits: Commits;
  /** Finished, but no record has them yet; with their bytes, unless they are in a file. */
  readonly #landed = new Map<number, Buffer | undefined>();
  /** Numbers whose files are removed: the next commit takes them off the tables `arriving` and `gone`. */
  readonly #removed = new Set<number>();
  readonly #removing = new Set<Promise<void>>();

  constructor(tables: Tables, commits: Commits, files: ContentFiles, session: number, inlineLimit: number) {
    this.#tables = tables;
    this.#commits = commits;
    this.files = files;
    this.numbers = new Numbers(tables, commits, session);
    this.inlineLimit = inlineLimit;
  }

  receive(): Incoming {
    return new Arrival(this);
  }

  landed(id: number, bytes: Buffer | undefined): void {
    this.#landed.set(id, bytes);
  }

  /** Within a commit: one more record has this content. False if it went. */
  adopt(content: ContentRef, moment: Moment): boolean {
    const id = parseContentId(content.id);
    const { contents, inline, arriving } = this.#tables;
    const key = idKey(id);
    const stored = contents.get(key);
    if (stored !== undefined) {
      const [references, size, etag, place] = stored;
      contents.putSync(key, [references + 1, size, etag, place]);
      return true;
    }
    if (!this.#landed.has(id)) return false;
    const bytes = this.#landed.get(id);
    contents.putSync(key, [1, content.size, content.etag, bytes === undefined ? Place.File : Place.Inline]);
    if (bytes === undefined) arriving.removeSync(key);
    else inline.putSync(key, bytes);
    moment.after(() => this.#landed.delete(id));
    return true;
  }

  /** Within a commit: one record less has this content. With the last it goes, and its file after the commit. */
  release(id: number, moment: Moment): void {
    const { contents, inline, gone } = this.#tables;
    const key = idKey(id);
    const stored = contents.get(key);
    if (stored === undefined) return;
    const [references, size, etag, place] = stored;
    if (references > 1) {
      contents.putSync(key, [references - 1, size, etag, place]);
      return;
    }
    contents.removeSync(key);
    if (place === Place.Inline) {
      inline.removeSync(key);
    } else {
      gone.putSync(key, true);
      moment.after(() => this.#remove(id));
    }
  }

  /** Within a commit: takes off the journals what was removed meanwhile. */
  clearJournals(moment: Moment): void {
    if (this.#removed.size === 0) return;
    const removed = [...this.#removed];
    for (const id of removed) {
      this.#tables.gone.removeSync(idKey(id));
      this.#tables.arriving.removeSync(idKey(id));
    }
    moment.after(() => {
      for (const id of removed) this.#removed.delete(id);
    });
  }

  /** See `Storage.read`. */
  read(content: ContentRef, first: number, last: number): Buffer | Readable {
    const id = parseContentId(content.id);
    const bytes = this.#landed.has(id) ? this.#landed.get(id) : this.#inline(id);
    if (bytes !== undefined) return bytes.subarray(first, last + 1);
    return this.files.read(id, content.size, first, last);
  }

  async dropped(id: number): Promise<void> {
    const inFile = this.#landed.has(id) && this.#landed.get(id) === undefined;
    try {
      // Asked within a commit, since a record may be about to have it.
      const adopted = await this.#commits.run((moment) => {
        moment.after(() => this.#landed.delete(id));
        return this.#tables.contents.get(idKey(id)) !== undefined;
      });
      if (inFile && !adopted) await this.sank(id);
    } catch {
      // It is in the journal: the next start, or the next sweep, finds it.
    }
  }

  async sank(id: number): Promise<void> {
    this.#remove(id);
    await Promise.all(this.#removing);
  }

  /** Files that may be nobody's: whose last record went; that were arriving, and in which session. */
  journal(): {
    readonly gone: number[];
    readonly arriving: { readonly id: number; readonly session: number }[];
  } {
    const { gone, arriving } = this.#tables;
    return {
      gone: [...gone.getKeys({})].map(idOf),
      arriving: [...arriving.getRange({})].map(({ key, value }) => ({ id: idOf(key), session: value })),
    };
  }

  /** Whether a content is still no record's: for who knows that nobody can make it one's any more. */
  isArriving(id: number): boolean {
    return this.#tables.arriving.get(idKey(id)) !== undefined;
  }

  /** Removes files that are nobody's, and takes them off the journals. */
  async sweep(ids: readonly number[]): Promise<void> {
    for (const id of ids) {
      if (!this.#removed.has(id)) await this.sank(id);
    }
    if (this.#removed.size > 0) await this.#commits.run((moment) => this.clearJournals(moment));
  }

  /** Waits for files being removed, and leaves the journals as they should be found. */
  async close(): Promise<void> {
    for (const id of this.numbers.unusedForFiles()) this.#removed.add(id);
    await Promise.all(this.#removing);
    if (this.#removed.size > 0) await this.#commits.run((moment) => this.clearJournals(moment));
  }

  /** The bytes of a content that has no file. */
  #inline(id: number): Buffer | undefined {
    const stored = this.#tables.contents.get(idKey(id));
    if (stored === undefined) throw new StorageError('gone', 'the content is no object’s any more');
    if (stored[3] === Place.File) return undefined;
    const bytes = this.#tables.inline.get(idKey(id));
    if (bytes === undefined) throw new StorageError('corrupt', `the bytes of content ${id} are missing`);
    return bytes;
  }

  #remove(id: number): void {
    const removing: Promise<void> = this.files
      .remove(id)
      .then(
        () => void this.#removed.add(id),
        // It stays in the journal: the next start, or the next sweep, tries again.
        () => undefined,
      )
      .finally(() => this.#removing.delete(removing));
    this.#removing.add(removing);
  }
}
