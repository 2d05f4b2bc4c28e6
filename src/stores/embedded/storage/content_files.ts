import { closeSync, type Dirent } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, rename, unlink } from 'node:fs/promises';
import path from 'node:path';
import { codeOf } from '../../../util/errors';
import { FILE_MODE, FOLDER_MODE, type Privacy } from './privacy';
import { formatContentId } from './records';
import { openRegularFile, type OpenFile } from './regular_file';
import { toStorageError, StorageError } from './storage_error';

/** Suffix of a file whose bytes are not all on disk yet. */
const partial = '.part';

/** An entry of the `content` folder. */
export interface ContentEntry {
  /** Path within the data folder. */
  readonly name: string;
  /** Number of the content whose file has this name. */
  readonly id: number | undefined;
  /** Whether it is a regular file. */
  readonly isFile: boolean;
  /** Whether the name is that of a file still being written. */
  readonly isPart: boolean;
}

/**
 * Stores contents as files, by number: `content/xx/NUMBER`, where xx are the number's
 * last two digits, so that folders fill evenly.
 */
export class ContentFiles {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = path.join(folder, 'content');
  }

  /** Creates missing folders and makes all of them private. */
  async prepare(privacy: Privacy): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: FOLDER_MODE });
    await privacy.restrictFolder(this.#folder);
    const existing = new Set(await readdir(this.#folder));
    for (let i = 0; i < 256; i++) {
      const name = i.toString(16).padStart(2, '0');
      const folder = path.join(this.#folder, name);
      if (existing.has(name)) await privacy.restrictFolder(folder);
      else await mkdir(folder, { recursive: true, mode: FOLDER_MODE });
    }
    // Even if nothing was missing: the process that created them may have crashed before
    // its sync.
    await syncFolder(this.#folder);
  }

  /** Creates a new file. Fails if it exists. */
  async create(id: number): Promise<FileHandle> {
    return open(this.#path(id) + partial, 'wx', FILE_MODE);
  }

  /** Renames a file whose bytes are on disk to its final name, durably. */
  async publish(id: number): Promise<void> {
    const file = this.#path(id);
    await rename(file + partial, file);
    await syncFolder(path.dirname(file));
  }

  /**
   * Removes a content's file, complete or partial, if there is one. See `syncFoldersOf`.
   */
  async remove(id: number): Promise<void> {
    for (const file of [this.#path(id), this.#path(id) + partial]) {
      try {
        await unlink(file);
      } catch (error) {
        if (codeOf(error) !== 'ENOENT') throw error;
      }
    }
  }

  /** Makes removals of files durable. */
  async syncFoldersOf(ids: Iterable<number>): Promise<void> {
    const folders = new Set([...ids].map((id) => path.dirname(this.#path(id))));
    for (const folder of folders) await syncFolder(folder);
  }

  /**
   * Opens a content's file for reading. It may be removed while it is open.
   *
   * @throws StorageError `gone` if there is none, `corrupt` if it has the wrong length or
   *   is not a regular file, `failed`
   */
  open(id: number, size: number): { readonly fd: number; readonly name: string } {
    const { fd, size: actual } = this.#open(id);
    const name = this.#path(id);
    if (actual === size) return { fd, name };
    closeSync(fd);
    throw new StorageError('corrupt', `${name} has ${actual} bytes instead of ${size}`);
  }

  /** Lists everything in the `content` folder and its subfolders. */
  async *list(): AsyncGenerator<ContentEntry> {
    for (const folder of await this.#entries()) {
      if (!folder.isDirectory()) {
        const name = path.join('content', folder.name);
        yield { name, id: undefined, isFile: folder.isFile(), isPart: false };
        continue;
      }
      for (const file of await readdir(path.join(this.#folder, folder.name), {
        withFileTypes: true,
      })) {
        const id = /^[0-9a-f]{16}(\.part)?$/.test(file.name) ? parseInt(file.name, 16) : undefined;
        const name = path.join('content', folder.name, file.name);
        const isPart = file.name.endsWith(partial);
        const isInPlace = id !== undefined && name === this.nameOf(id) + (isPart ? partial : '');
        yield { name, id: isInPlace ? id : undefined, isFile: file.isFile(), isPart };
      }
    }
  }

  /** Lists the `content` folder, which is missing if the first start was interrupted. */
  async #entries(): Promise<Dirent[]> {
    try {
      return await readdir(this.#folder, { withFileTypes: true });
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return [];
      throw error;
    }
  }

  /** Returns the path of a content's file within the data folder. */
  nameOf(id: number): string {
    return path.join('content', path.relative(this.#folder, this.#path(id)));
  }

  #open(id: number): OpenFile {
    try {
      return openRegularFile(this.#path(id));
    } catch (error) {
      if (codeOf(error) === 'ENOENT')
        throw new StorageError('gone', 'no object refers to the content any more');
      throw toStorageError('could not read', error);
    }
  }

  #path(id: number): string {
    const name = formatContentId(id);
    return path.join(this.#folder, name.slice(-2), name);
  }
}

/** Creates a folder and its missing parents, durably. */
export async function makeFolder(folder: string): Promise<void> {
  const firstCreated = await mkdir(folder, { recursive: true, mode: FOLDER_MODE });
  if (firstCreated === undefined) return;
  // Each new folder's name is stored in its parent.
  for (let current = path.resolve(folder); ; current = path.dirname(current)) {
    await syncFolder(path.dirname(current));
    if (current === path.resolve(firstCreated)) return;
  }
}

/** Makes the names in a folder durable. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
