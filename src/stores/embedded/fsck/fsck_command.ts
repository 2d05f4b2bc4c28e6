import { fsck } from './fsck';
import { plannedRepairs, repair } from './repair';
import type { Finding } from './finding';
import { restoreOwnership } from './ownership';
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
