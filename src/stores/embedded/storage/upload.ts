import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { BlockSummer, type BlockSums } from './block_sums';
import type { ContentFiles } from './content_files';
import type { ContentIds } from './content_ids';
import { formatContentId, parseContentId } from './records';
import type { ContentRef, ContentWriter } from './storage';
import { toStorageError, StorageError } from './storage_error';

/** Number of bytes to buffer before a write to a file. */
const writeSize = 512 * 1024;

/**
 * A finished content: its bytes if they go into the database, or its file's checksums.
 */
export type FinishedContent =
  | { readonly bytes: Buffer; readonly sum: number; readonly sums?: undefined }
  | { readonly bytes?: undefined; readonly sums: BlockSums };

/** What an upload needs of the storage. */
export interface UploadStore {
  readonly files: ContentFiles;
  readonly ids: ContentIds;
  /** Max size in bytes of contents stored in the database. */
  readonly inlineLimit: number;
  /** Remembers a finished content that no record refers to yet. */
  addFinished(id: number, content: FinishedContent): void;
  /** Drops a finished content unless a record refers to it. Never rejects. */
  discardFinished(id: number): Promise<void>;
  /** Removes an unfinished content's file. Never rejects. */
  removeUnfinished(id: number): Promise<void>;
}

/** An upload, buffered in memory and above a certain size written to a file. */
export class Upload implements ContentWriter {
  readonly #store: UploadStore;
  readonly #hash = createHash('md5');
  readonly #summer = new BlockSummer();
  #chunks: Buffer[] = [];
  #bufferedBytes = 0;
  #size = 0;
  #fileId: number | undefined;
  #handle: FileHandle | undefined;
  #state: 'open' | 'finished' | 'failed' | 'discarded' = 'open';
  #content: ContentRef | undefined;
  /** The pending operation, which `discard` waits for. */
  #pending: Promise<unknown> = Promise.resolve();

  constructor(store: UploadStore) {
    this.#store = store;
  }

  write(chunk: Buffer): Promise<void> {
    return this.#run('write', async () => {
      this.#hash.update(chunk);
      this.#summer.update(chunk);
      this.#chunks.push(chunk);
      this.#bufferedBytes += chunk.length;
      this.#size += chunk.length;
      if (this.#bufferedBytes >= Math.max(writeSize, this.#store.inlineLimit + 1))
        await this.#flush();
    });
  }

  finish(): Promise<ContentRef> {
    return this.#run('finish', async () => {
      const isSmall = this.#fileId === undefined && this.#size <= this.#store.inlineLimit;
      const id = isSmall ? await this.#store.ids.forSmall() : await this.#finishFile();
      this.#store.addFinished(id, isSmall ? this.#inline() : { sums: this.#summer.digest() });
      this.#chunks = [];
      this.#state = 'finished';
      this.#content = {
        id: formatContentId(id),
        size: this.#size,
        etag: this.#hash.digest('hex'),
      };
      return this.#content;
    });
  }

  async discard(): Promise<void> {
    await this.#pending.catch(() => undefined);
    if (this.#state === 'discarded') return;
    this.#state = 'discarded';
    this.#chunks = [];
    if (this.#content !== undefined)
      return this.#store.discardFinished(parseContentId(this.#content.id));
    await this.#handle?.close().catch(() => undefined);
    if (this.#fileId !== undefined) await this.#store.removeUnfinished(this.#fileId);
  }

  /** Accepts nothing after a failure: the bytes would have a gap. */
  #run<T>(action: string, work: () => Promise<T>): Promise<T> {
    if (this.#state !== 'open') {
      return Promise.reject(
        new StorageError('closed', `cannot ${action}: the upload is ${this.#state}`),
      );
    }
    const pending = work().catch((error: unknown) => {
      this.#state = 'failed';
      throw toStorageError(`could not ${action}`, error);
    });
    this.#pending = pending;
    return pending;
  }

  #inline(): FinishedContent {
    const bytes = Buffer.concat(this.#chunks);
    return { bytes, sum: crc32(bytes) };
  }

  async #finishFile(): Promise<number> {
    const { id, handle } = await this.#flush();
    await handle.sync();
    await handle.close();
    await this.#store.files.publish(id);
    return id;
  }

  async #flush(): Promise<{ readonly id: number; readonly handle: FileHandle }> {
    const id = (this.#fileId ??= await this.#store.ids.forFile());
    const handle = (this.#handle ??= await this.#store.files.create(id));
    const chunks = this.#chunks;
    this.#chunks = [];
    this.#bufferedBytes = 0;
    await writeAll(handle, chunks);
    return { id, handle };
  }
}

async function writeAll(handle: FileHandle, chunks: Buffer[]): Promise<void> {
  const total = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  if (total === 0) return;
  const { bytesWritten } = await handle.writev(chunks);
  if (bytesWritten < total) await writeRest(handle, Buffer.concat(chunks).subarray(bytesWritten));
}

/**
 * Writes the rest in several calls: a nearly full disk first writes what fits, and
 * reports the error with the next call.
 */
async function writeRest(handle: FileHandle, rest: Buffer): Promise<void> {
  for (let remaining = rest; remaining.length > 0;) {
    const { bytesWritten } = await handle.write(remaining);
    remaining = remaining.subarray(bytesWritten);
  }
}
