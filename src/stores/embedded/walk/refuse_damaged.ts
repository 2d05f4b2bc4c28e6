import type { Log } from '../../../util/log';
import { StorageError } from '../storage/storage_error';
import { walkDatabase } from './walk_database';

/** Milliseconds after which, and between which, it is logged that a walk takes long. */
const LONG = 10_000;

/**
 * Walks the database in a folder before it is opened to write: LMDB would kill the process at some
 * damages, and write over what is there at others.
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
    log?.info({ folder, pages }, 'the structure of the database is being verified');
  };
  const [first, ...others] = await walkDatabase(folder, { onProgress });
  if (first === undefined) return;
  const more = others.length === 0 ? '' : ` (and ${others.length} more)`;
  throw new StorageError(
    'corrupt',
    `the database in ${folder} is damaged: ${first.text}${more}; "hindsight fsck ${folder}" reports all of it, a backup of the folder restores it`,
  );
}
