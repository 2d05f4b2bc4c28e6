import { PARTS } from './parts.mjs';

const part = process.env.MUTATION_PART;
/** Git, ESLint and Prettier ignore this folder already. */
const results = 'coverage/mutation';

/** @type {import('@stryker-mutator/api/core').PartialStrykerOptions} */
export default {
  mutate: PARTS[part].files.map((name) => `src/versioning/${name}.ts`),
  testRunner: 'jest',
  plugins: ['@stryker-mutator/jest-runner'],
  jest: { configFile: 'test/mutation/jest.config.mjs' },
  // nothing is type-checked here, and TypeScript 7 lacks the functions that rewrite a
  // tsconfig
  tsconfigFile: 'none',
  coverageAnalysis: 'perTest',
  incremental: true,
  incrementalFile: `${results}/${part}.incremental.json`,
  tempDirName: `${results}/tmp`,
  ignorePatterns: ['/coverage', '/dist', '/config', '/data'],
  concurrency: 2,
  // the machine may be busier later than when Stryker measured how long the tests take
  timeoutMS: 10_000,
  timeoutFactor: 3,
  reporters: ['progress-append-only', 'clear-text', 'json', 'html'],
  clearTextReporter: { allowColor: false, allowEmojis: false, logTests: false, reportTests: false },
  jsonReporter: { fileName: `${results}/${part}.json` },
  htmlReporter: { fileName: `${results}/${part}.html` },
  thresholds: { high: 95, low: 85, break: 85 },
};
