import { endRun, RUN_FOLDER } from '../servers/lab';

/** Ends this run, with everything that it started. */
export default function tearDown(): void {
  const folder = process.env[RUN_FOLDER];
  if (folder !== undefined) endRun(folder);
}
