import { constants } from 'node:fs';
import { mkdir, open, rename, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { codeOf } from '../../../util/errors';
import { ownerOf, type Owner } from './ownership';
import { syncFolder } from '../storage/content_files';
import { FILE_MODE, FOLDER_MODE } from '../storage/privacy';
import { toStorageError } from '../storage/storage_error';

/** What a repair takes out of the store, as described in the list. */
export interface QuarantineEntry {
  /** Why it was removed. */
  readonly text: string;
  /** For a record: its table, key and value, the latter two in base64. */
  readonly table?: string;
  readonly key?: string;
  readonly value?: string;
  /** For bytes: their file in `damaged/`. */
  readonly file?: string;
  readonly [more: string]: unknown;
}

const { O_APPEND, O_CREAT, O_DIRECTORY, O_NOFOLLOW, O_RDONLY, O_WRONLY } = constants;
const FOLDER_FLAGS = O_RDONLY | O_DIRECTORY | O_NOFOLLOW;
const LIST_FLAGS = O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW;

/**
 * The folder `damaged/` of a data folder, with everything that repairs took out of the
 * store. Its `list.jsonl` says what each thing was, where it was, and when it was taken
 * out. Nothing in it is ever deleted.
 */
export class Quarantine {
  readonly #dataFolder: string;
  readonly #folder: string;
  readonly #list: FileHandle;
  /** To whom new files are given; undefined if they are this process's. */
  readonly #owner: Owner | undefined;
  #counter = 0;

  private constructor(data: string, folder: string, list: FileHandle, owner: Owner | undefined) {
    this.#dataFolder = data;
    this.#folder = folder;
    this.#list = list;
    this.#owner = owner;
  }

  /**
   * Creates the folder and its list if they do not exist.
   *
   * @throws StorageError if they cannot be used; a symbolic link in their place is
   *   refused, since root would write to its target
   */
  static async open(data: string): Promise<Quarantine> {
    const folder = path.join(data, 'damaged');
    const owner = ownerOf(data);
    let list: FileHandle | undefined;
    try {
      await mkdir(folder, { recursive: true, mode: FOLDER_MODE });
      await giveTo(owner, await open(folder, FOLDER_FLAGS));
      list = await open(path.join(folder, 'list.jsonl'), LIST_FLAGS, FILE_MODE);
      if (owner) await list.chown(owner.uid, owner.gid);
      await syncFolder(data);
      return new Quarantine(data, folder, list, owner);
    } catch (error) {
      await list?.close();
      throw toStorageError(`${folder} cannot be used`, error);
    }
  }

  /** Lists something durably, before it is taken out. */
  async addToList(entry: QuarantineEntry): Promise<void> {
    const line = { time: new Date().toISOString(), ...entry };
    try {
      await this.#list.appendFile(`${JSON.stringify(line)}\n`);
      await this.#list.sync();
    } catch (error) {
      throw toStorageError(`could not write to ${this.#folder}`, error);
    }
  }

  /** Returns a unique name in this folder. */
  nameFor(name: string): string {
    return `${path.basename(name)}.${Date.now()}.${++this.#counter}`;
  }

  /** Moves a file or folder of the data folder here, if it exists. */
  async move(name: string, newName: string): Promise<void> {
    try {
      await rename(path.join(this.#dataFolder, name), path.join(this.#folder, newName));
      await syncFolder(this.#folder);
    } catch (error) {
      if (codeOf(error) !== 'ENOENT')
        throw toStorageError(`could not move ${name} to ${this.#folder}`, error);
    }
  }

  /** Writes bytes of the database here. */
  async write(newName: string, bytes: Buffer): Promise<void> {
    try {
      const file = await open(path.join(this.#folder, newName), 'wx', FILE_MODE);
      try {
        if (this.#owner) await file.chown(this.#owner.uid, this.#owner.gid);
        await file.writeFile(bytes);
        await file.sync();
      } finally {
        await file.close();
      }
      await syncFolder(this.#folder);
    } catch (error) {
      throw toStorageError(`could not write to ${this.#folder}`, error);
    }
  }

  async close(): Promise<void> {
    await this.#list.close();
    await syncFolder(this.#folder);
  }
}

/** Gives a folder to its owner, if that is not this process's user, and closes it. */
async function giveTo(owner: Owner | undefined, folder: FileHandle): Promise<void> {
  try {
    if (owner) await folder.chown(owner.uid, owner.gid);
  } finally {
    await folder.close();
  }
}
