import type { Log } from '../../../util/log';
import { StorageError } from '../storage/storage_error';
import { walkDatabase } from './walk_database';

/** Milliseconds before, and between, log messages about a long walk. */
const LONG = 10_000;

/**
 * Walks the database in a folder before it is opened for writing: on some damage LMDB
 * would kill the process, and on other damage overwrite data.
 *
 * @throws StorageError `corrupt` with what is wrong, in one line; those of `walkDatabase`
 */
export async function refuseDamaged(
  folder: string,
  log: Pick<Log, 'info'> | undefined,
): Promise<void> {
  let last = performance.now();
  const onProgress = (pages: number) => {
    if (performance.now() - last < LONG) return;
    last = performance.now();
    log?.info({ folder, pages }, 'verifying the structure of the database');
  };
  const [first, ...others] = await walkDatabase(folder, { onProgress });
  if (first === undefined) return;
  const more = others.length === 0 ? '' : ` (and ${others.length} more)`;
  throw new StorageError(
    'corrupt',
    `the database in ${folder} is damaged: ${first.text}${more}; "hindsight fsck ${folder}" reports all damage; restore the folder from a backup`,
  );
}
