const os = require('node:os');

const transform = {
  '^.+\\.ts$': [
    '@swc/jest',
    { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' }, module: { type: 'commonjs' } },
  ],
};

/**
 * What only the depth runs: other versions of Node, seeds beyond the first, and the
 * rolling upgrade, the longest suite; the gate has the other upgrades.
 */
const ONLY_IN_DEPTH =
  process.env.TEST_DEPTH === 'deep'
    ? []
    : [
        '<rootDir>/test/deep/node_versions/',
        '/more_seeds\\.test\\.ts$',
        '/upgrades/rolling\\.test\\.ts$',
      ];

/** One kind of suite; see test/README.md. */
const kind = (displayName) => ({
  displayName,
  testEnvironment: 'node',
  roots: [`<rootDir>/test/${displayName}`],
  testMatch: ['**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/', ...ONLY_IN_DEPTH],
  transform,
  globalSetup: '<rootDir>/test/support/running/setup.ts',
  globalTeardown: '<rootDir>/test/support/running/teardown.ts',
  setupFilesAfterEnv: ['<rootDir>/test/support/running/equality.ts'],
});

/** @type {import('jest').Config} */
module.exports = {
  projects: [kind('unit'), kind('integration'), kind('deep')],
  testSequencer: '<rootDir>/test/support/running/sequencer.mjs',
  reporters: ['default', '<rootDir>/test/support/running/reporter.mjs'],
  testTimeout: 120_000,
  // A Swift that the environment names is one for all workers, and suites share no Swift.
  maxWorkers: process.env.SWIFT_PLAIN ? 1 : Math.max(2, os.availableParallelism()),
  // A suite that fails in its clean-up must not keep CI waiting.
  forceExit: process.env.CI !== undefined,
};
