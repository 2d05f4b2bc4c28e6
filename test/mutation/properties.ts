import fc from 'fast-check';
import { runs } from '../support/running/runs';

// the same histories for every mutant make runs reproducible; one failure is enough
fc.configureGlobal({ seed: 1, numRuns: runs(100), endOnFailure: true });
