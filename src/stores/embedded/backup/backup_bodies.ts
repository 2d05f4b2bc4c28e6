import { crc32 } from 'node:zlib';
import { createHash } from 'node:crypto';
import { type FileHandle, open, rm } from 'node:fs/promises';
import path from 'node:path';
import type { Transaction } from 'lmdb';
import { codeOf, messageOf } from '../../../util/errors';
import type { Target } from './backup_target';
import { type Verifier, WholeBody } from '../storage/block_sums';
import { isDamage } from '../storage/body_check';
import type { ContentFiles } from '../storage/content_files';
import { idKey } from '../storage/keys';
import { FILE_MODE } from '../storage/privacy';
import { formatContentId, Place, type StoredContent } from '../storage/records';
import { fromSystem, StorageError } from '../storage/storage_error';
import { getSums } from '../storage/sums';
import type { Tables } from '../storage/tables';
import { readVerified } from '../storage/verified_file';

/** What became of a content. */
export type Outcome = { readonly state: 'copied' | 'kept' } | BadOutcome;

/** It is not as it was written. */
export type BadOutcome =
  /** Its MD5 is right, but the checksums of its blocks are not. */
  | { readonly state: 'checksums' }
  | { readonly state: 'missing' }
  | { readonly state: 'damaged'; readonly cause: string };

/** Copies bodies into a backup, each verified while it is read. */
export class Bodies {
  constructor(
    /** The copy of the database. */
    private readonly copy: Tables,
    private readonly snapshot: Transaction,
    private readonly source: ContentFiles,
    private readonly target: Target,
    /** Called with the bytes that were copied; throws if the backup is to stop. */
    private readonly onBytes: (count: number) => void,
  ) {}

  /**
   * Has a content in the target, if it is whole there or in the data folder.
   *
   * @throws StorageError `no-space`, `failed` if the target cannot be written; `target`
   */
  async bring(id: number, stored: StoredContent): Promise<Outcome> {
    const standing = this.target.standing(id, stored);
    if (stored[3] === Place.Inline) return this.#inline(id, stored);
    if (standing === 'kept') return { state: 'kept' };
    if (standing === 'unverified' && (await this.#isWhole(id, stored))) {
      await this.target.keep(id);
      return { state: 'kept' };
    }
    const { sums, whole } = this.#verifiers(id, stored);
    if (sums === undefined) return this.#file(id, stored, whole());
    const first = await this.#file(id, stored, sums);
    if (first.state !== 'damaged') return first;
    const second = await this.#file(id, stored, whole());
    return second.state === 'copied' ? { state: 'checksums' } : first;
  }

  /** It lies in the copy of the database; if it is damaged, the backup before may have it whole. */
  #inline(id: number, stored: StoredContent): Outcome {
    const key = idKey(id);
    const bytes = this.copy.inline.get(key, { transaction: this.snapshot });
    if (isInline(bytes, stored)) return { state: 'copied' };
    const before = this.target.earlier.inline.get(key);
    if (before !== undefined && isInline(before, stored))
      this.copy.root.transactionSync(() => this.copy.inline.putSync(key, before));
    if (bytes === undefined) return { state: 'missing' };
    return { state: 'damaged', cause: 'its bytes in the database are others' };
  }

  /** How a body can be judged: by block, if there are checksums, and as a whole. */
  #verifiers(id: number, [, size, etag, , check]: StoredContent) {
    const whole = () => new WholeBody(size, etag);
    if (check === null) return { sums: undefined, whole };
    try {
      return { sums: getSums(this.copy.sums, id, 0, size - 1, this.snapshot), whole };
    } catch (error) {
      if (codeOf(error) !== 'corrupt') throw error;
      return { sums: { areRight: () => false } satisfies Verifier, whole };
    }
  }

  /** Whether what an interrupted backup left is the content. */
  async #isWhole(id: number, [, size, etag]: StoredContent): Promise<boolean> {
    try {
      const left = {
        ...this.target.files.open(id, size),
        size,
        verifier: new WholeBody(size, etag),
      };
      for await (const bytes of readVerified(left)) void bytes;
      return true;
    } catch (error) {
      if (codeOf(error) !== 'gone' && !isDamage(error)) throw error;
      return false;
    }
  }

  async #file(id: number, stored: StoredContent, verifier: Verifier): Promise<Outcome> {
    const unfinished = path.join(this.target.stage, formatContentId(id));
    try {
      await this.#write(unfinished, this.#read(id, stored, verifier));
      await this.target.keep(id, unfinished);
      return { state: 'copied' };
    } catch (error) {
      await rm(unfinished, { force: true });
      if (!(error instanceof SourceError))
        throw fromSystem(`could not write the backup to ${this.target.folder}`, error);
      if (error.isMissing) return { state: 'missing' };
      return { state: 'damaged', cause: error.message };
    }
  }

  /** @throws SourceError, also while it is read */
  async *#read(id: number, [, size]: StoredContent, verifier: Verifier): AsyncGenerator<Buffer> {
    try {
      yield* readVerified({ ...this.source.open(id, size), size, verifier });
    } catch (error) {
      if (codeOf(error) !== 'gone' && !isDamage(error)) throw error;
      throw new SourceError(error);
    }
  }

  async #write(file: string, bytes: AsyncIterable<Buffer>): Promise<void> {
    const handle = await open(file, 'wx', FILE_MODE);
    try {
      for await (const piece of bytes) {
        await writeAll(handle, piece);
        this.onBytes(piece.length);
      }
      await handle.sync();
    } finally {
      await handle.close();
    }
  }
}

/** A body cannot be read as it was written: the backup goes on without it. */
class SourceError extends Error {
  readonly isMissing: boolean;

  constructor(cause: unknown) {
    super(messageOf(cause), { cause });
    this.isMissing = cause instanceof StorageError && cause.code === 'gone';
  }
}

function isInline(bytes: Buffer | undefined, [, size, etag, , sum]: StoredContent): boolean {
  if (bytes?.length !== size) return false;
  if (sum !== null) return crc32(bytes) === sum;
  return createHash('md5').update(bytes).digest('hex') === etag;
}

/** A disk that is nearly full writes what fits; the next call says why it took no more. */
async function writeAll(handle: FileHandle, bytes: Buffer): Promise<void> {
  for (let left = bytes; left.length > 0;) {
    const { bytesWritten } = await handle.write(left);
    left = left.subarray(bytesWritten);
  }
}
