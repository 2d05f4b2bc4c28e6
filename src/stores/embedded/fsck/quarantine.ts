import { mkdir, open, rename, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { codeOf } from '../../../util/errors';
import { syncFolder } from '../storage/content_files';
import { FILE_MODE, FOLDER_MODE } from '../storage/privacy';
import { fromSystem } from '../storage/storage_error';

/** Something that a repair takes out of the store, as the list describes it. */
export interface Removed {
  /** Why. */
  readonly text: string;
  /** For a record: where it was, and what it was, base64. */
  readonly table?: string;
  readonly key?: string;
  readonly value?: string;
  /** For bytes: the file in `damaged/` that has them. */
  readonly file?: string;
  readonly [more: string]: unknown;
}

/**
 * The folder `damaged/` of a data folder: what a repair takes out of the store, with `list.jsonl`,
 * which says of each thing what it was, where and when it was taken out. Nothing is ever deleted
 * there.
 */
export class Quarantine {
  readonly #data: string;
  readonly #folder: string;
  readonly #list: FileHandle;
  #named = 0;

  private constructor(data: string, folder: string, list: FileHandle) {
    this.#data = data;
    this.#folder = folder;
    this.#list = list;
  }

  static async open(data: string): Promise<Quarantine> {
    const folder = path.join(data, 'damaged');
    await mkdir(folder, { recursive: true, mode: FOLDER_MODE });
    const list = await open(path.join(folder, 'list.jsonl'), 'a', FILE_MODE);
    await syncFolder(data).catch(async (error: unknown) => {
      await list.close();
      throw error;
    });
    return new Quarantine(data, folder, list);
  }

  /** Notes on disk that something is taken out, before it is. */
  async note(removed: Removed): Promise<void> {
    const line = { time: new Date().toISOString(), ...removed };
    try {
      await this.#list.appendFile(`${JSON.stringify(line)}\n`);
      await this.#list.sync();
    } catch (error) {
      throw fromSystem(`could not write to ${this.#folder}`, error);
    }
  }

  /** A name here that nothing else has. */
  nameFor(name: string): string {
    return `${path.basename(name)}.${Date.now()}.${++this.#named}`;
  }

  /** Moves a file or folder of the data folder here; does nothing if it is not there. */
  async move(name: string, kept: string): Promise<void> {
    try {
      await rename(path.join(this.#data, name), path.join(this.#folder, kept));
      await syncFolder(this.#folder);
    } catch (error) {
      if (codeOf(error) !== 'ENOENT')
        throw fromSystem(`could not move ${name} to ${this.#folder}`, error);
    }
  }

  /** Writes bytes of the database here. */
  async write(kept: string, bytes: Buffer): Promise<void> {
    try {
      const file = await open(path.join(this.#folder, kept), 'w', FILE_MODE);
      try {
        await file.writeFile(bytes);
        await file.sync();
      } finally {
        await file.close();
      }
      await syncFolder(this.#folder);
    } catch (error) {
      throw fromSystem(`could not write to ${this.#folder}`, error);
    }
  }

  async close(): Promise<void> {
    await this.#list.close();
    await syncFolder(this.#folder);
  }
}
