import { lchownSync, lstatSync } from 'node:fs';
import path from 'node:path';

/** The ids of a user and a group. */
export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/**
 * Files that this command may create as root, and that the server must be able to use.
 * `Quarantine` gives away what it creates itself.
 */
const CREATED = ['lock.mdb', 'sessions'];

/**
 * Returns the owner to whom this process must give what it creates in a data folder: that
 * of the database, if the process runs as root; undefined if nothing must be given.
 */
export function ownerOf(folder: string): Owner | undefined {
  if (process.geteuid?.() !== 0) return undefined;
  const database = lstatSync(path.join(folder, 'data.mdb'), { throwIfNoEntry: false });
  return database === undefined || database.uid === 0 ? undefined : database;
}

/** Gives what root created in a data folder to its owner. */
export function restoreOwnership(folder: string): void {
  const owner = ownerOf(folder);
  if (owner === undefined) return;
  for (const name of CREATED) {
    const file = path.join(folder, name);
    if (lstatSync(file, { throwIfNoEntry: false })?.uid === 0)
      lchownSync(file, owner.uid, owner.gid);
  }
}
