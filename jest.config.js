const os = require('node:os');

const transform = {
  '^.+\\.ts$': [
    '@swc/jest',
    { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' }, module: { type: 'commonjs' } },
  ],
};

const IS_DEEP = process.env.TEST_DEPTH === 'deep';

/**
 * What only the depth runs: other versions of Node, a browser, a registry of images, the
 * AWS CLI (boto3 is in the gate), keys of all lengths, backups under load, seeds beyond
 * the first, and the two longest suites of upgrades; the gate has the other two.
 */
const ONLY_IN_DEPTH = IS_DEEP
  ? []
  : [
      '<rootDir>/test/deep/node_versions/',
      '<rootDir>/test/deep/browser/',
      '/clients/(docker_registry|awscli|key_lengths)\\.test\\.ts$',
      '<rootDir>/test/deep/backup/load\\.test\\.ts$',
      '/more_seeds\\.test\\.ts$',
      '/upgrades/(rolling|crash_matrix)\\.test\\.ts$',
    ];

/**
 * Suites wait for servers now and then: in the gate a worker more keeps all processors
 * busy. Those of the depth keep them busy by themselves.
 */
const WORKERS = Math.max(2, os.availableParallelism()) + (IS_DEEP ? 0 : 1);

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
  maxWorkers: process.env.SWIFT_PLAIN ? 1 : WORKERS,
  // A suite that fails in its clean-up must not keep CI waiting.
  forceExit: process.env.CI !== undefined,
};
