import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { RUN_FOLDER } from '../servers/lab';

/** Adds a suite's counts (cells, steps, seeds) to the closing list of the run. */
export function countFigures(
  suite: string,
  figures: Readonly<Record<string, number | string>>,
): void {
  const folder = process.env[RUN_FOLDER];
  if (folder === undefined) return;
  const text = Object.entries(figures).map(([name, figure]) => `${figure} ${name}`);
  appendFileSync(join(folder, 'figures'), `${suite}: ${text.join(', ')}\n`);
}
