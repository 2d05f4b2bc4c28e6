import { existsSync } from 'node:fs';
import path from 'node:path';
import { Check } from './check';
import { ContentFiles } from '../storage/content_files';
import type { Finding, Problem } from './finding';
import { checkRegularFile } from '../storage/regular_file';
import { StorageError } from '../storage/storage_error';
import { closeTables, openExclusively } from '../storage/tables';

export type { Finding } from './finding';

/**
 * Reads everything in a storage and yields what is wrong, without changing anything. A
 * server may have it open: concurrent changes are not taken for damage. Opens only
 * regular files, and reports and skips everything else.
 *
 * @throws StorageError `failed` if there is no storage in the folder, `corrupt` if its
 *   database is not a regular file, `format`
 */
export async function* fsck(folder: string): AsyncGenerator<Finding> {
  for await (const { finding } of findProblems(folder)) yield finding;
}

/** Yields the findings of `fsck` with their fixes. */
export async function* findProblems(folder: string): AsyncGenerator<Problem> {
  checkFolder(folder);
  const tables = await openExclusively(folder, { readOnly: true }, (tables) => tables);
  const snapshot = tables.root.useReadTransaction();
  try {
    checkConverted(tables.checking.allowsUnchecked, folder);
    yield* new Check(tables, snapshot, new ContentFiles(folder)).run();
  } finally {
    snapshot.done();
    await closeTables(tables);
  }
}

/** @throws StorageError `failed` if there is no storage in the folder, `corrupt` */
export function checkFolder(folder: string): void {
  if (!existsSync(path.join(folder, 'data.mdb')))
    throw new StorageError('failed', `${folder} is not a data folder: it has no data.mdb`);
  for (const name of ['data.mdb', 'lock.mdb']) checkRegularFile(path.join(folder, name));
}

/** @throws StorageError `format` for a folder of 0.1.0 that no server has opened since */
export function checkConverted(isOld: boolean, folder: string): void {
  if (!isOld) return;
  const what = `${folder} was written by version 0.1.0 and has no checksums`;
  throw new StorageError('format', `${what}; start a server on it once to add them`);
}
