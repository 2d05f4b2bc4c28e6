import { spawnSync } from 'node:child_process';
import { LAB } from './global_setup';

/** Stops the Swift that the setup started, and removes its data. */
export default function globalTeardown(): void {
  if (process.env['HINDSIGHT_TEST_LAB']) spawnSync('bash', [LAB, 'down'], { stdio: 'ignore' });
}
