import { codeOf, systemReason } from '../../../util/errors';

/**
 * Why the storage did not do what it was asked:
 * - `closed`: it was closed before, or a backup was stopped;
 * - `locked`: another server has the folder open, or a worker found none that has;
 * - `lost`: another server took the folder over, so this one may no longer write;
 * - `format`: the folder was written by another version of this program;
 * - `bad-name`: a name is empty, too long, or not a byte string;
 * - `gone`: the content is no object's any more;
 * - `no-space`: the disk is full;
 * - `target`: a backup may not be written there: the folder is something else's, or the data's own;
 * - `corrupt`: what is on disk is not what was written there;
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

/** The storage's error for what the file system threw while it did `what`. */
export function fromSystem(what: string, thrown: unknown): StorageError {
  if (thrown instanceof StorageError) return thrown;
  const full = ['ENOSPC', 'EDQUOT', 'EFBIG'].includes(codeOf(thrown));
  return new StorageError(full ? 'no-space' : 'failed', `${what}: ${systemReason(thrown)}`, {
    cause: thrown,
  });
}
