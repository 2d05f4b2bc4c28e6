import type { ChildProcess } from 'node:child_process';
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { RUN_FOLDER } from './lab';

/**
 * Records a process that a suite started, so that the end of the run kills it if the
 * suite could not: Jest gives suites a `process` of their own, whose `exit` event never
 * comes.
 */
export function noteProcess({ pid }: ChildProcess): void {
  const folder = process.env[RUN_FOLDER];
  const file = `/proc/${pid ?? 0}/stat`;
  if (folder === undefined || pid === undefined || !existsSync(file)) return;
  // the fields after the name, which may contain blanks and brackets; the 20th of them is
  // the start time
  const started = readFileSync(file, 'utf8').replace(/.*\) /s, '').split(' ')[19] ?? '';
  appendFileSync(join(folder, 'processes'), `${pid} ${started}\n`);
}
