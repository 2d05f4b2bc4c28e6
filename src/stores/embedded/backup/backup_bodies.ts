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
import { toStorageError, StorageError } from '../storage/storage_error';
import { getSums } from '../storage/sums';
import type { Tables } from '../storage/tables';
import { readVerified } from '../storage/verified_file';

/** The result of copying a content. */
export type Outcome = { readonly state: 'copied' | 'kept' } | BadOutcome;

/** The content differs from what was written. */
export type BadOutcome =
  /** The MD5 is right, but the block checksums are not. */
  | { readonly state: 'checksums' }
  | { readonly state: 'missing' }
  | { readonly state: 'damaged'; readonly cause: string };

/** Copies bodies to a backup, verifying each while it is read. */
export class BodyCopier {
  constructor(
    /** The copy of the database. */
    private readonly copy: Tables,
    private readonly snapshot: Transaction,
    private readonly source: ContentFiles,
    private readonly target: Target,
    /** Called with the number of bytes copied; throws if the backup is to stop. */
    private readonly onBytes: (count: number) => void,
  ) {}

  /**
   * Copies a content to the target, if necessary and if it is intact.
   *
   * @throws StorageError `no-space`, `failed` if the target cannot be written; `target`
   */
  async copyContent(id: number, stored: StoredContent): Promise<Outcome> {
    const status = this.target.statusOf(id, stored);
    if (stored[3] === Place.Inline) return this.#checkInline(id, stored);
    if (status === 'kept') return { state: 'kept' };
    if (status === 'unverified' && (await this.#isLeftoverIntact(id, stored))) {
      await this.target.addContent(id);
      return { state: 'kept' };
    }
    const { sums, whole } = this.#verifiers(id, stored);
    if (sums === undefined) return this.#copyFile(id, stored, whole());
    const first = await this.#copyFile(id, stored, sums);
    if (first.state !== 'damaged') return first;
    const second = await this.#copyFile(id, stored, whole());
    return second.state === 'copied' ? { state: 'checksums' } : first;
  }

  /**
   * Checks an inline content in the copy of the database. If it is damaged, an earlier
   * backup may have it intact.
   */
  #checkInline(id: number, stored: StoredContent): Outcome {
    const key = idKey(id);
    const bytes = this.copy.inline.get(key, { transaction: this.snapshot });
    if (isIntactInline(bytes, stored)) return { state: 'copied' };
    const before = this.target.earlier.inline.get(key);
    if (before !== undefined && isIntactInline(before, stored))
      this.copy.root.transactionSync(() => this.copy.inline.putSync(key, before));
    if (bytes === undefined) return { state: 'missing' };
    return { state: 'damaged', cause: 'its bytes in the database differ' };
  }

  /**
   * Returns the verifiers of a body: by block, if there are checksums, and as a whole.
   */
  #verifiers(id: number, [, size, etag, , check]: StoredContent) {
    const whole = () => new WholeBody(size, etag);
    if (check === null) return { sums: undefined, whole };
    try {
      return { sums: getSums(this.copy.sums, id, 0, size - 1, this.snapshot), whole };
    } catch (error) {
      if (codeOf(error) !== 'corrupt') throw error;
      return { sums: { areIntact: () => false } satisfies Verifier, whole };
    }
  }

  /** Whether the file left by an interrupted backup is intact. */
  async #isLeftoverIntact(id: number, [, size, etag]: StoredContent): Promise<boolean> {
    try {
      const leftover = {
        ...this.target.files.open(id, size),
        size,
        verifier: new WholeBody(size, etag),
      };
      for await (const bytes of readVerified(leftover)) void bytes;
      return true;
    } catch (error) {
      if (codeOf(error) !== 'gone' && !isDamage(error)) throw error;
      return false;
    }
  }

  async #copyFile(id: number, stored: StoredContent, verifier: Verifier): Promise<Outcome> {
    const unfinished = path.join(this.target.stage, formatContentId(id));
    try {
      await this.#write(unfinished, this.#read(id, stored, verifier));
      await this.target.addContent(id, unfinished);
      return { state: 'copied' };
    } catch (error) {
      await rm(unfinished, { force: true });
      if (!(error instanceof SourceError))
        throw toStorageError(`could not write the backup to ${this.target.folder}`, error);
      if (error.isMissing) return { state: 'missing' };
      return { state: 'damaged', cause: error.message };
    }
  }

  /** @throws SourceError, also during the iteration */
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

/** A body cannot be read as it was written. The backup continues without it. */
class SourceError extends Error {
  readonly isMissing: boolean;

  constructor(cause: unknown) {
    super(messageOf(cause), { cause });
    this.isMissing = cause instanceof StorageError && cause.code === 'gone';
  }
}

function isIntactInline(bytes: Buffer | undefined, [, size, etag, , sum]: StoredContent): boolean {
  if (bytes?.length !== size) return false;
  if (sum !== null) return crc32(bytes) === sum;
  return createHash('md5').update(bytes).digest('hex') === etag;
}

/**
 * Writes in several calls: a nearly full disk first writes what fits, and reports the
 * error with the next call.
 */
async function writeAll(handle: FileHandle, bytes: Buffer): Promise<void> {
  for (let remaining = bytes; remaining.length > 0;) {
    const { bytesWritten } = await handle.write(remaining);
    remaining = remaining.subarray(bytesWritten);
  }
}
