/** The unit suites of src/versioning; each runs once for every mutant that it covers. */
/** @type {import('jest').Config} */
export default {
  rootDir: '../..',
  testEnvironment: 'node',
  roots: ['<rootDir>/test/unit'],
  testMatch: ['<rootDir>/test/unit/versioning/**/*.test.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' }, module: { type: 'commonjs' } },
    ],
  },
  setupFiles: ['<rootDir>/test/mutation/properties.ts'],
  testTimeout: 60_000,
};
