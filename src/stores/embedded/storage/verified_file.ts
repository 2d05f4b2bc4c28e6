import { close, closeSync, read } from 'node:fs';
import { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { BLOCK, type Verifier } from './block_sums';
import { fromSystem, StorageError } from './storage_error';

/** How much is read from a file at once: whole blocks. */
const READ_SIZE = 4 * BLOCK;

const readFrom = promisify(read);

/** An open file of a content, and what judges its bytes. */
export interface OpenContent {
  /** Its reader closes it. */
  readonly fd: number;
  /** For people. */
  readonly name: string;
  readonly size: number;
  readonly verifier: Verifier;
}

/**
 * Bytes from first to last, both counted, none of which is passed on before it is verified. Resolves
 * once the first are, so that damage there is known before an answer begins. Closes the file.
 *
 * @throws StorageError `corrupt`, `failed`; the stream fails with the same
 */
export async function openVerified(
  content: OpenContent,
  first: number,
  last: number,
): Promise<Buffer | Readable> {
  const blocks = new Blocks(content, first, last);
  let ahead: Buffer;
  try {
    ahead = await blocks.next();
  } catch (error) {
    closeSync(content.fd);
    throw fromSystem('could not read', error);
  }
  if (!blocks.isDone) return new VerifiedFile(blocks, ahead);
  closeSync(content.fd);
  return ahead;
}

/** Reads all bytes of a content, verified, a piece at a time. Closes the file. */
export async function* readVerified(content: OpenContent): AsyncGenerator<Buffer> {
  try {
    const blocks = new Blocks(content, 0, content.size - 1);
    while (!blocks.isDone) yield await blocks.next();
  } catch (error) {
    throw fromSystem('could not read', error);
  } finally {
    closeSync(content.fd);
  }
}

/** A place in a file, which goes from block to block. */
class Blocks {
  readonly content: OpenContent;
  readonly #first: number;
  readonly #end: number;
  #at: number;

  constructor(content: OpenContent, first: number, last: number) {
    this.content = content;
    this.#first = first;
    this.#end = last + 1;
    this.#at = first - (first % BLOCK);
  }

  get isDone(): boolean {
    return this.#at >= this.#end;
  }

  /** The next bytes of the range. */
  async next(): Promise<Buffer> {
    const { name, size, verifier } = this.content;
    const start = this.#at;
    const whole = Math.ceil(this.#end / BLOCK) * BLOCK;
    const bytes = await this.#read(start, Math.min(start + READ_SIZE, whole, size));
    const last = start + bytes.length - 1;
    if (!verifier.areRight(bytes, start))
      throw new StorageError('corrupt', `${name} is damaged between bytes ${start} and ${last}`);
    this.#at = last + 1;
    return bytes.subarray(Math.max(this.#first - start, 0), this.#end - start);
  }

  async #read(start: number, end: number): Promise<Buffer> {
    const bytes = Buffer.allocUnsafeSlow(end - start);
    for (let at = 0; at < bytes.length;) {
      const { bytesRead } = await readFrom(
        this.content.fd,
        bytes,
        at,
        bytes.length - at,
        start + at,
      );
      if (bytesRead === 0)
        throw new StorageError('corrupt', `${this.content.name} ends before byte ${end}`);
      at += bytesRead;
    }
    return bytes;
  }
}

class VerifiedFile extends Readable {
  readonly #blocks: Blocks;
  /** What was read before the stream was handed out. */
  #ahead: Buffer | undefined;
  /** The read that is under way: the file must not be closed before it ends. */
  #reading: Promise<void> | undefined;

  constructor(blocks: Blocks, ahead: Buffer) {
    super({ highWaterMark: READ_SIZE });
    this.#blocks = blocks;
    this.#ahead = ahead;
  }

  override _read(): void {
    const ahead = this.#ahead;
    this.#ahead = undefined;
    if (ahead !== undefined) this.push(ahead);
    else if (this.#blocks.isDone) this.push(null);
    else this.#reading = this.#next();
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    const { fd } = this.#blocks.content;
    void (this.#reading ?? Promise.resolve()).then(() =>
      close(fd, (failed) => callback(error ?? failed)),
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
      this.destroy(fromSystem('could not read', error));
    }
  }
}
