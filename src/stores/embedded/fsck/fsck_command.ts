import { lchownSync, lstatSync } from 'node:fs';
import path from 'node:path';
import { fsck } from './fsck';
import { plannedRepairs, repair } from './repair';
import type { Finding } from './finding';
import { verified } from '../storage/verify';
import type { Flaw } from '../walk/flaw';

/** The options of `hindsight fsck`. */
export interface FsckOptions {
  readonly repair?: boolean;
  readonly dryRun?: boolean;
}

/** Prints each finding as a line of JSON, and how many there are; sets the exit code. */
export async function runFsck(folder: string, options: FsckOptions): Promise<void> {
  if (options.dryRun && !options.repair) throw new FsckUsageError('--dry-run needs --repair');
  let count = 0;
  let left = 0;
  try {
    for await (const finding of findings(folder, options)) {
      count++;
      if (!('done' in finding) || finding.done === 'nothing') left++;
      process.stdout.write(`${JSON.stringify(finding)}\n`);
    }
  } finally {
    giveToOwner(folder);
  }
  process.stderr.write(`${folder}: ${summary(count, left, options)}\n`);
  process.exitCode = left === 0 ? 0 : 1;
}

/** What root made here the server must be able to use, too. */
const MADE = ['lock.mdb', 'sessions', 'damaged', 'damaged/list.jsonl'];

/** Gives what was made in a data folder to the user of its database, if this is root. */
function giveToOwner(folder: string): void {
  if (process.geteuid?.() !== 0) return;
  const owner = lstatSync(path.join(folder, 'data.mdb'), { throwIfNoEntry: false });
  if (owner === undefined || owner.uid === 0) return;
  for (const name of MADE) {
    const made = path.join(folder, name);
    if (lstatSync(made, { throwIfNoEntry: false })?.uid === 0)
      lchownSync(made, owner.uid, owner.gid);
  }
}

/** A mistake in the command line. */
class FsckUsageError extends Error {
  readonly code = 'usage';
}

function findings(
  folder: string,
  { repair: repairs, dryRun }: FsckOptions,
): AsyncGenerator<Finding | Flaw> {
  if (!repairs) return verified(folder, fsck);
  return verified(folder, dryRun ? plannedRepairs : repair);
}

function summary(count: number, left: number, { repair: repairs, dryRun }: FsckOptions): string {
  if (count === 0) return 'all is well';
  const all = count === 1 ? '1 finding' : `${count} findings`;
  if (!repairs || dryRun) return all;
  return `${all}, ${count - left} repaired`;
}
