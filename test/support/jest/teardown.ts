import { RUN_FOLDER, stopLabs } from '../lab';

/** Stops each Swift that a worker started, and removes the folder of this run. */
export default function tearDown(): void {
  const folder = process.env[RUN_FOLDER];
  if (folder !== undefined) stopLabs(folder);
}
