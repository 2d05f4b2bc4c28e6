import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { crc32 } from 'node:zlib';
import { Upload, type Harbour, type Landed } from './upload';
import { BLOCK, UNVERIFIED, type Verifier, WholeBody } from './block_sums';
import type { GroupCommit, Moment } from './group_commit';
import type { ContentFiles } from './content_files';
import { idKey, idOf } from './keys';
import { ContentIds } from './content_ids';
import { readable } from './object_names';
import { formatContentId, parseContentId, Place, type StoredContent } from './records';
import type { ContentRef, Incoming } from './storage';
import { StorageError } from './storage_error';
import { getSums, putSums, removeSums } from './sums';
import type { Table } from './table';
import type { Tables } from './tables';
import { type OpenContent, openVerified, readVerified } from './verified_file';

/** Files are removed, and may be back after a power cut, before their folders are synced together. */
const REMOVED_AT_ONCE = 256;

/**
 * The bytes of objects, each content kept once and counted by the records that have it. Where its file may exist without a record, or its
 * record no more but its file still, the tables `arriving` and `gone` say so, and these are all that is looked at after a crash.
 */
export class Contents implements Harbour {
  readonly files: ContentFiles;
  readonly numbers: ContentIds;
  readonly inlineLimit: number;
  readonly #tables: Tables;
  readonly #commits: GroupCommit;
  /** Finished, but no record has them yet. */
  readonly #landed = new Map<number, Landed>();
  /** Numbers whose files are removed, but not yet on disk: the journals keep them. */
  #unsynced = new Set<number>();
  /** Numbers whose files are removed: the next commit takes them off the tables `arriving` and `gone`. */
  readonly #removed = new Set<number>();
  readonly #removing = new Set<Promise<void>>();

  constructor(
    tables: Tables,
    commits: GroupCommit,
    files: ContentFiles,
    session: number,
    inlineLimit: number,
  ) {
    this.#tables = tables;
    this.#commits = commits;
    this.files = files;
    this.numbers = new ContentIds(tables, commits, session);
    this.inlineLimit = inlineLimit;
  }

  receive(): Incoming {
    return new Upload(this);
  }

  landed(id: number, content: Landed): void {
    this.#landed.set(id, content);
  }

  /** Within a commit: one more record has this content. False if it went. */
  adopt(content: ContentRef, moment: Moment): boolean {
    const id = parseContentId(content.id);
    const { contents, inline, sums, arriving } = this.#tables;
    const key = idKey(id);
    const landed = this.#landed.get(id);
    // of a new number nothing can be damaged, whatever its neighbours are
    if (landed === undefined || contents.has(key)) {
      const stored = contents.get(key);
      if (stored !== undefined) contents.putSync(key, counted(stored, 1));
      return stored !== undefined;
    }
    const { size, etag } = content;
    if (landed.bytes === undefined) {
      contents.putSync(key, [1, size, etag, Place.File, BLOCK]);
      putSums(sums, id, landed.sums);
      arriving.removeSync(key);
    } else {
      contents.putSync(key, [1, size, etag, Place.Inline, landed.sum]);
      inline.putSync(key, landed.bytes);
    }
    moment.after(() => this.#landed.delete(id));
    return true;
  }

  /** Within a commit: one record less has this content. With the last it goes, and its file after the commit. */
  release(id: number, moment: Moment): void {
    const { contents, inline, sums, gone, holds } = this.#tables;
    const key = idKey(id);
    const stored = contents.get(key);
    if (stored === undefined) return;
    const [references, size, , place] = stored;
    if (references > 1) {
      contents.putSync(key, counted(stored, -1));
      return;
    }
    contents.removeSync(key);
    if (place === Place.Inline) {
      inline.removeSync(key);
    } else {
      removeSums(sums, id, size);
      gone.putSync(key, true);
      if (!isAny(holds)) moment.after(() => this.#remove(id));
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
  read(content: ContentRef, first: number, last: number): Promise<Buffer | Readable> {
    const id = parseContentId(content.id);
    const found = this.#find(id);
    if (Buffer.isBuffer(found)) return Promise.resolve(found.subarray(first, last + 1));
    return openVerified(this.#open(id, content, found, first, last), first, last);
  }

  /** See `Storage.verify`. */
  async verify(content: ContentRef, isPart = false, signal?: AbortSignal): Promise<void> {
    const id = parseContentId(content.id);
    const found = this.#find(id);
    if (Buffer.isBuffer(found)) return;
    if (isPart && !(Array.isArray(found) && found[4] === null)) return;
    const open = this.#open(id, content, found, 0, content.size - 1);
    for await (const bytes of readVerified(open)) if (bytes.length > 0) signal?.throwIfAborted();
  }

  async dropped(id: number): Promise<void> {
    const inFile = this.#landed.get(id)?.sums !== undefined;
    try {
      // Asked within a commit, since a record may be about to have it.
      const adopted = await this.#commits.run((moment) => {
        moment.after(() => this.#landed.delete(id));
        return this.#tables.contents.has(idKey(id));
      });
      if (inFile && !adopted) await this.sank(id);
    } catch {
      // A file is in the journal: the next start, or the next sweep, finds it.
      this.#landed.delete(id);
    }
  }

  async sank(id: number): Promise<void> {
    this.#remove(id);
    await Promise.all(this.#removing);
  }

  /**
   * Files that may be nobody's, since their last record went. Damaged records are left out, whose
   * numbers may be those of others.
   */
  gone(): number[] {
    return [...readable(this.#tables.gone)].map(({ key }) => idOf(key));
  }

  /** The same for files that were arriving, and in which session. */
  arriving(): { readonly id: number; readonly session: number }[] {
    return [...readable(this.#tables.arriving)].map(({ key, value }) => ({
      id: idOf(key),
      session: value,
    }));
  }

  /** Whether a content is still no record's: for who knows that nobody can make it one's any more. */
  isArriving(id: number): boolean {
    return this.#tables.arriving.peek(idKey(id)) !== undefined;
  }

  /** Removes files that are nobody's, and takes them off the journals. */
  async sweep(ids: readonly number[]): Promise<void> {
    for (const id of ids) {
      const isDone = this.#removed.has(id) || this.#unsynced.has(id);
      if (!isDone && !this.#tables.contents.has(idKey(id))) await this.sank(id);
    }
    await this.#syncRemoved();
    if (this.#removed.size > 0) await this.#commits.run((moment) => this.clearJournals(moment));
  }

  /** Waits for files being removed, and leaves the journals as they should be found. */
  async close(): Promise<void> {
    for (const id of this.numbers.unusedForFiles()) this.#removed.add(id);
    await Promise.all(this.#removing);
    await this.#syncRemoved();
    if (this.#removed.size > 0) await this.#commits.run((moment) => this.clearJournals(moment));
  }

  /** The bytes of a content that has no file, verified; what is known of one that has. */
  #find(id: number): Buffer | StoredContent | Landed {
    const landed = this.#landed.get(id);
    if (landed !== undefined) return landed.bytes ?? landed;
    const stored = this.#tables.contents.get(idKey(id));
    if (stored === undefined) throw gone();
    return stored[3] === Place.File ? stored : this.#inline(id, stored);
  }

  #inline(id: number, [, size, etag, , sum]: StoredContent): Buffer {
    const bytes = this.#tables.inline.get(idKey(id));
    const isRight =
      bytes?.length === size && (sum === null ? md5Of(bytes) === etag : crc32(bytes) === sum);
    if (isRight) return bytes;
    const what = `the content ${formatContentId(id)} in the database`;
    throw new StorageError('corrupt', `${what} is ${bytes ? 'damaged' : 'missing'}`);
  }

  /** Opens a file with what judges its bytes from one to another, both counted. */
  #open(
    id: number,
    content: ContentRef,
    found: StoredContent | Landed,
    first: number,
    last: number,
  ): OpenContent {
    const { size, etag } = content;
    const isWhole = first === 0 && last === size - 1;
    let verifier: Verifier;
    if (!Array.isArray(found)) verifier = found.sums ?? UNVERIFIED;
    else if (found[4] !== null) verifier = getSums(this.#tables.sums, id, first, last);
    else verifier = isWhole ? new WholeBody(size, etag) : UNVERIFIED;
    try {
      return { ...this.files.open(id, size), size, verifier };
    } catch (error) {
      throw this.#isMissing(id, error) ? missing(id) : error;
    }
  }

  /** Whether a file is not there although there is a record of it even now. */
  #isMissing(id: number, error: unknown): boolean {
    if (!(error instanceof StorageError) || error.code !== 'gone') return false;
    this.#tables.root.resetReadTxn();
    return this.#tables.contents.has(idKey(id));
  }

  #remove(id: number): void {
    const removing: Promise<void> = this.files
      .remove(id)
      .then(
        () => {
          this.#unsynced.add(id);
          return this.#unsynced.size < REMOVED_AT_ONCE ? undefined : this.#syncRemoved();
        },
        // It stays in the journal: the next start, or the next sweep, tries again.
        () => undefined,
      )
      .finally(() => this.#removing.delete(removing));
    this.#removing.add(removing);
  }

  /** Has removals on disk, so that the journals need not keep them any more. Never rejects. */
  async #syncRemoved(): Promise<void> {
    const ids = this.#unsynced;
    this.#unsynced = new Set();
    try {
      await this.files.syncFoldersOf(ids);
      for (const id of ids) this.#removed.add(id);
    } catch {
      // They stay in the journal: the next start, or the next sweep, tries again.
    }
  }
}

/** A content's record with one more object that has it, or one less. */
function counted([references, ...rest]: StoredContent, change: 1 | -1): StoredContent {
  return [references + change, ...rest];
}

function isAny(table: Table<unknown>): boolean {
  for (const key of table.getKeys({ limit: 1 })) return key.length > 0;
  return false;
}

function md5Of(bytes: Buffer): string {
  return createHash('md5').update(bytes).digest('hex');
}

function gone(): StorageError {
  return new StorageError('gone', 'the content is no object’s any more');
}

function missing(id: number): StorageError {
  return new StorageError('corrupt', `the file of content ${formatContentId(id)} is missing`);
}
