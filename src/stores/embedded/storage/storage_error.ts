import { codeOf, systemReason } from '../../../util/errors';

/**
 * Why the storage refused or failed an operation:
 * - `closed`: it is closed, or a backup was stopped;
 * - `locked`: another server has the folder open, or, for a worker, none has;
 * - `lost`: another server took the folder over, so this one may no longer write;
 * - `format`: the folder was written by another version of this program;
 * - `bad-name`: a name is empty, too long, or not a byte string;
 * - `gone`: no object refers to the content any more;
 * - `no-space`: the disk is full;
 * - `target`: the folder of a backup is used for something else, or is the data folder;
 * - `corrupt`: the data on disk differs from what was written;
 * - `failed`: the disk or the operating system reported an error.
 */
export type StorageErrorCode =
  | 'closed'
  | 'locked'
  | 'lost'
  | 'format'
  | 'bad-name'
  | 'gone'
  | 'no-space'
  | 'target'
  | 'corrupt'
  | 'failed';

/** The only error that a `Storage` throws or rejects with. */
export class StorageError extends Error {
  override readonly name = 'StorageError';

  constructor(
    readonly code: StorageErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** Converts an error of the file system to a `StorageError`; `what` says what failed. */
export function toStorageError(what: string, error: unknown): StorageError {
  if (error instanceof StorageError) return error;
  const isFull = ['ENOSPC', 'EDQUOT', 'EFBIG'].includes(codeOf(error));
  return new StorageError(isFull ? 'no-space' : 'failed', `${what}: ${systemReason(error)}`, {
    cause: error,
  });
}
