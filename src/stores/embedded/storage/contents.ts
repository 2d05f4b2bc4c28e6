import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { crc32 } from 'node:zlib';
import { Upload, type UploadStore, type FinishedContent } from './upload';
import { BLOCK, UNVERIFIED, type Verifier, WholeBody } from './block_sums';
import type { GroupCommit, Commit } from './group_commit';
import type { ContentFiles } from './content_files';
import { idKey, idOf } from './keys';
import { ContentIds } from './content_ids';
import { readableRecords } from './object_names';
import { formatContentId, parseContentId, Place, type StoredContent } from './records';
import type { ContentRef, ContentWriter } from './storage';
import { StorageError } from './storage_error';
import { getSums, putSums, removeSums } from './sums';
import type { Table } from './table';
import type { Tables } from './tables';
import { type OpenContent, openVerified, readVerified } from './verified_file';
import type { CancelSignal } from '../../../util/cancel_signal';

/**
 * Number of removals whose folders are synced together. A power cut may undo those that
 * are not.
 */
const REMOVED_AT_ONCE = 256;

/**
 * The bytes of objects. Each content is stored once, with a count of the records that
 * refer to it. A file that may exist before its record is listed in the table `arriving`,
 * one that may outlive its record in `gone`. After a crash, only these two have to be
 * checked.
 */
export class Contents implements UploadStore {
  readonly files: ContentFiles;
  readonly ids: ContentIds;
  readonly inlineLimit: number;
  readonly #tables: Tables;
  readonly #commits: GroupCommit;
  /** Finished contents that no record refers to yet. */
  readonly #finishedContents = new Map<number, FinishedContent>();
  /** Numbers whose files are removed, but not durably: the journals keep them. */
  #unsynced = new Set<number>();
  /**
   * Numbers whose files are durably removed. The next commit takes them off the tables
   * `arriving` and `gone`.
   */
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
    this.ids = new ContentIds(tables, commits, session);
    this.inlineLimit = inlineLimit;
  }

  receive(): ContentWriter {
    return new Upload(this);
  }

  addFinished(id: number, content: FinishedContent): void {
    this.#finishedContents.set(id, content);
  }

  /**
   * Within a commit: adds a reference to a content. Returns false if it no longer exists.
   */
  addReference(content: ContentRef, commit: Commit): boolean {
    const id = parseContentId(content.id);
    const { contents, inline, sums, arriving } = this.#tables;
    const key = idKey(id);
    const finishedContent = this.#finishedContents.get(id);
    // Skips the damage check of neighbouring records: a new number cannot be damaged.
    if (finishedContent === undefined || contents.has(key)) {
      const stored = contents.get(key);
      if (stored !== undefined) contents.putSync(key, addReferences(stored, 1));
      return stored !== undefined;
    }
    const { size, etag } = content;
    if (finishedContent.bytes === undefined) {
      contents.putSync(key, [1, size, etag, Place.File, BLOCK]);
      putSums(sums, id, finishedContent.sums);
      arriving.removeSync(key);
    } else {
      contents.putSync(key, [1, size, etag, Place.Inline, finishedContent.sum]);
      inline.putSync(key, finishedContent.bytes);
    }
    commit.onCommitted(() => this.#finishedContents.delete(id));
    return true;
  }

  /**
   * Within a commit: removes a reference. With the last one goes the content, and after
   * the commit its file.
   */
  removeReference(id: number, commit: Commit): void {
    const { contents, inline, sums, gone, holds } = this.#tables;
    const key = idKey(id);
    const stored = contents.get(key);
    if (stored === undefined) return;
    const [references, size, , place] = stored;
    if (references > 1) {
      contents.putSync(key, addReferences(stored, -1));
      return;
    }
    contents.removeSync(key);
    if (place === Place.Inline) {
      inline.removeSync(key);
    } else {
      removeSums(sums, id, size);
      gone.putSync(key, true);
      if (!hasRecords(holds)) commit.onCommitted(() => this.#remove(id));
    }
  }

  /** Within a commit: takes durably removed files off the journals. */
  clearJournals(commit: Commit): void {
    if (this.#removed.size === 0) return;
    const removed = [...this.#removed];
    for (const id of removed) {
      this.#tables.gone.removeSync(idKey(id));
      this.#tables.arriving.removeSync(idKey(id));
    }
    commit.onCommitted(() => {
      for (const id of removed) this.#removed.delete(id);
    });
  }

  /** See `Storage.read`. */
  read(content: ContentRef, first: number, last: number): Promise<Buffer | Readable> {
    const id = parseContentId(content.id);
    const entry = this.#find(id);
    if (Buffer.isBuffer(entry)) return Promise.resolve(entry.subarray(first, last + 1));
    return openVerified(this.#open(id, content, entry, first, last), first, last);
  }

  /** See `Storage.verify`. */
  async verify(content: ContentRef, isPart = false, signal?: CancelSignal): Promise<void> {
    const id = parseContentId(content.id);
    const entry = this.#find(id);
    if (Buffer.isBuffer(entry)) return;
    if (isPart && !(Array.isArray(entry) && entry[4] === null)) return;
    const open = this.#open(id, content, entry, 0, content.size - 1);
    for await (const bytes of readVerified(open)) if (bytes.length > 0) signal?.throwIfAborted();
  }

  async discardFinished(id: number): Promise<void> {
    const isInFile = this.#finishedContents.get(id)?.sums !== undefined;
    try {
      // Checked within a commit, since a record may be about to refer to it.
      const isAdopted = await this.#commits.run((commit) => {
        commit.onCommitted(() => this.#finishedContents.delete(id));
        return this.#tables.contents.has(idKey(id));
      });
      if (isInFile && !isAdopted) await this.removeUnfinished(id);
    } catch {
      // A file is in the journal: the next start or sweep finds it.
      this.#finishedContents.delete(id);
    }
  }

  async removeUnfinished(id: number): Promise<void> {
    this.#remove(id);
    await Promise.all(this.#removing);
  }

  /**
   * Returns files whose last record was removed, from the journal `gone`. Leaves out
   * damaged records, since their numbers may belong to other contents.
   */
  listGone(): number[] {
    return [...readableRecords(this.#tables.gone)].map(({ key }) => idOf(key));
  }

  /** Returns files being written, with their sessions, from the journal `arriving`. */
  listArriving(): { readonly id: number; readonly session: number }[] {
    return [...readableRecords(this.#tables.arriving)].map(({ key, value }) => ({
      id: idOf(key),
      session: value,
    }));
  }

  /**
   * Whether a content still has no record. Reliable only if nothing can add one any more.
   */
  isArriving(id: number): boolean {
    return this.#tables.arriving.peek(idKey(id)) !== undefined;
  }

  /** Removes files that no record refers to, and takes them off the journals. */
  async sweep(ids: readonly number[]): Promise<void> {
    for (const id of ids) {
      const isDone = this.#removed.has(id) || this.#unsynced.has(id);
      if (!isDone && !this.#tables.contents.has(idKey(id))) await this.removeUnfinished(id);
    }
    await this.#syncRemoved();
    if (this.#removed.size > 0) await this.#commits.run((commit) => this.clearJournals(commit));
  }

  /** Waits for pending removals and cleans the journals up. */
  async close(): Promise<void> {
    for (const id of this.ids.unusedForFiles()) this.#removed.add(id);
    await Promise.all(this.#removing);
    await this.#syncRemoved();
    if (this.#removed.size > 0) await this.#commits.run((commit) => this.clearJournals(commit));
  }

  /**
   * Returns the verified bytes of an inline content, or what is recorded of one in a
   * file.
   */
  #find(id: number): Buffer | StoredContent | FinishedContent {
    const finishedContent = this.#finishedContents.get(id);
    if (finishedContent !== undefined) return finishedContent.bytes ?? finishedContent;
    const stored = this.#tables.contents.get(idKey(id));
    if (stored === undefined) throw goneError();
    return stored[3] === Place.File ? stored : this.#inline(id, stored);
  }

  #inline(id: number, [, size, etag, , sum]: StoredContent): Buffer {
    const bytes = this.#tables.inline.get(idKey(id));
    const isRight =
      bytes?.length === size && (sum === null ? md5Of(bytes) === etag : crc32(bytes) === sum);
    if (isRight) return bytes;
    const what = `content ${formatContentId(id)} in the database`;
    throw new StorageError('corrupt', `${what} is ${bytes ? 'damaged' : 'missing'}`);
  }

  /** Opens a file with the verifier for the bytes `first` to `last`, both inclusive. */
  #open(
    id: number,
    content: ContentRef,
    entry: StoredContent | FinishedContent,
    first: number,
    last: number,
  ): OpenContent {
    const { size, etag } = content;
    const isWhole = first === 0 && last === size - 1;
    let verifier: Verifier;
    if (!Array.isArray(entry)) verifier = entry.sums ?? UNVERIFIED;
    else if (entry[4] !== null) verifier = getSums(this.#tables.sums, id, first, last);
    else verifier = isWhole ? new WholeBody(size, etag) : UNVERIFIED;
    try {
      return { ...this.files.open(id, size), size, verifier };
    } catch (error) {
      throw this.#isFileMissing(id, error) ? missingFileError(id) : error;
    }
  }

  /** Whether a file is missing although its record still exists. */
  #isFileMissing(id: number, error: unknown): boolean {
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
        // It stays in the journal: the next start or sweep tries again.
        () => undefined,
      )
      .finally(() => this.#removing.delete(removing));
    this.#removing.add(removing);
  }

  /** Makes removals durable, so that the journals can drop them. Never rejects. */
  async #syncRemoved(): Promise<void> {
    const ids = this.#unsynced;
    this.#unsynced = new Set();
    try {
      await this.files.syncFoldersOf(ids);
      for (const id of ids) this.#removed.add(id);
    } catch {
      // They stay in the journal: the next start or sweep tries again.
    }
  }
}

/** Returns a content's record with one reference more or less. */
function addReferences([references, ...rest]: StoredContent, change: 1 | -1): StoredContent {
  return [references + change, ...rest];
}

function hasRecords(table: Table<unknown>): boolean {
  for (const key of table.getKeys({ limit: 1 })) return key.length > 0;
  return false;
}

function md5Of(bytes: Buffer): string {
  return createHash('md5').update(bytes).digest('hex');
}

function goneError(): StorageError {
  return new StorageError('gone', 'no object refers to the content any more');
}

function missingFileError(id: number): StorageError {
  return new StorageError('corrupt', `the file of content ${formatContentId(id)} is missing`);
}
