import { lchownSync, lstatSync } from 'node:fs';
import path from 'node:path';
import { fsck } from './fsck';
import { plannedRepairs, repair } from './repair';
import type { Finding } from './finding';
import { verifyStructureFirst } from '../storage/verify';
import type { Flaw } from '../walk/flaw';

/** The options of `hindsight fsck`. */
export interface FsckOptions {
  readonly repair?: boolean;
  readonly dryRun?: boolean;
}

/** Prints each finding as a line of JSON, then a summary. Sets the exit code. */
export async function runFsck(folder: string, options: FsckOptions): Promise<void> {
  if (options.dryRun && !options.repair) throw new FsckUsageError('--dry-run requires --repair');
  let count = 0;
  let remaining = 0;
  try {
    for await (const finding of runChecks(folder, options)) {
      count++;
      if (!('done' in finding) || finding.done === 'nothing') remaining++;
      process.stdout.write(`${JSON.stringify(finding)}\n`);
    }
  } finally {
    restoreOwnership(folder);
  }
  process.stderr.write(`${folder}: ${summarize(count, remaining, options)}\n`);
  process.exitCode = remaining === 0 ? 0 : 1;
}

/**
 * Files that this command may create as root, and that the server must be able to use.
 */
const CREATED = ['lock.mdb', 'sessions', 'damaged', 'damaged/list.jsonl'];

/** If run as root, gives what it created in a data folder to the user of the database. */
function restoreOwnership(folder: string): void {
  if (process.geteuid?.() !== 0) return;
  const database = lstatSync(path.join(folder, 'data.mdb'), { throwIfNoEntry: false });
  if (database === undefined || database.uid === 0) return;
  for (const name of CREATED) {
    const file = path.join(folder, name);
    if (lstatSync(file, { throwIfNoEntry: false })?.uid === 0)
      lchownSync(file, database.uid, database.gid);
  }
}

/** A usage error. */
class FsckUsageError extends Error {
  readonly code = 'usage';
}

function runChecks(
  folder: string,
  { repair: repairs, dryRun }: FsckOptions,
): AsyncGenerator<Finding | Flaw> {
  if (!repairs) return verifyStructureFirst(folder, fsck);
  return verifyStructureFirst(folder, dryRun ? plannedRepairs : repair);
}

function summarize(
  count: number,
  remaining: number,
  { repair: repairs, dryRun }: FsckOptions,
): string {
  if (count === 0) return 'all is well';
  const all = count === 1 ? '1 finding' : `${count} findings`;
  if (!repairs || dryRun) return all;
  return `${all}, ${count - remaining} repaired`;
}
