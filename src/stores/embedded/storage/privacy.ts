import { lstatSync } from 'node:fs';
import { chmod, readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { codeOf } from '../../../util/errors';
import type { Log } from '../../../util/log';

/** Modes of what the storage creates: private to its user, whatever the umask. */
export const FILE_MODE = 0o600;
export const FOLDER_MODE = 0o700;

const OTHER_USERS = 0o077;

/**
 * Removes other users' access to files of a data folder, and reports what remains
 * accessible.
 */
export class Privacy {
  readonly #failures: { readonly path: string; readonly mode: string }[] = [];

  constructor(private readonly log: Pick<Log, 'warn'> | undefined) {}

  /**
   * Warns if other users can list, enter or change a folder. Its mode is its creator's
   * choice.
   */
  async warnIfOpen(folder: string): Promise<void> {
    const mode = await modeOf(folder);
    if (mode !== undefined && isOpen(mode))
      this.log?.warn(
        { path: folder, mode: formatMode(mode) },
        'other users of this machine can access the data folder; chmod 700 restricts it',
      );
  }

  /** Makes a file private, if it exists. */
  async restrictFile(file: string): Promise<void> {
    await this.#restrict(file, FILE_MODE);
  }

  /** Makes a folder private, and its files too if it was open. */
  async restrictFolder(folder: string): Promise<void> {
    if (!(await this.#restrict(folder, FOLDER_MODE))) return;
    for (const entry of await readdir(folder, { withFileTypes: true }))
      if (entry.isFile()) await this.restrictFile(path.join(folder, entry.name));
  }

  /** Reports what could not be made private. */
  reportFailures(): void {
    const [first] = this.#failures;
    if (first)
      this.log?.warn(
        { ...first, count: this.#failures.length },
        'other users of this machine can access files or folders of the data; their modes could not be changed',
      );
  }

  /** Returns true if it was open and is private now. */
  async #restrict(target: string, mode: number): Promise<boolean> {
    // a link's target does not belong to the storage
    if (lstatSync(target, { throwIfNoEntry: false })?.isSymbolicLink()) return false;
    const before = await modeOf(target);
    if (before === undefined || !isOpen(before)) return false;
    try {
      await chmod(target, mode);
    } catch (error) {
      if (!['EPERM', 'EROFS', 'ENOENT', 'ENOTSUP'].includes(codeOf(error))) throw error;
    }
    // on a file system without modes, chmod succeeds without effect
    const after = await modeOf(target);
    if (after === undefined || !isOpen(after)) return true;
    this.#failures.push({ path: target, mode: formatMode(after) });
    return false;
  }
}

/** Returns a mode's permission bits; undefined if the path does not exist. */
async function modeOf(target: string): Promise<number | undefined> {
  try {
    return (await stat(target)).mode & 0o7777;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function isOpen(mode: number): boolean {
  return (mode & OTHER_USERS) !== 0;
}

function formatMode(mode: number): string {
  return mode.toString(8).padStart(4, '0');
}
