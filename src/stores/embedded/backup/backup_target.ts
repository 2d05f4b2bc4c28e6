import { type Dirent, lstatSync, renameSync, statSync, unlinkSync } from 'node:fs';
import { mkdir, open, readdir, realpath, rename, rm, statfs, unlink } from 'node:fs/promises';
import path from 'node:path';
import { codeOf } from '../../../util/errors';
import { ContentFiles, makeFolder, syncFolder } from '../storage/content_files';
import { checkFolder } from '../fsck/fsck';
import { idKey } from '../storage/keys';
import { FILE_MODE, FOLDER_MODE, Privacy } from '../storage/privacy';
import { formatContentId, Place, type StoredContent } from '../storage/records';
import { Session } from '../storage/sessions';
import { toStorageError, StorageError } from '../storage/storage_error';
import {
  closeTables,
  isUnfinished,
  metaKeys,
  openExclusively,
  type Tables,
} from '../storage/tables';
import { walkDatabase } from '../walk/walk_database';

/** Entries of a backup folder; `lost+found` exists if a disk is mounted there. */
const KNOWN_ENTRIES = new Set([
  'data.mdb',
  'lock.mdb',
  'content',
  'sessions',
  'unfinished',
  'lost+found',
]);

/**
 * What a target has of a content: `kept`, a file of an earlier backup; `unverified`, a
 * file left by an interrupted backup; `absent`, nothing.
 */
export type ContentStatus = 'kept' | 'unverified' | 'absent';

/**
 * The folder of a backup, which is a data folder: the database of the last complete
 * backup and its contents. Unfinished data is in `unfinished/`, or is a content that the
 * earlier database does not know. So the earlier backup stays intact until the new
 * database replaces its own. Meanwhile nothing else can open the folder for writing.
 */
export class Target {
  readonly folder: string;
  readonly files: ContentFiles;
  /** The database of the earlier backup. */
  readonly earlier: Tables;
  /** The folder for unfinished data. */
  readonly stage: string;
  readonly #session: Session;
  /** Folders of contents with names that are not durable yet. */
  readonly #unsyncedFolders = new Set<string>();
  #isReplaced = false;

  private constructor(folder: string, files: ContentFiles, earlier: Tables, session: Session) {
    this.folder = folder;
    this.files = files;
    this.earlier = earlier;
    this.#session = session;
    this.stage = path.join(folder, 'unfinished');
  }

  /**
   * @param identity the data folder's identity
   * @throws StorageError `target` if the folder holds something else or another data
   *   folder's backup, or was served since it was made; `corrupt` if its database is
   *   damaged; `locked` if a server or another backup has it open; `failed`, `no-space`
   */
  static async open(folder: string, identity: number): Promise<Target> {
    await makeFolder(folder);
    await checkEntries(folder);
    const mode = { isTarget: true };
    const { earlier, session } = await openExclusively(folder, mode, async (earlier) => {
      claim(earlier, identity);
      return { earlier, session: await Session.open(earlier, folder, 'backup') };
    });
    try {
      await removeDead(earlier, session);
      const files = new ContentFiles(folder);
      const target = new Target(folder, files, earlier, session);
      await rm(target.stage, { recursive: true, force: true });
      await mkdir(target.stage, { mode: FOLDER_MODE });
      await files.prepare(new Privacy(undefined));
      return target;
    } catch (error) {
      await session.close();
      await closeTables(earlier);
      throw error;
    }
  }

  /** Whether the folder has a complete earlier backup. */
  get isBackup(): boolean {
    return !isUnfinished(this.earlier);
  }

  /**
   * Returns what the target has of a content.
   *
   * @throws StorageError `target` if its number belongs to another content here, since
   *   the data folder was set back to an earlier state and diverged
   */
  statusOf(id: number, [, size, etag, place]: StoredContent): ContentStatus {
    const existing = this.earlier.contents.peek(idKey(id));
    if (existing !== undefined && (existing[1] !== size || existing[2] !== etag))
      throw this.#divergedError(id);
    if (place === Place.Inline) return 'absent';
    const stats = lstatSync(this.pathOf(id), { throwIfNoEntry: false });
    if (!stats?.isFile() || stats.size !== size) return 'absent';
    return existing === undefined ? 'unverified' : 'kept';
  }

  /**
   * Adds a content's file, from an unfinished one if given. It is durable once `replace`
   * is done.
   */
  async addContent(id: number, unfinished?: string): Promise<void> {
    const file = this.pathOf(id);
    if (unfinished !== undefined) await rename(unfinished, file);
    this.#unsyncedFolders.add(path.dirname(file));
  }

  pathOf(id: number): string {
    return path.join(this.folder, this.files.nameOf(id));
  }

  /** Returns the free bytes, and those of a block. */
  async space(): Promise<{ readonly free: number; readonly block: number }> {
    const { bavail, bsize } = await statfs(this.folder);
    return { free: bavail * bsize, block: bsize };
  }

  /**
   * Returns the contents here that a new database does not have. Returns none while
   * another process copies this folder: the next backup finds them.
   */
  async unneeded(copy: Tables): Promise<number[]> {
    const others = await this.#session.others();
    this.earlier.root.resetReadTxn();
    if (others === undefined || this.#session.isHeld(others.dead)) return [];
    const unneeded: number[] = [];
    for await (const { id, isFile, isPart } of this.files.list())
      if (isFile && !isPart && id !== undefined && !copy.contents.has(idKey(id))) unneeded.push(id);
    return unneeded;
  }

  /**
   * Replaces the earlier database with the new one, durably, and closes both.
   *
   * @param copy in the folder `stage`; all of its contents are here, except damaged ones
   */
  async replace(copy: Tables): Promise<void> {
    for (const folder of this.#unsyncedFolders) await syncFolder(folder);
    // A process that opens the new database finds this session there, which lives until
    // the end.
    copy.root.transactionSync(() => {
      copy.arriving.clearSync();
      copy.gone.clearSync();
      this.#session.registerInCopy(copy);
    });
    await closeTables(copy);
    const newDatabase = path.join(this.stage, 'data.mdb');
    await syncFile(newDatabase);
    this.#isReplaced = true;
    await closeTables(this.earlier);
    // The locks belong to the old database; processes that still have it open keep them.
    unlinkSync(path.join(this.folder, 'lock.mdb'));
    renameSync(newDatabase, path.join(this.folder, 'data.mdb'));
    await syncFolder(this.folder);
  }

  /** Removes contents. Resolves to the number that existed. */
  async remove(ids: readonly number[]): Promise<number> {
    let removed = 0;
    for (const id of ids) {
      try {
        await unlink(this.pathOf(id));
        removed++;
      } catch (error) {
        if (codeOf(error) !== 'ENOENT') throw toStorageError('could not remove a content', error);
      }
    }
    return removed;
  }

  /** Lets others open the folder. */
  async close(): Promise<void> {
    await rm(this.stage, { recursive: true, force: true });
    if (this.#isReplaced) return this.#session.leave();
    await this.#session.close();
    await closeTables(this.earlier);
  }

  #divergedError(id: number): StorageError {
    const what = `content ${formatContentId(id)} differs from the one in ${this.folder}`;
    const reason = 'the data folder has since been restored from an earlier state';
    return new StorageError('target', `${what}: ${reason}; choose another folder`);
  }
}

/**
 * Refuses folders that are the same, or one of which is within the other.
 *
 * @returns the paths with links resolved
 * @throws StorageError `target`
 */
export async function resolveDisjointPaths(
  folder: string,
  target: string,
): Promise<{ readonly folder: string; readonly target: string }> {
  const [data, to] = [await realpath(folder), await realPathOf(path.resolve(target))];
  const isSame = isSameFolder(data, to);
  if (isSame || isWithin(data, to) || isWithin(to, data)) {
    const relation = isSame ? 'is' : isWithin(data, to) ? 'is within' : 'contains';
    throw new StorageError('target', `${target} ${relation} the data folder ${folder}`);
  }
  return { folder: data, target: to };
}

/** Resolves links in a path that may not exist yet. */
async function realPathOf(file: string): Promise<string> {
  try {
    return await realpath(file);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT' || path.dirname(file) === file) throw error;
    return path.join(await realPathOf(path.dirname(file)), path.basename(file));
  }
}

function isWithin(folder: string, file: string): boolean {
  const relative = path.relative(folder, file);
  return relative !== '' && relative.split(path.sep)[0] !== '..' && !path.isAbsolute(relative);
}

function isSameFolder(one: string, other: string): boolean {
  const [a, b] = [one, other].map((folder) => statSync(folder, { throwIfNoEntry: false }));
  return one === other || (a !== undefined && a.dev === b?.dev && a.ino === b.ino);
}

/** Refuses a folder with anything but a backup in it, and follows no link in it. */
async function checkEntries(folder: string): Promise<void> {
  const entries = await readdir(folder, { withFileTypes: true });
  if (entries.length === 0) return;
  const foreign = entries.find(({ name }) => !KNOWN_ENTRIES.has(name));
  if (foreign !== undefined) {
    const what = `${folder} is not empty and not a backup: it has ${foreign.name}`;
    throw new StorageError('target', `${what}; choose another folder`);
  }
  await checkDatabase(folder, entries);
  const folders = entries.filter(({ name }) => !name.endsWith('.mdb'));
  const content = folders.some((entry) => entry.name === 'content' && entry.isDirectory())
    ? await foldersIn(path.join(folder, 'content'))
    : [];
  const irregular = [...folders, ...content].find((entry) => !entry.isDirectory());
  if (irregular === undefined) return;
  const entryPath = path.join(irregular.parentPath, irregular.name);
  throw new StorageError('target', `${entryPath} is not a folder; choose another folder`);
}

/**
 * The other names count as a backup's only next to a database of this program. A backup
 * that was killed at its start leaves an empty database, or none.
 */
async function checkDatabase(folder: string, entries: readonly Dirent[]): Promise<void> {
  const file = path.join(folder, 'data.mdb');
  if (entries.some(({ name }) => name === 'data.mdb')) {
    checkFolder(folder);
    if (lstatSync(file).size > 0) return refuseForeign(folder);
  }
  for (const { name } of entries) {
    const entryPath = path.join(folder, name);
    if (name.endsWith('.mdb') || name === 'lost+found') continue;
    if (lstatSync(entryPath).isDirectory() && (await readdir(entryPath)).length === 0) continue;
    throw new StorageError(
      'target',
      `${folder} has ${name}, but is not a backup; choose another folder`,
    );
  }
}

/** @throws StorageError `corrupt`, `target` */
async function refuseForeign(folder: string): Promise<void> {
  const [first] = await walkDatabase(folder);
  if (first === undefined) return;
  const isForeign = first.flaw === 'table';
  const what = `the database in ${folder} is ${isForeign ? 'not a backup’s' : 'damaged'}: ${first.text}`;
  throw new StorageError(
    isForeign ? 'target' : 'corrupt',
    `${what}; choose another folder for backups`,
  );
}

/** Returns the entries named like folders of contents. */
async function foldersIn(content: string) {
  const entries = await readdir(content, { withFileTypes: true });
  return entries.filter(({ name }) => /^[0-9a-f]{2}$/.test(name));
}

/** Binds a new target to the data folder, and refuses one of another folder. */
function claim(earlier: Tables, identity: number): void {
  const { root, meta, folder } = earlier;
  const existing = meta.get(metaKeys.identity);
  if (existing === undefined && isUnfinished(earlier)) {
    root.transactionSync(() => {
      meta.putSync(metaKeys.identity, identity);
      meta.putSync(metaKeys.backup, 0);
    });
  } else if (existing !== undefined && existing !== identity) {
    const what = `${folder} is a backup of another data folder, or was made before the data was restored`;
    throw new StorageError('target', `${what}; choose another folder`);
  }
}

/** Removes the sessions of killed backups. */
async function removeDead({ root, lock }: Tables, session: Session): Promise<void> {
  const others = await session.others();
  if (others === undefined) return;
  const { dead } = others;
  await session.removeDead(dead);
  await lock.runShared(() => root.transactionSync(() => session.unregister(dead)));
  await session.removeStaleSockets();
}

async function syncFile(file: string): Promise<void> {
  const handle = await open(file, 'r+', FILE_MODE);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
