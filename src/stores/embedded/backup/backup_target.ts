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
import { fromSystem, StorageError } from '../storage/storage_error';
import { closeTables, isUnfinished, metaKeys, openAlone, type Tables } from '../storage/tables';
import { walkDatabase } from '../walk/walk_database';

/** What a backup makes in its folder; `lost+found` is there where a disk of its own is mounted. */
const OWN = new Set(['data.mdb', 'lock.mdb', 'content', 'sessions', 'unfinished', 'lost+found']);

/**
 * What a target has of a content: `kept`, an earlier backup has it; `unverified`, a file that an
 * interrupted backup left; `absent`.
 */
export type Standing = 'kept' | 'unverified' | 'absent';

/**
 * The folder that a backup is written to. It is a data folder: the database of the last complete
 * backup and its contents. What is written meanwhile lies in `unfinished/`, or is a content that
 * the earlier database does not know, so that the earlier backup stays whole until the new database
 * takes its place. Nothing else can open the folder to write meanwhile.
 */
export class Target {
  readonly folder: string;
  readonly files: ContentFiles;
  /** The database of the backup before. */
  readonly earlier: Tables;
  /** For what is not whole yet. */
  readonly stage: string;
  readonly #session: Session;
  /** Folders of contents with names that are not on disk yet. */
  readonly #changed = new Set<string>();
  #isReplaced = false;

  private constructor(folder: string, files: ContentFiles, earlier: Tables, session: Session) {
    this.folder = folder;
    this.files = files;
    this.earlier = earlier;
    this.#session = session;
    this.stage = path.join(folder, 'unfinished');
  }

  /**
   * @param identity that of the data folder
   * @throws StorageError `target` if the folder is something else's, another data folder's, or was
   *   served since; `corrupt` if its database is damaged; `locked` if a server or another backup has
   *   it open; `failed`, `no-space`
   */
  static async open(folder: string, identity: number): Promise<Target> {
    await makeFolder(folder);
    await checkEntries(folder);
    const mode = { isTarget: true };
    const { earlier, session } = await openAlone(folder, mode, async (earlier) => {
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

  /** Whether an earlier backup is here, whole. */
  get isBackup(): boolean {
    return !isUnfinished(this.earlier);
  }

  /**
   * What there is of a content.
   *
   * @throws StorageError `target` if its number is another content's here, since the data folder
   *   was set back to an earlier state and went on from there
   */
  standing(id: number, [, size, etag, place]: StoredContent): Standing {
    const known = this.earlier.contents.peek(idKey(id));
    if (known !== undefined && (known[1] !== size || known[2] !== etag)) throw this.#diverged(id);
    if (place === Place.Inline) return 'absent';
    const found = lstatSync(this.pathOf(id), { throwIfNoEntry: false });
    if (!found?.isFile() || found.size !== size) return 'absent';
    return known === undefined ? 'unverified' : 'kept';
  }

  /** Has a file here as a content, which is durable once `replace` is done. */
  async keep(id: number, unfinished?: string): Promise<void> {
    const file = this.pathOf(id);
    if (unfinished !== undefined) await rename(unfinished, file);
    this.#changed.add(path.dirname(file));
  }

  pathOf(id: number): string {
    return path.join(this.folder, this.files.nameOf(id));
  }

  /** Bytes that may still be written, and those of a block. */
  async space(): Promise<{ readonly free: number; readonly block: number }> {
    const { bavail, bsize } = await statfs(this.folder);
    return { free: bavail * bsize, block: bsize };
  }

  /**
   * Contents here that a new database does not have. None while somebody else copies this folder:
   * the next backup finds them.
   */
  async unneeded(copy: Tables): Promise<number[]> {
    const others = await this.#session.others();
    this.earlier.root.resetReadTxn();
    if (others === undefined || this.#session.isHeld(others.dead)) return [];
    const found: number[] = [];
    for await (const { id, isFile, isPart } of this.files.all())
      if (isFile && !isPart && id !== undefined && !copy.contents.has(idKey(id))) found.push(id);
    return found;
  }

  /**
   * Gives the new database the place of the one before, durably. Both are closed.
   *
   * @param copy in the folder `stage`; all of its contents are here, but the damaged ones
   */
  async replace(copy: Tables): Promise<void> {
    for (const folder of this.#changed) await syncFolder(folder);
    // Whoever opens the new database finds this session there, which lives until the end.
    copy.root.transactionSync(() => {
      copy.arriving.clearSync();
      copy.gone.clearSync();
      this.#session.enterCopy(copy);
    });
    await closeTables(copy);
    const made = path.join(this.stage, 'data.mdb');
    await syncFile(made);
    this.#isReplaced = true;
    await closeTables(this.earlier);
    // Locks belong to the database before; processes that still have that open keep them.
    unlinkSync(path.join(this.folder, 'lock.mdb'));
    renameSync(made, path.join(this.folder, 'data.mdb'));
    await syncFolder(this.folder);
  }

  /** Removes contents; how many were there. */
  async remove(ids: readonly number[]): Promise<number> {
    let removed = 0;
    for (const id of ids) {
      try {
        await unlink(this.pathOf(id));
        removed++;
      } catch (error) {
        if (codeOf(error) !== 'ENOENT') throw fromSystem('could not remove a content', error);
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

  #diverged(id: number): StorageError {
    const what = `content ${formatContentId(id)} is another in ${this.folder}`;
    const why = 'the data folder was restored from an earlier state since';
    return new StorageError('target', `${what}: ${why}; choose another folder`);
  }
}

/**
 * Refuses folders one of which is the other, or within the other.
 *
 * @returns the paths without links
 * @throws StorageError `target`
 */
export async function pathsApart(
  folder: string,
  target: string,
): Promise<{ readonly folder: string; readonly target: string }> {
  const [data, to] = [await realpath(folder), await realPathOf(path.resolve(target))];
  const isSame = isSameFolder(data, to);
  if (isSame || isWithin(data, to) || isWithin(to, data)) {
    const how = isSame ? 'is' : isWithin(data, to) ? 'is within' : 'contains';
    throw new StorageError('target', `${target} ${how} the data folder ${folder}`);
  }
  return { folder: data, target: to };
}

/** The real path of what may not be there yet. */
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
  const [a, b] = [one, other].map((each) => statSync(each, { throwIfNoEntry: false }));
  return one === other || (a !== undefined && a.dev === b?.dev && a.ino === b.ino);
}

/** A folder with anything but a backup in it is not touched, and no link in it followed. */
async function checkEntries(folder: string): Promise<void> {
  const entries = await readdir(folder, { withFileTypes: true });
  if (entries.length === 0) return;
  const other = entries.find(({ name }) => !OWN.has(name));
  if (other !== undefined) {
    const what = `${folder} is not empty, and no backup: it has ${other.name}`;
    throw new StorageError('target', `${what}; choose another folder`);
  }
  await checkDatabase(folder, entries);
  const folders = entries.filter(({ name }) => !name.endsWith('.mdb'));
  const content = folders.some((each) => each.name === 'content' && each.isDirectory())
    ? await foldersIn(path.join(folder, 'content'))
    : [];
  const irregular = [...folders, ...content].find((each) => !each.isDirectory());
  if (irregular === undefined) return;
  const at = path.join(irregular.parentPath, irregular.name);
  throw new StorageError('target', `${at} is no folder; choose another folder`);
}

/**
 * Only beside a database of this program's the other names are a backup's. A backup that was killed at
 * its very start leaves an empty database, or none.
 */
async function checkDatabase(folder: string, entries: readonly Dirent[]): Promise<void> {
  const file = path.join(folder, 'data.mdb');
  if (entries.some(({ name }) => name === 'data.mdb')) {
    checkFolder(folder);
    if (lstatSync(file).size > 0) return refuseStrange(folder);
  }
  for (const { name } of entries) {
    const at = path.join(folder, name);
    if (name.endsWith('.mdb') || name === 'lost+found') continue;
    if (lstatSync(at).isDirectory() && (await readdir(at)).length === 0) continue;
    throw new StorageError('target', `${folder} has ${name}, but no backup; choose another folder`);
  }
}

/** @throws StorageError `corrupt`, `target` */
async function refuseStrange(folder: string): Promise<void> {
  const [first] = await walkDatabase(folder);
  if (first === undefined) return;
  const isStrange = first.flaw === 'table';
  const what = `the database in ${folder} is ${isStrange ? 'no backup’s' : 'damaged'}: ${first.text}`;
  throw new StorageError(
    isStrange ? 'target' : 'corrupt',
    `${what}; choose another folder for backups`,
  );
}

/** The entries in the place of the folders of contents. */
async function foldersIn(content: string) {
  const entries = await readdir(content, { withFileTypes: true });
  return entries.filter(({ name }) => /^[0-9a-f]{2}$/.test(name));
}

/** A new target is the data folder's from now on; one of another's is refused. */
function claim(earlier: Tables, identity: number): void {
  const { root, meta, folder } = earlier;
  const known = meta.get(metaKeys.identity);
  if (known === undefined && isUnfinished(earlier)) {
    root.transactionSync(() => {
      meta.putSync(metaKeys.identity, identity);
      meta.putSync(metaKeys.backup, 0);
    });
  } else if (known !== undefined && known !== identity) {
    const what = `${folder} is another data folder’s backup, or of before the data was restored`;
    throw new StorageError('target', `${what}; choose another folder`);
  }
}

/** Removes what killed backups left of their sessions. */
async function removeDead({ root, lock }: Tables, session: Session): Promise<void> {
  const others = await session.others();
  if (others === undefined) return;
  const { dead } = others;
  await session.bury(dead);
  await lock.committing(() => root.transactionSync(() => session.forget(dead)));
  await session.tidy();
}

async function syncFile(file: string): Promise<void> {
  const handle = await open(file, 'r+', FILE_MODE);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
