import { closeSync, type Dirent } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, rename, unlink } from 'node:fs/promises';
import path from 'node:path';
import { codeOf } from '../../../util/errors';
import { FILE_MODE, FOLDER_MODE, type Privacy } from './privacy';
import { formatContentId } from './records';
import { openRegularFile, type OpenFile } from './regular_file';
import { fromSystem, StorageError } from './storage_error';

/** What a file is called before all of its bytes are on disk. */
const partial = '.part';

/** Something in the folder of contents. */
export interface FoundFile {
  /** Its path in the data folder. */
  readonly name: string;
  /** The number of the content whose file has this name. */
  readonly id: number | undefined;
  /** It is a regular file. */
  readonly isFile: boolean;
  /** Its name is that of a file whose bytes are still arriving. */
  readonly isPart: boolean;
}

/** Contents as files, by number: `content/xx/NUMBER`, where xx are the number's last two digits, so that folders fill evenly. */
export class ContentFiles {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = path.join(folder, 'content');
  }

  /** Makes the folders that are missing, and closes all to other users. */
  async prepare(privacy: Privacy): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: FOLDER_MODE });
    await privacy.closeFolder(this.#folder);
    const there = new Set(await readdir(this.#folder));
    for (let i = 0; i < 256; i++) {
      const name = i.toString(16).padStart(2, '0');
      const folder = path.join(this.#folder, name);
      if (there.has(name)) await privacy.closeFolder(folder);
      else await mkdir(folder, { recursive: true, mode: FOLDER_MODE });
    }
    // Also where nothing was missing: who made them may have crashed before this.
    await syncFolder(this.#folder);
  }

  /** A new file, which nobody else can have. */
  async create(id: number): Promise<FileHandle> {
    return open(this.#path(id) + partial, 'wx', FILE_MODE);
  }

  /** Gives a file, whose bytes are on disk, its final name, durably. */
  async keep(id: number): Promise<void> {
    const file = this.#path(id);
    await rename(file + partial, file);
    await syncFolder(path.dirname(file));
  }

  /** Removes what there is of a content: whole, in part, or nothing. See `syncFoldersOf`. */
  async remove(id: number): Promise<void> {
    for (const file of [this.#path(id), this.#path(id) + partial]) {
      try {
        await unlink(file);
      } catch (error) {
        if (codeOf(error) !== 'ENOENT') throw error;
      }
    }
  }

  /** Has on disk that files were removed. */
  async syncFoldersOf(ids: Iterable<number>): Promise<void> {
    const folders = new Set([...ids].map((id) => path.dirname(this.#path(id))));
    for (const folder of folders) await syncFolder(folder);
  }

  /**
   * Opens a content's file to be read. It may be removed meanwhile.
   *
   * @throws StorageError `gone` if there is none, `corrupt` if it is not as long as it should be, or
   *   no regular file, `failed`
   */
  open(id: number, size: number): { readonly fd: number; readonly name: string } {
    const { fd, size: found } = this.#open(id);
    const name = this.#path(id);
    if (found === size) return { fd, name };
    closeSync(fd);
    throw new StorageError('corrupt', `${name} has ${found} bytes and not ${size}`);
  }

  /** Everything in the folder of contents and in its folders. */
  async *all(): AsyncGenerator<FoundFile> {
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

  /** What is in the folder of contents, which is not there if the first start was cut short. */
  async #entries(): Promise<Dirent[]> {
    try {
      return await readdir(this.#folder, { withFileTypes: true });
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return [];
      throw error;
    }
  }

  /** A content's file, as a path in the data folder. */
  nameOf(id: number): string {
    return path.join('content', path.relative(this.#folder, this.#path(id)));
  }

  #open(id: number): OpenFile {
    try {
      return openRegularFile(this.#path(id));
    } catch (error) {
      if (codeOf(error) === 'ENOENT')
        throw new StorageError('gone', 'the content is no object’s any more');
      throw fromSystem('could not read', error);
    }
  }

  #path(id: number): string {
    const name = formatContentId(id);
    return path.join(this.#folder, name.slice(-2), name);
  }
}

/** Makes a folder, with those above it, durably. */
export async function makeFolder(folder: string): Promise<void> {
  const made = await mkdir(folder, { recursive: true, mode: FOLDER_MODE });
  if (made === undefined) return;
  // Each new folder's name lies in the folder above it.
  for (let each = path.resolve(folder); ; each = path.dirname(each)) {
    await syncFolder(path.dirname(each));
    if (each === path.resolve(made)) return;
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
