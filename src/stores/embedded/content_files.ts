import { closeSync, createReadStream, fstatSync, openSync } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, rename, unlink } from 'node:fs/promises';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { codeOf } from '../../errors';
import { formatContentId } from './records';
import { fromSystem, StorageError } from './storage_error';

/** What a file is called before all of its bytes are on disk. */
const partial = '.part';

/** How much is read from a file at once. */
const readSize = 256 * 1024;

/** Contents as files, by number: `content/xx/NUMBER`, where xx are the number's last two digits, so that folders fill evenly. */
export class ContentFiles {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = path.join(folder, 'content');
  }

  /** Makes the folders that are missing. */
  async prepare(): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    const there = new Set(await readdir(this.#folder));
    for (let i = 0; i < 256; i++) {
      const name = i.toString(16).padStart(2, '0');
      if (!there.has(name)) await mkdir(path.join(this.#folder, name), { recursive: true, mode: 0o700 });
    }
    // Also where nothing was missing: who made them may have crashed before this.
    await syncFolder(this.#folder);
  }

  /** A new file, which nobody else can have. */
  async create(id: number): Promise<FileHandle> {
    return open(this.#path(id) + partial, 'wx', 0o600);
  }

  /** Gives a file, whose bytes are on disk, its final name, durably. */
  async keep(id: number): Promise<void> {
    const file = this.#path(id);
    await rename(file + partial, file);
    await syncFolder(path.dirname(file));
  }

  /** Removes what there is of a content: whole, in part, or nothing. */
  async remove(id: number): Promise<void> {
    for (const file of [this.#path(id), this.#path(id) + partial]) {
      try {
        await unlink(file);
      } catch (error) {
        if (codeOf(error) !== 'ENOENT') throw error;
      }
    }
  }

  /**
   * Bytes from first to last. The file is opened now and not when the stream is read, so that it may be removed meanwhile.
   *
   * @throws StorageError `gone`, `corrupt` where the file is not as long as it should be, `failed`
   */
  read(id: number, size: number, first: number, last: number): Readable {
    const fd = this.#open(id);
    try {
      const found = fstatSync(fd).size;
      if (found !== size)
        throw new StorageError('corrupt', `${this.#path(id)} has ${found} bytes and not ${size}`);
      return createReadStream('', { fd, start: first, end: last, highWaterMark: readSize });
    } catch (error) {
      closeSync(fd);
      throw fromSystem('could not read', error);
    }
  }

  /** The names of all files, as paths under the folder of contents, with the content's number where the name is one. */
  async *all(): AsyncGenerator<{ readonly name: string; readonly id: number | undefined }> {
    for (const folder of await readdir(this.#folder)) {
      for (const file of await readdir(path.join(this.#folder, folder))) {
        const id = /^[0-9a-f]{16}$/.test(file) ? parseInt(file, 16) : undefined;
        const inPlace = id !== undefined && this.#path(id) === path.join(this.#folder, folder, file);
        yield { name: path.join('content', folder, file), id: inPlace ? id : undefined };
      }
    }
  }

  #open(id: number): number {
    try {
      return openSync(this.#path(id), 'r');
    } catch (error) {
      if (codeOf(error) === 'ENOENT') throw new StorageError('gone', 'the content is no object’s any more');
      throw fromSystem('could not read', error);
    }
  }

  #path(id: number): string {
    const name = formatContentId(id);
    return path.join(this.#folder, name.slice(-2), name);
  }
}

/** Has the names in a folder on disk. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
