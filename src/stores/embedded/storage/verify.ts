import path from 'node:path';
import type { Finding } from '../fsck/finding';
import { checkRegularFile } from './regular_file';
import type { Flaw } from '../walk/flaw';
import { walkDatabase } from '../walk/walk_database';

/**
 * Yields all that is wrong with a storage: first with the structure of its database, which a process of
 * its own reads. Only if that is right is the database opened, for another check.
 *
 * @throws those of the check and of `walkDatabase`
 */
export async function* verified(
  folder: string,
  check: (folder: string) => AsyncGenerator<Finding>,
): AsyncGenerator<Finding | Flaw> {
  for (const name of ['data.mdb', 'lock.mdb']) checkRegularFile(path.join(folder, name));
  const flaws = await walkDatabase(folder);
  if (flaws.length > 0) yield* flaws;
  else yield* check(folder);
}
