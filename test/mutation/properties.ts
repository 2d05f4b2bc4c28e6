import fc from 'fast-check';
import { runs } from '../support/runs';

// the same histories for every mutant, so that each run finds the same; one that fails is enough
fc.configureGlobal({ seed: 1, numRuns: runs(100), endOnFailure: true });
