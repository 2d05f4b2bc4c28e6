import { close, closeSync, read } from 'node:fs';
import { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { BLOCK, type Verifier } from './block_sums';
import { toStorageError, StorageError } from './storage_error';

/** Bytes to read from a file at once: whole blocks. */
const READ_SIZE = 4 * BLOCK;

const readFrom = promisify(read);

/** A content's open file, with the verifier of its bytes. */
export interface OpenContent {
  /** Closed by its reader. */
  readonly fd: number;
  /** For people. */
  readonly name: string;
  readonly size: number;
  readonly verifier: Verifier;
}

/**
 * Reads the bytes `first` to `last`, both inclusive, none of which is returned before it
 * is verified. Resolves once the first are verified, so that damage there is known before
 * a response begins. Closes the file.
 *
 * @throws StorageError `corrupt`, `failed`; the stream fails with the same
 */
export async function openVerified(
  content: OpenContent,
  first: number,
  last: number,
): Promise<Buffer | Readable> {
  const blocks = new BlockReader(content, first, last);
  let firstBytes: Buffer;
  try {
    firstBytes = await blocks.next();
  } catch (error) {
    closeSync(content.fd);
    throw toStorageError('could not read', error);
  }
  if (!blocks.isDone) return new VerifiedFile(blocks, firstBytes);
  closeSync(content.fd);
  return firstBytes;
}

/** Reads and verifies a whole content, a piece at a time. Closes the file. */
export async function* readVerified(content: OpenContent): AsyncGenerator<Buffer> {
  try {
    const blocks = new BlockReader(content, 0, content.size - 1);
    while (!blocks.isDone) yield await blocks.next();
  } catch (error) {
    throw toStorageError('could not read', error);
  } finally {
    closeSync(content.fd);
  }
}

/** Reads a range of a file in whole blocks. */
class BlockReader {
  readonly content: OpenContent;
  readonly #first: number;
  readonly #end: number;
  #pos: number;

  constructor(content: OpenContent, first: number, last: number) {
    this.content = content;
    this.#first = first;
    this.#end = last + 1;
    this.#pos = first - (first % BLOCK);
  }

  get isDone(): boolean {
    return this.#pos >= this.#end;
  }

  /** Returns the next bytes of the range. */
  async next(): Promise<Buffer> {
    const { name, size, verifier } = this.content;
    const start = this.#pos;
    const blockEnd = Math.ceil(this.#end / BLOCK) * BLOCK;
    const bytes = await this.#read(start, Math.min(start + READ_SIZE, blockEnd, size));
    const last = start + bytes.length - 1;
    if (!verifier.areIntact(bytes, start))
      throw new StorageError('corrupt', `${name} is damaged between bytes ${start} and ${last}`);
    this.#pos = last + 1;
    return bytes.subarray(Math.max(this.#first - start, 0), this.#end - start);
  }

  async #read(start: number, end: number): Promise<Buffer> {
    const bytes = Buffer.allocUnsafeSlow(end - start);
    for (let pos = 0; pos < bytes.length;) {
      const { bytesRead } = await readFrom(
        this.content.fd,
        bytes,
        pos,
        bytes.length - pos,
        start + pos,
      );
      if (bytesRead === 0)
        throw new StorageError('corrupt', `${this.content.name} ends before byte ${end}`);
      pos += bytesRead;
    }
    return bytes;
  }
}

class VerifiedFile extends Readable {
  readonly #blocks: BlockReader;
  /** Bytes that were read before the stream was created. */
  #firstBytes: Buffer | undefined;
  /** The pending read: the file must not be closed before it ends. */
  #reading: Promise<void> | undefined;

  constructor(blocks: BlockReader, firstBytes: Buffer) {
    super({ highWaterMark: READ_SIZE });
    this.#blocks = blocks;
    this.#firstBytes = firstBytes;
  }

  override _read(): void {
    const firstBytes = this.#firstBytes;
    this.#firstBytes = undefined;
    if (firstBytes !== undefined) this.push(firstBytes);
    else if (this.#blocks.isDone) this.push(null);
    else this.#reading = this.#next();
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    const { fd } = this.#blocks.content;
    void (this.#reading ?? Promise.resolve()).then(() =>
      close(fd, (closeError) => callback(error ?? closeError)),
    );
  }

  /** Never rejects. */
  async #next(): Promise<void> {
    try {
      const bytes = await this.#blocks.next();
      this.#reading = undefined;
      this.push(bytes);
    } catch (error) {
      this.#reading = undefined;
      this.destroy(toStorageError('could not read', error));
    }
  }
}
