import { closeSync, constants, fstatSync, lstatSync, openSync } from 'node:fs';
import { codeOf } from '../../../util/errors';
import { StorageError } from './storage_error';

/** A file that is open to be read. Whoever has it closes it. */
export interface OpenFile {
  readonly fd: number;
  /** In bytes. */
  readonly size: number;
}

/** No link is followed, and no pipe waited for, also if one took a file's place just now. */
const FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/**
 * Opens a regular file. Anything else is not opened: a pipe may never have a writer, a device may
 * do something, and a link leads anywhere.
 *
 * @throws StorageError `corrupt` for anything else; the system's error
 */
export function openRegularFile(file: string): OpenFile {
  if (!lstatSync(file).isFile()) throw irregular(file);
  const fd = openedAt(file);
  const found = fstatSync(fd);
  if (found.isFile()) return { fd, size: found.size };
  closeSync(fd);
  throw irregular(file);
}

/** @throws StorageError `corrupt` if it is there and no regular file */
export function checkRegularFile(file: string): void {
  const found = lstatSync(file, { throwIfNoEntry: false });
  if (found && !found.isFile()) throw irregular(file);
}

function openedAt(file: string): number {
  try {
    return openSync(file, FLAGS);
  } catch (error) {
    throw ['ELOOP', 'EMLINK', 'ENXIO'].includes(codeOf(error)) ? irregular(file) : error;
  }
}

function irregular(file: string): StorageError {
  return new StorageError('corrupt', `${file} is no regular file`);
}
