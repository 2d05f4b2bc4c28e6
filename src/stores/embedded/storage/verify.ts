import path from 'node:path';
import type { Finding } from '../fsck/finding';
import { checkRegularFile } from './regular_file';
import type { Flaw } from '../walk/flaw';
import { walkDatabase } from '../walk/walk_database';

/**
 * Yields everything that is wrong with a storage. A separate process first checks the
 * structure of the database. Only if that is intact, another check opens it.
 *
 * @throws the errors of the check and of `walkDatabase`
 */
export async function* verifyStructureFirst(
  folder: string,
  check: (folder: string) => AsyncGenerator<Finding>,
): AsyncGenerator<Finding | Flaw> {
  for (const name of ['data.mdb', 'lock.mdb']) checkRegularFile(path.join(folder, name));
  const flaws = await walkDatabase(folder);
  if (flaws.length > 0) yield* flaws;
  else yield* check(folder);
}
