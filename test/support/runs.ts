import fc from 'fast-check';
import { depth } from './depth';

/** The share of its usual runs that a property has: all in the depth, a tenth in the gate, less for each mutant. */
const SHARE = Number(process.env['PROPERTY_RUNS'] ?? depth({ gate: 0.1, deep: 1 }));
/** The gate tries the same cases in every run, so that a change fails by its own fault only. */
const SEED = 20_260_101;

fc.configureGlobal({
  ...fc.readConfigureGlobal(),
  // of properties that name no number
  numRuns: runs(1000),
  ...(SHARE < 1 ? { seed: SEED } : {}),
});

/** How often a property is tried that is tried so often in the depth. */
export function runs(usual: number): number {
  return Math.ceil(usual * SHARE);
}
