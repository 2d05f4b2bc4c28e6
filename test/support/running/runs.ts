import fc from 'fast-check';
import { depth } from './depth';

/**
 * The share of its usual runs that a property gets: all in deep runs, a tenth in the
 * gate, less for each mutant.
 */
const SHARE = Number(process.env['PROPERTY_RUNS'] ?? depth({ gate: 0.1, deep: 1 }));
/**
 * The gate tries the same cases in every run, so that a change fails only by its own
 * fault.
 */
const SEED = 20_260_101;

fc.configureGlobal({
  ...fc.readConfigureGlobal(),
  // the default for properties that set no number
  numRuns: runs(1000),
  ...(SHARE < 1 ? { seed: SEED } : {}),
});

/** The number of runs of a property, given its number in deep runs. */
export function runs(usual: number): number {
  return Math.ceil(usual * SHARE);
}
