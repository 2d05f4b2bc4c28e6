import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { BlockSummer, type BlockSums } from './block_sums';
import type { ContentFiles } from './content_files';
import type { ContentIds } from './content_ids';
import { formatContentId, parseContentId } from './records';
import type { ContentRef, Incoming } from './storage';
import { fromSystem, StorageError } from './storage_error';

/** How much is gathered before it is written to a file. */
const writeSize = 512 * 1024;

/** A finished content: its bytes if they are to be kept in the database, or its file's checksums. */
export type Landed =
  | { readonly bytes: Buffer; readonly sum: number; readonly sums?: undefined }
  | { readonly bytes?: undefined; readonly sums: BlockSums };

/** What an arrival needs of the storage. */
export interface Harbour {
  readonly files: ContentFiles;
  readonly numbers: ContentIds;
  /** Contents up to this size are kept in the database, in bytes. */
  readonly inlineLimit: number;
  /** Notes a finished content, which no record has yet. */
  landed(id: number, content: Landed): void;
  /** Forgets a finished content unless a record has it. Never rejects. */
  dropped(id: number): Promise<void>;
  /** Removes an unfinished content's file. Never rejects. */
  sank(id: number): Promise<void>;
}

/** Bytes on their way in: gathered in memory, and from a certain size on in a file. */
export class Upload implements Incoming {
  readonly #harbour: Harbour;
  readonly #hash = createHash('md5');
  readonly #summer = new BlockSummer();
  #chunks: Buffer[] = [];
  #gathered = 0;
  #size = 0;
  #fileId: number | undefined;
  #handle: FileHandle | undefined;
  #state: 'open' | 'finished' | 'broken' | 'over' = 'open';
  #finished: ContentRef | undefined;
  /** What is being done, so that `discard` comes after it. */
  #doing: Promise<unknown> = Promise.resolve();

  constructor(harbour: Harbour) {
    this.#harbour = harbour;
  }

  write(chunk: Buffer): Promise<void> {
    return this.#do('write', async () => {
      this.#hash.update(chunk);
      this.#summer.update(chunk);
      this.#chunks.push(chunk);
      this.#gathered += chunk.length;
      this.#size += chunk.length;
      if (this.#gathered >= Math.max(writeSize, this.#harbour.inlineLimit + 1)) await this.#flush();
    });
  }

  finish(): Promise<ContentRef> {
    return this.#do('finish', async () => {
      const small = this.#fileId === undefined && this.#size <= this.#harbour.inlineLimit;
      const id = small ? await this.#harbour.numbers.forSmall() : await this.#finishFile();
      this.#harbour.landed(id, small ? this.#inline() : { sums: this.#summer.digest() });
      this.#chunks = [];
      this.#state = 'finished';
      this.#finished = {
        id: formatContentId(id),
        size: this.#size,
        etag: this.#hash.digest('hex'),
      };
      return this.#finished;
    });
  }

  async discard(): Promise<void> {
    await this.#doing.catch(() => undefined);
    if (this.#state === 'over') return;
    this.#state = 'over';
    this.#chunks = [];
    if (this.#finished !== undefined)
      return this.#harbour.dropped(parseContentId(this.#finished.id));
    await this.#handle?.close().catch(() => undefined);
    if (this.#fileId !== undefined) await this.#harbour.sank(this.#fileId);
  }

  /** After a failure nothing more is taken: the bytes would have a gap. */
  #do<T>(what: string, work: () => Promise<T>): Promise<T> {
    if (this.#state !== 'open') {
      return Promise.reject(
        new StorageError('closed', `cannot ${what}: this content is ${this.#state}`),
      );
    }
    const doing = work().catch((error: unknown) => {
      this.#state = 'broken';
      throw fromSystem(`could not ${what}`, error);
    });
    this.#doing = doing;
    return doing;
  }

  #inline(): Landed {
    const bytes = Buffer.concat(this.#chunks);
    return { bytes, sum: crc32(bytes) };
  }

  async #finishFile(): Promise<number> {
    const { id, handle } = await this.#flush();
    await handle.sync();
    await handle.close();
    await this.#harbour.files.keep(id);
    return id;
  }

  async #flush(): Promise<{ readonly id: number; readonly handle: FileHandle }> {
    const id = (this.#fileId ??= await this.#harbour.numbers.forFile());
    const handle = (this.#handle ??= await this.#harbour.files.create(id));
    const chunks = this.#chunks;
    this.#chunks = [];
    this.#gathered = 0;
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

/** A disk that is nearly full writes what fits; the next call says why it took no more. */
async function writeRest(handle: FileHandle, rest: Buffer): Promise<void> {
  for (let left = rest; left.length > 0;) {
    const { bytesWritten } = await handle.write(left);
    left = left.subarray(bytesWritten);
  }
}
