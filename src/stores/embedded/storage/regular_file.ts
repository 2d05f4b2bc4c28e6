import { closeSync, constants, fstatSync, lstatSync, openSync } from 'node:fs';
import { codeOf } from '../../../util/errors';
import { StorageError } from './storage_error';

/** A file open for reading. The caller closes it. */
export interface OpenFile {
  readonly fd: number;
  /** In bytes. */
  readonly size: number;
}

/** Follows no link and waits for no pipe, even if one replaced the file just now. */
const FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/**
 * Opens a regular file and nothing else: a pipe may never have a writer, opening a device
 * may have side effects, and a link may lead anywhere.
 *
 * @throws StorageError `corrupt` if it is not a regular file; the system's error
 */
export function openRegularFile(file: string): OpenFile {
  if (!lstatSync(file).isFile()) throw irregularFileError(file);
  const fd = openNoFollow(file);
  const stats = fstatSync(fd);
  if (stats.isFile()) return { fd, size: stats.size };
  closeSync(fd);
  throw irregularFileError(file);
}

/** @throws StorageError `corrupt` if it exists and is not a regular file */
export function checkRegularFile(file: string): void {
  const stats = lstatSync(file, { throwIfNoEntry: false });
  if (stats && !stats.isFile()) throw irregularFileError(file);
}

function openNoFollow(file: string): number {
  try {
    return openSync(file, FLAGS);
  } catch (error) {
    throw ['ELOOP', 'EMLINK', 'ENXIO'].includes(codeOf(error)) ? irregularFileError(file) : error;
  }
}

function irregularFileError(file: string): StorageError {
  return new StorageError('corrupt', `${file} is not a regular file`);
}
