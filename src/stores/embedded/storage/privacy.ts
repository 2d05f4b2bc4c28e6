import { lstatSync } from 'node:fs';
import { chmod, readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { codeOf } from '../../../util/errors';
import type { Log } from '../../../util/log';

/** What the storage makes is for its own user only, whatever the umask. */
export const FILE_MODE = 0o600;
export const FOLDER_MODE = 0o700;

const OF_OTHERS = 0o077;

/** Takes the rights of other users off what lies in a data folder, and reports what stays open. */
export class Privacy {
  readonly #failed: { readonly path: string; readonly mode: string }[] = [];

  constructor(private readonly log: Pick<Log, 'warn'> | undefined) {}

  /** Reports a folder that others may list, enter or change. To close it is its maker's choice. */
  async reportFolder(folder: string): Promise<void> {
    const mode = await modeOf(folder);
    if (mode !== undefined && isOpen(mode))
      this.log?.warn(
        { path: folder, mode: written(mode) },
        'other users of this machine may use the data folder',
      );
  }

  /** Closes a file; one that is not there needs no closing. */
  async closeFile(file: string): Promise<void> {
    await this.#close(file, FILE_MODE);
  }

  /** Closes a folder. If that was open, the files in it may be, too. */
  async closeFolder(folder: string): Promise<void> {
    if (!(await this.#close(folder, FOLDER_MODE))) return;
    for (const entry of await readdir(folder, { withFileTypes: true }))
      if (entry.isFile()) await this.closeFile(path.join(folder, entry.name));
  }

  /** Reports what could not be closed. */
  reportFailures(): void {
    const [first] = this.#failed;
    if (first)
      this.log?.warn(
        { ...first, count: this.#failed.length },
        'other users of this machine may use files or folders of the data, whose modes could not be corrected',
      );
  }

  /** Whether it was open, and is closed now. */
  async #close(target: string, mode: number): Promise<boolean> {
    // what a link leads to is not the storage's
    if (lstatSync(target, { throwIfNoEntry: false })?.isSymbolicLink()) return false;
    const before = await modeOf(target);
    if (before === undefined || !isOpen(before)) return false;
    try {
      await chmod(target, mode);
    } catch (error) {
      if (!['EPERM', 'EROFS', 'ENOENT', 'ENOTSUP'].includes(codeOf(error))) throw error;
    }
    // if the file system has no modes, chmod succeeds and does nothing
    const after = await modeOf(target);
    if (after === undefined || !isOpen(after)) return true;
    this.#failed.push({ path: target, mode: written(after) });
    return false;
  }
}

/** The bits of a mode; undefined if nothing is there. */
async function modeOf(target: string): Promise<number | undefined> {
  try {
    return (await stat(target)).mode & 0o7777;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function isOpen(mode: number): boolean {
  return (mode & OF_OTHERS) !== 0;
}

function written(mode: number): string {
  return mode.toString(8).padStart(4, '0');
}
